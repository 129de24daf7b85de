"""Records kept until a tick, in the service's database: taken in order of (time, id), whichever was read first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg

from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.frozen import value

KEEP = """
INSERT INTO tick_buffer (key, topic, place, at, id, source, type, subject, correlation_id, release, traceparent,
                         principal, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bytea[])
ON CONFLICT DO NOTHING
"""

KEYS = "SELECT DISTINCT key FROM tick_buffer WHERE at < $1 OR ($2 AND at = $1) ORDER BY key"
TAKE = "DELETE FROM tick_buffer WHERE at < $1 OR ($2 AND at = $1) RETURNING *"
TAKE_OF = "DELETE FROM tick_buffer WHERE (at < $1 OR ($2 AND at = $1)) AND key = ANY($3::text[]) RETURNING *"
OF = "SELECT * FROM tick_buffer WHERE key = ANY($1::text[])"
DROP = """
DELETE FROM tick_buffer AS b USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS d(key, topic, id, source)
WHERE b.key = d.key AND b.topic = d.topic AND b.id = d.id AND b.source = d.source
"""


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
    """Let records wait; one that waits already is left as it is."""
    if not records:
        return
    e = [record.envelope for record in records]
    await db.execute(
        KEEP, [r.key for r in records], [r.topic for r in records], [r.place for r in records], [x.time for x in e],
        [x.id for x in e], [x.source for x in e], [x.type for x in e], [x.subject for x in e],
        [x.correlation_id for x in e], [x.release for x in e], [x.traceparent for x in e],
        [r.principal for r in records], [r.body for r in records],
    )  # fmt: skip


async def keys(db: asyncpg.Connection, until: datetime, *, at_end: bool = False) -> list[str]:
    """What records that `take` would return are about, in order."""
    return [row[0] for row in await db.fetch(KEYS, until, at_end)]


async def take(
    db: asyncpg.Connection, until: datetime, of: Collection[str] | None = None, *, at_end: bool = False
) -> list[Buffered]:
    """Remove and return what happened before a tick's end, in order of (time, id); `of`: only what is about these keys.

    A consumer of the tick speaks with the time of the tick's end, and what it says may be read before or after the tick
    itself: so that this decides nothing, records of that time wait for the next tick. `at_end` takes them too, for a
    reader on whose own deadlines an event of the same moment must have come first, and to whom it does not matter when
    it is told what consumers of the tick say.
    """
    rows = await (db.fetch(TAKE, until, at_end) if of is None else db.fetch(TAKE_OF, until, at_end, list(of)))
    return sorted(map(_record, rows), key=_order)


async def waiting(db: asyncpg.Connection, of: Collection[str]) -> list[Buffered]:
    """What waits about these keys, in order of (time, id); it goes on waiting."""
    return sorted(map(_record, await db.fetch(OF, list(of))), key=_order)


async def drop(db: asyncpg.Connection, records: Collection[Buffered]) -> None:
    """These records wait no more."""
    await db.execute(
        DROP, [r.key for r in records], [r.topic for r in records], [r.envelope.id for r in records],
        [r.envelope.source for r in records],
    )  # fmt: skip


async def not_ahead(db: asyncpg.Connection, now: datetime, ahead: datetime) -> None:
    """What waits for a tick after `ahead` happened `now`, while the clock was wrong."""
    await db.execute("UPDATE tick_buffer SET at = $1 WHERE at > $2", now, ahead)


def _record(row: asyncpg.Record) -> Buffered:
    envelope = Envelope(
        row["id"], row["source"], row["type"], row["at"], row["subject"], row["correlation_id"],
        release=row["release"], traceparent=row["traceparent"],
    )  # fmt: skip
    return Buffered(row["key"], row["topic"], row["place"], envelope, row["body"], row["principal"])


def _order(record: Buffered) -> tuple[datetime, str, str, str]:
    return record.envelope.time, record.envelope.id, record.topic, record.key
