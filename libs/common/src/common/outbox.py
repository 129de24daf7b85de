"""What a decision has to say goes into the outbox in the same transaction; the relay publishes it."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import asyncpg
import orjson

from common.catalogue import Installation, topic_of
from common.delivery import Emit
from common.envelope import Envelope, Headers, derived_id, to_headers
from common.signing import Signer

SLOTS = 4
"""Keys are spread over this many slots; a slot has one relay at a time."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record ready for Kafka. `topic` is the logical name; headers keep their bytes."""

    topic: str
    key: str
    headers: Headers
    body: bytes


def pack_headers(headers: Sequence[tuple[str, bytes | None]]) -> str:
    """Headers as text for the database, byte for byte (latin-1 keeps every byte)."""
    return orjson.dumps([(n, (v or b"").decode("latin-1")) for n, v in headers]).decode()


def unpack_headers(text: str) -> Headers:
    """The inverse of `pack_headers`."""
    return [(n, v.encode("latin-1")) for n, v in orjson.loads(text)]


def slot_of(key: str) -> int:
    return zlib.crc32(key.encode()) % SLOTS


class Outbox:
    """Turns emits into rows: ids, sequences, envelope, signature."""

    def __init__(self, source: str, installation: Installation, signer: Signer | None) -> None:
        self._source = source
        self._installation = installation
        self._signer = signer

    async def append(
        self,
        db: asyncpg.Connection,
        emits: Sequence[Emit],
        traceparents: dict[str, str],
        raw: Sequence[Row] = (),
    ) -> list[int]:
        """Write emits (and ready rows) in order, inside the caller's transaction; returns the rows' ids.

        `traceparents` holds the span of each cause by its id. The same cause, topic, key and ordinal give the
        same event id, so a repeated decision repeats its ids.
        """
        if not emits and not raw:
            return []
        last = await self._sequences(db, emits)
        ordinals: Counter[tuple[str, str, str]] = Counter()
        rows = []
        for emit in emits:
            place = (emit.topic, emit.key)
            sequence = last.get(place)
            if sequence is not None:
                last[place] = sequence + 1
            nth = (emit.cause.id, *place)
            rows.append(self._row(emit, sequence, ordinals[nth], traceparents))
            ordinals[nth] += 1
        rows.extend(raw)
        found = await db.fetch(
            "INSERT INTO outbox (slot, topic, key, headers, body)"
            " SELECT slot, topic, key, headers, body FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[],"
            " $5::bytea[]) WITH ORDINALITY AS r(slot, topic, key, headers, body, n) ORDER BY n RETURNING id",
            [slot_of(r.key) for r in rows],
            [r.topic for r in rows],
            [r.key for r in rows],
            [pack_headers(r.headers) for r in rows],
            [r.body for r in rows],
        )
        return [r["id"] for r in found]

    def _row(self, emit: Emit, sequence: int | None, ordinal: int, traceparents: dict[str, str]) -> Row:
        body = emit.event.model_dump_json(exclude_none=True).encode()
        envelope = Envelope(
            id=emit.id or derived_id(emit.cause.id, self._source, emit.topic, emit.key, str(ordinal)),
            source=self._source,
            type=emit.event.type,
            time=emit.time,
            subject=emit.subject or emit.key,
            correlation_id=emit.correlation_id or emit.cause.correlation_id,
            causation_id=emit.cause.id,
            sequence=sequence,
            release=emit.release,
            traceparent=traceparents.get(emit.cause.id, emit.cause.traceparent),
        )
        if self._signer is not None and topic_of(emit.topic).open_to_many:
            signature = self._signer.sign(envelope.id, envelope.type, envelope.subject, envelope.time, body)
            envelope = replace(envelope, signature=signature)
        return Row(emit.topic, emit.key, to_headers(envelope), body)

    async def _sequences(self, db: asyncpg.Connection, emits: Sequence[Emit]) -> dict[tuple[str, str], int]:
        """The first free sequence of each key, locked until the transaction ends."""
        counts = Counter((e.topic, e.key) for e in emits if not topic_of(e.topic).open_to_many)
        if not counts:
            return {}
        places = sorted(counts)
        rows = await db.fetch(
            "INSERT INTO outbox_sequence AS s (topic, key, last)"
            " SELECT topic, key, n FROM unnest($1::text[], $2::text[], $3::bigint[]) AS r(topic, key, n)"
            " ON CONFLICT (topic, key) DO UPDATE SET last = s.last + EXCLUDED.last RETURNING topic, key, last",
            [p[0] for p in places],
            [p[1] for p in places],
            [counts[p] for p in places],
        )
        return {(r["topic"], r["key"]): r["last"] - counts[(r["topic"], r["key"])] + 1 for r in rows}


async def newest_row(db: asyncpg.Connection) -> int:
    """The id of the last row that waits to be published; 0 when none does."""
    found: int = await db.fetchval("SELECT coalesce(max(id), 0) FROM outbox")
    return found
