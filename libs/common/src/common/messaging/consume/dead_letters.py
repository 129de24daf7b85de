"""Records that could not be handled: kept with their bytes, published with the reason, replayed on order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import asyncpg
import msgpack
from aiokafka.structs import ConsumerRecord

from common.contracts.catalogue import MEGABYTE, TOPICS, topic_of
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope, Headers, derived_id
from common.contracts.events.operations import DeadLetterExpired, DeadLetterRecorded
from common.messaging.failures import PermanentError
from common.messaging.kafka import Record
from common.messaging.postgres import delete_in_steps
from common.messaging.produce.outbox import OutboxRow, pack_headers, unpack_headers
from common.messaging.sealing import NotSealedHere, Seals

REASON_LIMIT = 1_000
MAX_KEPT = 3 * MEGABYTE
"""Bytes of a body. The broker bounds a record as it was sent; unpacked it may be far larger than may be sent again."""
MAX_HEADERS = MEGABYTE // 4
MAX_EXPIRED_PER_PASS = 5_000
SEALED = "dead_letter_sealed"
"""Header of a dead letter whose body holds the sealed key, headers and body of the record."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record and why it could not be handled. `topic` is the logical name."""

    record: Record
    topic: str
    key: str
    reason: str
    parks_key: bool
    traceparent: str = ""
    """Of its handling."""

    def id_in(self, service: str) -> str:
        """Its id in one service: others may have failed on the same record for reasons of their own."""
        return letter_id(service, self.topic, self.record)

    @property
    def case_id(self) -> str | None:
        """The case that the record is about, where our own services wrote it and its key is a case."""
        row = topic_of(self.topic)
        return self.key if row.key == "case" and not row.multi_writer else None


def letter_id(service: str, topic: str, record: Record) -> str:
    """Of the dead letter that a service makes of a record; `topic` is the logical name."""
    position = f"{record.partition}/{record.offset}/{record.timestamp}"  # A topic made anew has the offsets again.
    return derived_id("dead letter", service, topic, position)


class DeadLetters:
    """What one service keeps of records that it could not handle.

    With `seals`, what others than our own services wrote lies sealed, in the table and on the topic alike: such records
    may hold personal data.
    """

    def __init__(self, service: str, seals: Seals | None = None) -> None:
        self._service = service
        self._seals = seals

    async def keep(self, db: asyncpg.Connection, letters: Sequence[DeadLetter]) -> tuple[list[Emit], list[OutboxRow]]:
        """Store dead letters; returns the event about each and the row for the dead-letter topic."""
        emits: list[Emit] = []
        rows: list[OutboxRow] = []
        service = self._service
        for letter in letters:
            record, letter_id = letter.record, letter.id_in(service)
            headers = _bounded(record.headers)
            body = (record.value or b"")[:MAX_KEPT]
            key = letter.key
            raw_key = (record.key or b"")[:MAX_HEADERS]
            reason = storable(letter.reason[:REASON_LIMIT])
            moment = appended_at(record)
            sealed = self._seals is not None and topic_of(letter.topic).multi_writer
            if self._seals is not None and sealed:
                whole = msgpack.packb([key, raw_key, headers, body])
                body, headers, key, raw_key = self._seals.seal_bytes(whole, letter_id), [], "", b""
            new = await db.fetchval(
                'INSERT INTO dead_letter (id, topic, partition, "offset", key, headers, body, reason, parks_key,'
                " appended_at, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                " ON CONFLICT (id) DO NOTHING RETURNING id",
                letter_id, letter.topic, record.partition, record.offset, key, pack_headers(headers),
                body, reason, letter.parks_key, moment, sealed,
            )  # fmt: skip
            if new is None:
                continue
            if letter.parks_key:
                await db.execute(
                    "INSERT INTO blocked_key (topic, key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    letter.topic, letter.key,
                )  # fmt: skip
            event = DeadLetterRecorded(
                dead_letter_id=letter_id,
                service=service,
                topic=letter.topic,
                partition=record.partition,
                offset=record.offset,
                reason=reason,
                sha256=hashlib.sha256(record.value or b"").hexdigest(),
                size=len(record.value or b""),
                parks_key=letter.parks_key,
                recorded_at=moment,
                case_id=letter.case_id,
            )
            cause = Envelope(letter_id, service, event.type, moment, letter_id, letter_id)
            if letter.traceparent:
                cause = replace(cause, traceparent=letter.traceparent)
            emits.append(Emit(f"{service}.operations", letter_id, event, cause, moment))
            headers += [
                ("dead_letter_id", letter_id.encode()),
                ("dead_letter_reason", reason.encode()),
                ("dead_letter_key", raw_key),
                ("dead_letter_position", f"{letter.topic}/{record.partition}/{record.offset}".encode()),
            ]
            if sealed:
                headers.append((SEALED, b"1"))
            rows.append(OutboxRow(f"{service}.deadletters", letter_id, headers, body))
        return emits, rows

    def record_of(self, row: asyncpg.Record, physical_topic: str) -> Record:
        """A record as it came, from a row of dead_letter or parked. Raises PermanentError if it cannot be unsealed."""
        key, headers, body = row["key"], unpack_headers(row["headers"]), row["body"]
        raw_key = key.encode()
        if row.get("sealed"):
            if self._seals is None:
                raise PermanentError("this dead letter is sealed, and this service has no key")
            try:
                raw_key, headers, body = unsealed(self._seals, body, row["id"])
            except NotSealedHere as error:
                raise PermanentError(str(error)) from error
        return ConsumerRecord(
            topic=physical_topic,
            partition=row["partition"],
            offset=row["offset"],
            timestamp=int(row["appended_at"].timestamp() * 1000),
            timestamp_type=0,
            key=raw_key,
            value=body or None,
            checksum=None,
            serialized_key_size=len(raw_key),
            serialized_value_size=len(body),
            headers=tuple(headers),
        )

    async def expire(self, db: asyncpg.Connection) -> tuple[list[Emit], bool]:
        """Delete letters of others that are older than their topic keeps its records, settled or not; a bounded number.

        Returns the event about each that was open, and whether there are more to delete.
        """
        emits: list[Emit] = []
        more = False
        for row in TOPICS:
            if self._seals is None or not row.multi_writer or row.retention_ms is None:
                continue
            gone = await db.fetch(
                "DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter WHERE topic ~ $1"
                " AND appended_at < now() - $2::interval ORDER BY id LIMIT $3) RETURNING id, settled, now() AS at",
                f"^{row.pattern}$", timedelta(milliseconds=row.retention_ms), MAX_EXPIRED_PER_PASS,
            )  # fmt: skip
            more = more or len(gone) == MAX_EXPIRED_PER_PASS
            for letter in gone:
                if letter["settled"] is None:
                    event = DeadLetterExpired(dead_letter_id=letter["id"], service=self._service)
                    cause = Envelope(
                        derived_id("expired", letter["id"]), self._service, event.type, letter["at"], letter["id"],
                        letter["id"],
                    )  # fmt: skip
                    emits.append(Emit(f"{self._service}.operations", letter["id"], event, cause, letter["at"]))
        return emits, more


