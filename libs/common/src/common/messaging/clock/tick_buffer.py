"""Records kept until a tick, in the service's database: taken in order of (time, id), whichever was read first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg
import cramjam
import msgpack

from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.frozen import value

INSERT = """
INSERT INTO tick_batch (earliest, latest, records)
SELECT * FROM unnest($1::timestamptz[], $2::timestamptz[], $3::bytea[])
"""
UPDATE = """
UPDATE tick_batch AS b SET earliest = n.earliest, latest = n.latest, records = n.records
FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::bytea[]) AS n(number, earliest, latest, records)
WHERE b.number = n.number
"""
DELETE = "DELETE FROM tick_batch WHERE number = ANY($1::bigint[])"
TAKE_WHOLE = "DELETE FROM tick_batch WHERE latest < $1 OR ($2 AND latest = $1) RETURNING records"
TAKE_PART = """
SELECT number, records FROM tick_batch WHERE earliest < $1 OR ($2 AND earliest = $1) ORDER BY number FOR UPDATE
"""
ALL = "SELECT number, records FROM tick_batch ORDER BY number FOR UPDATE"
AHEAD = "SELECT number, records FROM tick_batch WHERE latest > $1 ORDER BY number FOR UPDATE"

MAX_RECORDS_PER_ROW = 1000


@value
class Buffered:
    """A record that waits for its tick. `key` is what it is about; `principal` signed it, where it is a command."""

    key: str
    topic: str
    place: int
    """Grows along the topic for one key: the sequence, or the offset where there is none."""
    envelope: Envelope
    body: bytes
    principal: str | None = None


def buffered(
    delivery: Delivery, *, key: str | None = None, principal: str | None = None, body: bytes | None = None
) -> Buffered:
    """A delivery as it waits. `key` stands for the case that it names, `body` for its own."""
    sequence = delivery.envelope.sequence
    return Buffered(
        key=about(delivery) if key is None else key,
        topic=delivery.topic,
        place=delivery.offset if sequence is None else sequence,
        envelope=delivery.envelope,
        body=delivery.event.wire() if body is None else body,
        principal=principal,
    )


def about(delivery: Delivery) -> str:
    """The case that a record names, else its key."""
    return str(getattr(delivery.event, "case_id", delivery.key))


async def keep(db: asyncpg.Connection, records: Sequence[Buffered]) -> None:
    """Let records of one batch wait.

    That a record waits once is the consumer's doing: the fence refuses what is read again, the inbox what is sent again
    for weeks, in the transaction in which this is called.
    """
    if not records:
        return
    parts = [records[at : at + MAX_RECORDS_PER_ROW] for at in range(0, len(records), MAX_RECORDS_PER_ROW)]
    await db.execute(INSERT, *zip(*map(packed, parts), strict=True))


async def take(db: asyncpg.Connection, until: datetime, *, at_end: bool = False) -> list[Buffered]:
    """Remove and return what happened before a tick's end, in order of (time, id).

    A consumer of the tick speaks with the time of the tick's end, and what it says may be read before or after the tick
    itself: so that this decides nothing, records of that time wait for the next tick. `at_end` takes them too, for a
    reader on whose own deadlines an event of the same moment must have come first, and to whom it does not matter when
    it is told what consumers of the tick say.
    """
    await _pack_single_rows(db)
    taken = [one for row in await db.fetch(TAKE_WHOLE, until, at_end) for one in _unpack(row["records"])]

    def waits_on(one: Buffered) -> bool:
        return one.envelope.time > until or (one.envelope.time == until and not at_end)

    left: dict[int, list[Buffered]] = {}
    for row in await db.fetch(TAKE_PART, until, at_end):
        records = _unpack(row["records"])
        taken += [one for one in records if not waits_on(one)]
        left[row["number"]] = [one for one in records if waits_on(one)]
    await _rewrite(db, left)
    return sorted(taken, key=_order)


async def waiting(db: asyncpg.Connection, of: Collection[str]) -> list[Buffered]:
    """What waits about these keys, in order of (time, id); it goes on waiting. Reads all that waits."""
    await _pack_single_rows(db)
    return sorted((one for row in await db.fetch(ALL) for one in _unpack(row["records"], of)), key=_order)


async def drop(db: asyncpg.Connection, records: Collection[Buffered]) -> None:
    """These records wait no more. Reads all that waits."""
    if not records:
        return
    await _pack_single_rows(db)
    gone = {_identity(one) for one in records}
    left: dict[int, list[Buffered]] = {}
    for row in await db.fetch(ALL):
        held = _unpack(row["records"])
        kept = [one for one in held if _identity(one) not in gone]
        if len(kept) < len(held):
            left[row["number"]] = kept
    await _rewrite(db, left)


async def later(db: asyncpg.Connection, than: datetime) -> list[Buffered]:
    """What waits and happened later than a time, in order of (time, id); it goes on waiting."""
    await _pack_single_rows(db)
    found = [one for row in await db.fetch(AHEAD, than) for one in _unpack(row["records"])]
    return sorted((one for one in found if one.envelope.time > than), key=_order)


async def not_ahead(db: asyncpg.Connection, now: datetime, ahead: datetime) -> None:
    """What waits for a tick after `ahead` happened `now`, while the clock was wrong."""
    await _pack_single_rows(db)
    left = {row["number"]: _unpack(row["records"]) for row in await db.fetch(AHEAD, ahead)}
    await _rewrite(
        db,
        {
            number: [
                replace(one, envelope=replace(one.envelope, time=now)) if one.envelope.time > ahead else one
                for one in records
            ]
            for number, records in left.items()
        },
    )


async def _rewrite(db: asyncpg.Connection, left: Mapping[int, Sequence[Buffered]]) -> None:
    """What is left in rows that are locked. A row keeps its number, so that whoever waits for it finds it."""
    gone = [number for number, records in left.items() if not records]
    kept = {number: packed(records) for number, records in left.items() if records}
    if gone:
        await db.execute(DELETE, gone)
    if kept:
        await db.execute(UPDATE, list(kept), *zip(*kept.values(), strict=True))


async def _pack_single_rows(db: asyncpg.Connection) -> None:
    """What an older version kept waits as everything else does."""
    rows = await db.fetch(
        "DELETE FROM tick_buffer RETURNING key, topic, place, at, id, source, type, subject, correlation_id, release,"
        " traceparent, principal, body"
    )
    await keep(db, [_record(*row) for row in rows])


def packed(records: Sequence[Buffered]) -> tuple[datetime, datetime, bytes]:
    """The least and greatest time of records, and all of them packed."""
    e = [one.envelope for one in records]
    times = [x.time for x in e]
    fields = (
        [r.key for r in records], [r.topic for r in records], [r.place for r in records], times, [x.id for x in e],
        [x.source for x in e], [x.type for x in e], [x.subject for x in e], [x.correlation_id for x in e],
        [x.release for x in e], [x.traceparent for x in e], [r.principal for r in records], [r.body for r in records],
    )  # fmt: skip
    content = cramjam.snappy.compress_raw(msgpack.packb(fields, datetime=True))
    return min(times), max(times), bytes(content)


def _unpack(packed: bytes, of: Collection[str] | None = None) -> list[Buffered]:
    """The records of a row; `of`: only those about these keys."""
    fields = msgpack.unpackb(cramjam.snappy.decompress_raw(packed), timestamp=3)
    return [_record(*row) for row in zip(*fields, strict=True) if of is None or row[0] in of]


def _record(
    key: str, topic: str, place: int, at: datetime, event_id: str, source: str, kind: str, subject: str,
    correlation_id: str, release: str | None, traceparent: str | None, principal: str | None, body: bytes,
) -> Buffered:  # fmt: skip
    envelope = Envelope(event_id, source, kind, at, subject, correlation_id, release=release, traceparent=traceparent)
    return Buffered(key, topic, place, envelope, body, principal)


def _identity(record: Buffered) -> tuple[str, str, str, str]:
    return record.key, record.topic, record.envelope.id, record.envelope.source


def _order(record: Buffered) -> tuple[datetime, str, str, str]:
    return record.envelope.time, record.envelope.id, record.topic, record.key
