"""Where this service stands in each partition, and which records it has already handled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import asyncpg

from common.catalogue import TOPICS
from common.kafka import Record

Place = tuple[str, int]
"""A topic by the broker's name, and a partition."""

Identity = tuple[str, str]
"""A record's ce_source and ce_id."""

INBOX_MARGIN = timedelta(days=7)
LEAST_INBOX_KEEP = timedelta(days=30)
FORGET_AT_ONCE = 20_000


def inbox_keep() -> timedelta:
    """How long an id is refused as a repeat: longer than any record lies on a topic that is not kept for ever.

    A record read again is refused by the fence, which is never forgotten, whatever its age: so topics that are
    kept for ever need no inbox for ever. The inbox is for a record that was *sent* again, as a new record: by a
    client that repeats a request, by an integrator or a mirror that copies what still lies on a topic, by a relay
    that crashed between Kafka's acknowledgement and its own note of it. Copies from a topic are as old as its
    retention at most; our own relays look on the topic before they send again.
    """
    kept = [timedelta(milliseconds=t.retention_ms) for t in TOPICS if t.retention_ms is not None]
    return max([LEAST_INBOX_KEEP, *kept]) + INBOX_MARGIN


async def fence(db: asyncpg.Connection, records: Sequence[Record]) -> dict[Place, int]:
    """Lock this batch's partitions and move them past it; returns where each stood before.

    What lies before that place was handled by another consumer, to which the partition went meanwhile: it must
    not be handled again.
    """
    ends: dict[Place, int] = {}
    for record in records:
        ends[(record.topic, record.partition)] = record.offset + 1
    places = sorted(ends)
    topics, partitions = [t for t, _ in places], [p for _, p in places]
    await db.execute(
        "INSERT INTO position (topic, partition, next_offset)"
        " SELECT t, p, 0 FROM unnest($1::text[], $2::int[]) AS r(t, p) ON CONFLICT DO NOTHING",
        topics,
        partitions,
    )
    rows = await db.fetch(
        "SELECT topic, partition, next_offset FROM position WHERE (topic, partition) IN"
        " (SELECT * FROM unnest($1::text[], $2::int[])) ORDER BY topic, partition FOR UPDATE",
        topics,
        partitions,
    )
    await db.execute(
        "UPDATE position AS p SET next_offset = GREATEST(p.next_offset, r.o)"
        " FROM unnest($1::text[], $2::int[], $3::bigint[]) AS r(t, p, o) WHERE p.topic = r.t AND p.partition = r.p",
        topics,
        partitions,
        [ends[place] for place in places],
    )
    return {(r["topic"], r["partition"]): r["next_offset"] for r in rows}


async def claim(db: asyncpg.Connection, identities: Iterable[Identity]) -> set[Identity]:
    """Enter ids into the inbox; returns those that were not there."""
    wanted = list(dict.fromkeys(identities))
    if not wanted:
        return set()
    rows = await db.fetch(
        "INSERT INTO inbox (source, id) SELECT * FROM unnest($1::text[], $2::text[])"
        " ON CONFLICT DO NOTHING RETURNING source, id",
        [source for source, _ in wanted],
        [event_id for _, event_id in wanted],
    )
    return {(r["source"], r["id"]) for r in rows}


async def forget_old(pool: asyncpg.Pool) -> int:
    """Drop ids older than `inbox_keep`, a bounded number in each statement; returns how many."""
    dropped = 0
    while True:
        done = await pool.execute(
            "DELETE FROM inbox WHERE ctid IN (SELECT ctid FROM inbox WHERE seen_at < now() - $1::interval LIMIT $2)",
            inbox_keep(),
            FORGET_AT_ONCE,
        )
        count = int(done.split()[-1])
        dropped += count
        if count < FORGET_AT_ONCE:
            return dropped