async def forget_settled(pool: asyncpg.Pool, kept: timedelta) -> int:
    """Delete letters that were settled so long ago; returns how many."""
    return await delete_in_steps(
        pool,
        "DELETE FROM dead_letter WHERE ctid IN (SELECT ctid FROM dead_letter"
        " WHERE settled_at < now() - $1::interval LIMIT $2)",
        kept,
    )


def unsealed(seals: Seals, body: bytes, letter_id: str) -> tuple[bytes, Headers, bytes]:
    """Key, headers and body of a sealed dead letter. Raises NotSealedHere."""
    _, key, headers, value = msgpack.unpackb(seals.open_bytes(body, letter_id))
    return key, [(name, header) for name, header in headers], value


def _bounded(headers: Sequence[tuple[str, bytes | None]]) -> Headers:
    """The first headers, up to MAX_HEADERS bytes."""
    kept: Headers = []
    size = 0
    for name, value in headers:
        size += len(name) + len(value or b"")
        if size > MAX_HEADERS:
            break
        kept.append((name, value or b""))
    return kept


async def park(db: asyncpg.Connection, records: Sequence[tuple[str, str, Record]]) -> None:
    """Put records (topic, key, record) behind their key's dead letter."""
    await db.executemany(
        'INSERT INTO parked (topic, partition, "offset", key, headers, body, appended_at)'
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        [
            (
                topic, record.partition, record.offset, key, pack_headers(record.headers), record.value or b"",
                appended_at(record),
            )
            for topic, key, record in records
        ],
    )  # fmt: skip


async def blocked_keys(db: asyncpg.Connection, places: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (topic, key) stand behind an unsettled dead letter; they stay so until the transaction ends."""
    if not places or not await db.fetchval("SELECT EXISTS (SELECT FROM blocked_key)"):
        return set()
    ordered = sorted(places)
    rows = await db.fetch(
        "SELECT topic, key FROM blocked_key WHERE (topic, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))"
        " ORDER BY topic, key FOR SHARE",
        [topic for topic, _ in ordered],
        [key for _, key in ordered],
    )
    return {(r["topic"], r["key"]) for r in rows}


async def open_letter(db: asyncpg.Connection, letter_id: str) -> asyncpg.Record | None:
    """An unsettled dead letter, with its key held against those who would park behind it; None when there is none."""
    letter = await db.fetchrow("SELECT * FROM dead_letter WHERE id = $1 AND settled IS NULL FOR UPDATE", letter_id)
    if letter is not None and letter["parks_key"]:
        await db.execute(
            "SELECT 1 FROM blocked_key WHERE topic = $1 AND key = $2 FOR UPDATE", letter["topic"], letter["key"]
        )
    return letter


async def settle(db: asyncpg.Connection, letter_id: str, outcome: str) -> None:
    await db.execute("UPDATE dead_letter SET settled = $2, settled_at = now() WHERE id = $1", letter_id, outcome)


async def waiting_behind(db: asyncpg.Connection, topic: str, key: str) -> list[asyncpg.Record]:
    """The parked records of a key, in order."""
    rows: list[asyncpg.Record] = await db.fetch(
        'SELECT * FROM parked WHERE topic = $1 AND key = $2 ORDER BY partition, "offset"', topic, key
    )
    return rows


async def unpark(db: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> None:
    """These parked records are dealt with."""
    await db.executemany(
        'DELETE FROM parked WHERE topic = $1 AND partition = $2 AND "offset" = $3 AND appended_at = $4',
        [(row["topic"], row["partition"], row["offset"], row["appended_at"]) for row in rows],
    )


async def unblock(db: asyncpg.Connection, topic: str, key: str) -> None:
    """Nothing waits any more: the key's next records are handled as they come."""
    await db.execute("DELETE FROM blocked_key WHERE topic = $1 AND key = $2", topic, key)


def appended_at(record: Record) -> datetime:
    """When the broker took the record."""
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def storable(text: str) -> str:
    """Text that PostgreSQL can hold and UTF-8 can carry: no NUL, no lone surrogate."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
