"""Records that could not be handled: kept with their bytes, published with the reason, replayed on order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from common.delivery import Emit
from common.envelope import Envelope, Headers, derived_id
from common.events.operations import DeadLetterRecorded
from common.kafka import Record
from common.outbox import Row, pack_headers

REASON_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record and why it could not be handled. `topic` is the logical name."""

    record: Record
    topic: str
    key: str
    reason: str
    parks_key: bool

    @property
    def id(self) -> str:
        return derived_id("dead letter", self.topic, str(self.record.partition), str(self.record.offset))


async def keep(db: asyncpg.Connection, service: str, letters: Sequence[DeadLetter]) -> tuple[list[Emit], list[Row]]:
    """Store dead letters; returns the event about each and the row for the dead-letter topic."""
    emits: list[Emit] = []
    rows: list[Row] = []
    for letter in letters:
        record, body = letter.record, letter.record.value or b""
        reason = letter.reason[:REASON_LIMIT]
        new = await db.fetchval(
            'INSERT INTO dead_letter (id, topic, partition, "offset", key, headers, body, reason, parks_key)'
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING RETURNING id",
            letter.id, letter.topic, record.partition, record.offset, letter.key, pack_headers(record.headers),
            body, reason, letter.parks_key,
        )  # fmt: skip
        if new is None:
            continue
        moment = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        event = DeadLetterRecorded(
            dead_letter_id=letter.id,
            service=service,
            topic=letter.topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason,
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            parks_key=letter.parks_key,
            recorded_at=moment,
        )
        cause = Envelope(letter.id, service, event.type, moment, letter.id, letter.id)
        emits.append(Emit(f"{service}.operations", letter.id, event, cause, moment))
        headers: Headers = [(name, value or b"") for name, value in record.headers]
        headers += [
            ("dead_letter_id", letter.id.encode()),
            ("dead_letter_reason", reason.encode()),
            ("dead_letter_position", f"{letter.topic}/{record.partition}/{record.offset}".encode()),
        ]
        rows.append(Row(f"{service}.deadletters", letter.id, headers, body))
    return emits, rows


async def park(db: asyncpg.Connection, records: Sequence[tuple[str, str, Record]]) -> None:
    """Put records (topic, key, record) behind their key's dead letter."""
    await db.executemany(
        'INSERT INTO parked (topic, partition, "offset", key, headers, body) VALUES ($1, $2, $3, $4, $5, $6)'
        " ON CONFLICT DO NOTHING",
        [
            (topic, record.partition, record.offset, key, pack_headers(record.headers), record.value or b"")
            for topic, key, record in records
        ],
    )


async def parked_keys(db: asyncpg.Connection, places: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (topic, key) stand behind an unsettled dead letter."""
    rows = await db.fetch(
        "SELECT DISTINCT topic, key FROM dead_letter WHERE settled IS NULL AND parks_key AND key = ANY($1::text[])",
        [key for _, key in places],
    )
    return {(r["topic"], r["key"]) for r in rows} & places
