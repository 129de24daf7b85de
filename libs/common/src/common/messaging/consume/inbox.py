"""Where this service stands in each partition, and which records it has already handled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from uuid import UUID

import asyncpg

from common.contracts.catalogue import TOPICS
from common.contracts.unambiguous_bytes import joined
from common.messaging.kafka import Record

Place = tuple[str, int]
"""A topic by the broker's name, and a partition."""

Identity = tuple[str, str]
"""A record's ce_source and ce_id."""

INBOX_MARGIN = timedelta(days=7)
MIN_INBOX_KEEP = timedelta(days=30)
MAX_FORGOTTEN_PER_PASS = 20_000


def inbox_keep() -> timedelta:
    """How long an id is refused as a repeat: longer than any record lies on a topic that is not kept for ever.

    A record read again is refused by the fence, which is never forgotten, whatever its age: so topics that are
    kept for ever need no inbox for ever. The inbox is for a record that was *sent* again, as a new record: by a
    client that repeats a request, by an integrator or a mirror that copies what still lies on a topic, by a relay
    that crashed between Kafka's acknowledgement and its own note of it. Copies from a topic are as old as its
    retention at most; our own relays look on the topic before they send again.
    """
    kept = [timedelta(milliseconds=t.retention_ms) for t in TOPICS if t.retention_ms is not None]
    return max([MIN_INBOX_KEEP, *kept]) + INBOX_MARGIN


class Misplaced(Exception):
    """Partitions whose records do not follow on from where this service stands."""

    def __init__(self, gaps: Mapping[Place, int], anew: Iterable[Place] = ()) -> None:
        super().__init__(", ".join(f"{t}/{p}" for t, p in [*gaps, *anew]))
        self.gaps = dict(gaps)
        """Where this service stands in partitions of which it was given later records."""
        self.anew = set(anew)
        """Partitions of another topic than the one that this service read, or of one that was cut short."""


@dataclass(frozen=True)
class FromBroker:
    """What the broker says that a fence judges by."""

    topic_ids: Mapping[str, UUID] = field(default_factory=dict)
    begins: Mapping[Place, int] = field(default_factory=dict)
    """First offsets there are, of partitions where they were asked for: what lies before was deleted."""
    restarted: Set[Place] = frozenset()
    """Partitions to be read as if for the first time."""


NOTHING = FromBroker()


async def fence(db: asyncpg.Connection, records: Sequence[Record], broker: FromBroker = NOTHING) -> dict[Place, int]:
    """Lock this batch's partitions and move them past it; returns where each stood before.

    What lies before that place was handled by another consumer, to which the partition went meanwhile: it must
    not be handled again. What begins after it leaves out records, unless the broker had none there (`follows` of a
    GuardedRecord). Raises Misplaced.
    """
    ends: dict[Place, int] = {}
    follows: dict[Place, int] = {}
    torn: set[Place] = set()
    for record in records:
        place = (record.topic, record.partition)
        end, after = ends.get(place), getattr(record, "follows", 0)
        if end is None:
            follows[place] = after
        elif after > end:
            torn.add(place)
        ends[place] = record.offset + 1
    if broker.restarted:
        await db.executemany("DELETE FROM position WHERE topic = $1 AND partition = $2", sorted(broker.restarted))
    places = sorted(ends)
    rows = await db.fetch(
        "INSERT INTO position AS p (topic, partition, next_offset, topic_id)"
        " SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::uuid[])"
        " ON CONFLICT (topic, partition) DO UPDATE SET next_offset = GREATEST(p.next_offset, EXCLUDED.next_offset),"
        " topic_id = coalesce(EXCLUDED.topic_id, p.topic_id)"
        " RETURNING p.topic, p.partition, old.next_offset, old.topic_id, p.topic_id AS new_id",
        [t for t, _ in places],
        [p for _, p in places],
        [ends[place] for place in places],
        [broker.topic_ids.get(t) for t, _ in places],
    )
    stands = {(r["topic"], r["partition"]): r["next_offset"] or 0 for r in rows}
    anew = {(r["topic"], r["partition"]) for r in rows if r["topic_id"] not in (None, r["new_id"])}
    gaps = {
        place: at
        for place, at in stands.items()
        if place not in anew and (place in torn or follows[place] > max(at, broker.begins.get(place, 0)))
    }
    if gaps or anew:
        raise Misplaced(gaps, anew)
    return stands


async def claim(
    db: asyncpg.Connection,
    identities: Iterable[Identity],
    digests: Mapping[Identity, bytes] | None = None,
    key: bytes = b"",
) -> set[Identity]:
    """Enter ids into the inbox, with what `body_digest` says of the bodies if asked; returns those that were not
    there. Where ids may be personal data they are hashed under a `key`: those of phones are few enough to try all."""
    wanted = {_hash(identity, key): identity for identity in identities}
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


async def first_digests(
    db: asyncpg.Connection, identities: Iterable[Identity], key: bytes = b""
) -> dict[Identity, bytes]:
    """Of ids in the inbox, the digest of the body they came with first; those that came without one are left out."""
    wanted = {_hash(identity, key): identity for identity in identities}
    if not wanted:
        return {}
    rows = await db.fetch("SELECT id, body FROM inbox WHERE id = ANY($1::bytea[]) AND body IS NOT NULL", list(wanted))
    return {wanted[row["id"]]: row["body"] for row in rows}


def body_digest(body: bytes, key: bytes = b"") -> bytes:
    """Tells two bodies under one id apart; 8 bytes, since nobody gains by making two alike."""
    return blake2b(body, digest_size=8, key=key).digest()


def _hash(identity: Identity, key: bytes) -> bytes:
    """Stands for an identity in the index: half the size of the words."""
    return blake2b(joined(identity, "\0"), digest_size=16, key=key).digest()


async def forget_old(pool: asyncpg.Pool) -> int:
    """Drop ids older than `inbox_keep`, a bounded number in each statement; returns how many."""
    dropped = 0
    while True:
        done = await pool.execute(
            "DELETE FROM inbox WHERE ctid IN (SELECT ctid FROM inbox WHERE seen_at < now() - $1::interval LIMIT $2)",
            inbox_keep(),
            MAX_FORGOTTEN_PER_PASS,
        )
        count = int(done.split()[-1])
        dropped += count
        if count < MAX_FORGOTTEN_PER_PASS:
            return dropped
