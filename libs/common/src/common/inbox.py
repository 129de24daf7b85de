"""Where this service stands in each partition, and which records it has already handled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b

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
    rows = await db.fetch(
        "INSERT INTO position AS p (topic, partition, next_offset)"
        " SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])"
        " ON CONFLICT (topic, partition) DO UPDATE SET next_offset = GREATEST(p.next_offset, EXCLUDED.next_offset)"
        " RETURNING p.topic, p.partition, old.next_offset",
        [t for t, _ in places],
        [p for _, p in places],
        [ends[place] for place in places],
    )
    return {(r["topic"], r["partition"]): r["next_offset"] or 0 for r in rows}


async def claim(
    db: asyncpg.Connection, identities: Iterable[Identity], digests: Mapping[Identity, bytes] | None = None
) -> set[Identity]:
    """Enter ids into the inbox, with what `body_digest` says of the bodies if asked; returns those that were not
    there."""
    wanted = {_hash(identity): identity for identity in identities}
    if not wanted:
        return set()
    if digests is None:
        rows = await db.fetch(
            "INSERT INTO inbox (id) SELECT * FROM unnest($1::bytea[]) ON CONFLICT DO NOTHING RETURNING id", list(wanted)
        )
    else:
        rows = await db.fetch(
            "INSERT INTO inbox (id, body) SELECT * FROM unnest($1::bytea[], $2::bytea[])"
            " ON CONFLICT DO NOTHING RETURNING id",
            list(wanted),
            [digests.get(identity) for identity in wanted.values()],
        )
    if len(rows) == len(wanted):
        return set(wanted.values())
    return {wanted[r["id"]] for r in rows}


async def first_digests(db: asyncpg.Connection, identities: Iterable[Identity]) -> dict[Identity, bytes]:
    """Of ids in the inbox, the digest of the body they came with first; those that came without one are left out."""
    wanted = {_hash(identity): identity for identity in identities}
    if not wanted:
        return {}
    rows = await db.fetch("SELECT id, body FROM inbox WHERE id = ANY($1::bytea[]) AND body IS NOT NULL", list(wanted))
    return {wanted[row["id"]]: row["body"] for row in rows}


def body_digest(body: bytes) -> bytes:
    """Tells two bodies under one id apart; 8 bytes, since nobody gains by making two alike."""
    return blake2b(body, digest_size=8).digest()


def _hash(identity: Identity) -> bytes:
    """Stands for an identity in the index: half the size of the words."""
    return blake2b("\0".join(identity).encode("utf-8", "surrogatepass"), digest_size=16).digest()


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
