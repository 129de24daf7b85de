"""What a decision has to say goes into the outbox in the same transaction; the relay publishes it."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b

import asyncpg
import cramjam
import msgpack
import orjson

from common.contracts.catalogue import Installation, topic_of
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope, Headers, derived_id, to_headers
from common.contracts.frozen import value
from common.contracts.signing import Signer
from common.contracts.unambiguous_bytes import joined
from common.messaging.sealing import NotSealedHere, Seals
from common.messaging.telemetry.trace_context import is_sampled

Created = Callable[[Emit, Envelope], str]

SEALED = b"\0"
"""Before sealed records. What is compressed begins with its length, which is never zero."""
ABOUT = "outbox"
SLOTS = 4
"""Keys are spread over this many slots; a slot has one relay at a time."""


@value
class OutboxRow:
    """A record ready for Kafka. `topic` is the logical name; headers keep their bytes."""

    topic: str
    key: str
    headers: Headers
    body: bytes


@value
class Chunk:
    """What one transaction has to say in one slot, in order: one row of the outbox."""

    id: int
    slot: int
    rows: tuple[OutboxRow, ...]


def pack_headers(headers: Sequence[tuple[str, bytes | None]]) -> str:
    """Headers as text for the database, byte for byte (latin-1 keeps every byte)."""
    return orjson.dumps([(n, (v or b"").decode("latin-1")) for n, v in headers]).decode()


def unpack_headers(text: str) -> Headers:
    """The inverse of `pack_headers`."""
    return [(n, v.encode("latin-1")) for n, v in orjson.loads(text)]


def pack_rows(rows: Iterable[OutboxRow]) -> bytes:
    """Records as one value of the database, compressed: it is written to the table and to the log, and soon gone."""
    packed = msgpack.packb([(r.topic, r.key, r.headers, r.body) for r in rows])
    return bytes(cramjam.snappy.compress_raw(packed))


def unpack_rows(packed: bytes) -> tuple[OutboxRow, ...]:
    """The inverse of `pack_rows`."""
    return tuple(
        OutboxRow(topic, key, [(name, value) for name, value in headers], body)
        for topic, key, headers, body in msgpack.unpackb(cramjam.snappy.decompress_raw(packed))
    )


class Packing:
    """How one service's records lie in its database until Kafka has them: compressed, and sealed where it has `seals`,
    since what it has to say may hold what its own tables hold sealed alone.
    """

    def __init__(self, seals: Seals | None = None) -> None:
        self._seals = seals

    def pack(self, rows: Iterable[OutboxRow]) -> bytes:
        packed = pack_rows(rows)
        return packed if self._seals is None else SEALED + self._seals.seal_bytes(packed, ABOUT)

    def unpack(self, packed: bytes) -> tuple[OutboxRow, ...]:
        """The inverse of `pack`, also of what was written without seals. Raises NotSealedHere."""
        if not packed.startswith(SEALED):
            return unpack_rows(packed)
        if self._seals is None:
            raise NotSealedHere("records wait that are sealed, and this service has no key")
        return unpack_rows(self._seals.open_bytes(packed[len(SEALED) :], ABOUT))


def slot_of(key: str) -> int:
    return zlib.crc32(key.encode()) % SLOTS


def _place_hash(topic: str, key: str) -> bytes:
    """Stands for (topic, key) in an index: half the size of the words."""
    return blake2b(joined((topic, key), "\0"), digest_size=16).digest()


class Outbox:
    """Turns emits into rows: ids, sequences, envelope, signature."""

    def __init__(
        self, source: str, installation: Installation, signer: Signer | None, packing: Packing | None = None
    ) -> None:
        self._source = source
        self._installation = installation
        self._signer = signer
        self._packing = packing or Packing()

    async def append(
        self,
        db: asyncpg.Connection,
        emits: Sequence[Emit],
        raw: Sequence[OutboxRow] = (),
        created: Created | None = None,
    ) -> list[Chunk]:
        """Write emits (and ready rows) in order, inside the caller's transaction; returns them as written.

        `created` gives the traceparent of a record whose cause is sampled. The same cause, topic, key and ordinal give
        the same event id, so a repeated decision repeats its ids. A chunk's id is drawn after the sequences of its keys
        are locked, so of two transactions about one key the later one has the higher chunk.
        """
        if not emits and not raw:
            return []
        last = await self._sequences(db, emits)
        ordinals: Counter[tuple[str, str, str]] = Counter()
        slots: dict[int, list[OutboxRow]] = {}
        for emit in emits:
            place = (emit.topic, emit.key)
            sequence = last.get(place)
            if sequence is not None:
                last[place] = sequence + 1
            nth = (emit.cause.id, *place)
            slots.setdefault(slot_of(emit.key), []).append(self._row(emit, sequence, ordinals[nth], created))
            ordinals[nth] += 1
        for row in raw:
            slots.setdefault(slot_of(row.key), []).append(row)
        numbers = sorted(slots)
        found = await db.fetch(
            "INSERT INTO outbox (slot, records) SELECT * FROM unnest($1::smallint[], $2::bytea[]) RETURNING id, slot",
            numbers,
            [self._packing.pack(slots[n]) for n in numbers],
        )
        return [Chunk(r["id"], r["slot"], tuple(slots[r["slot"]])) for r in found]

    def _row(self, emit: Emit, sequence: int | None, ordinal: int, created: Created | None) -> OutboxRow:
        body = emit.event.wire() if emit.body is None else emit.body
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
            traceparent=emit.cause.traceparent,
            mandate=emit.mandate,
        )
        if created is not None and is_sampled(envelope.traceparent):
            envelope = replace(envelope, traceparent=created(emit, envelope))
        if self._signer is not None and topic_of(emit.topic).multi_writer:
            envelope = self._signer.sign(emit.topic, emit.key, envelope, body)
        return OutboxRow(emit.topic, emit.key, to_headers(envelope), body)

    async def _sequences(self, db: asyncpg.Connection, emits: Sequence[Emit]) -> dict[tuple[str, str], int]:
        """The first free sequence of each key, locked until the transaction ends."""
        counts = Counter((e.topic, e.key) for e in emits if not topic_of(e.topic).multi_writer)
        if not counts:
            return {}
        places = {_place_hash(*place): place for place in counts}
        ordered = sorted(places)
        rows = await db.fetch(
            "INSERT INTO outbox_sequence AS s (place, last) SELECT * FROM unnest($1::bytea[], $2::bigint[])"
            " ON CONFLICT (place) DO UPDATE SET last = s.last + EXCLUDED.last RETURNING place, last",
            ordered,
            [counts[places[p]] for p in ordered],
        )
        first = {}
        for row in rows:
            place = places[row["place"]]
            first[place] = row["last"] - counts[place] + 1
        return first


async def newest_chunk(db: asyncpg.Connection) -> int:
    """The id of the last chunk that waits to be published; 0 when none does."""
    found: int = await db.fetchval("SELECT coalesce(max(id), 0) FROM outbox")
    return found
