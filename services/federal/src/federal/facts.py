"""Facts wait for the tick: one case is told of by several topics, and which is read first must decide nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.events.region import CaseOverdue
from common.contracts.frozen import value

from federal.domain import HEARD

TYPES = {kind.type: kind for kind in HEARD}

KEEP = """
INSERT INTO fact (topic, case_id, place, at, type, body, id, source, correlation_id, release, traceparent)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bytea[], $7::text[],
                     $8::text[], $9::text[], $10::text[], $11::text[])
ON CONFLICT DO NOTHING
"""

CASES = "SELECT DISTINCT case_id FROM fact WHERE at <= $1 ORDER BY case_id"

TAKE = """
DELETE FROM fact WHERE at <= $1 AND case_id = ANY($2::text[])
RETURNING topic, case_id, place, at, type, body, id, source, correlation_id, release, traceparent
"""


@value
class Fact:
    """One event as the centre reads it, with its place among its case's events on its topic."""

    topic: str
    place: int
    case_id: str
    event: Event
    envelope: Envelope

    @property
    def time(self) -> datetime:
        return self.envelope.time


def case_of(delivery: Delivery) -> str:
    """The case that a record is about."""
    return str(getattr(delivery.event, "case_id", delivery.key))


async def keep(db: asyncpg.Connection, heard: Sequence[Delivery]) -> None:
    """Keep what came until its tick."""
    if not heard:
        return
    envelopes = [d.envelope for d in heard]
    await db.execute(
        KEEP, [d.topic for d in heard], [case_of(d) for d in heard],
        [d.offset if d.envelope.sequence is None else d.envelope.sequence for d in heard],
        [e.time for e in envelopes], [e.type for e in envelopes], [d.event.wire() for d in heard],
        [e.id for e in envelopes], [e.source for e in envelopes], [e.correlation_id for e in envelopes],
        [e.release for e in envelopes], [e.traceparent for e in envelopes],
    )  # fmt: skip


async def forget_overdue(db: asyncpg.Connection, withdrawn: Sequence[Delivery]) -> None:
    """What was said of missed deadlines and is taken back, and still waits for its tick."""
    await db.execute(
        "DELETE FROM fact AS f USING unnest($1::text[], $2::text[], $3::bigint[]) AS w(topic, case_id, place)"
        " WHERE f.topic = w.topic AND f.case_id = w.case_id AND f.place < w.place AND f.type = $4",
        [d.topic for d in withdrawn], [case_of(d) for d in withdrawn],
        [d.offset if d.envelope.sequence is None else d.envelope.sequence for d in withdrawn], CaseOverdue.type,
    )  # fmt: skip


async def not_ahead(db: asyncpg.Connection, now: datetime, ahead: datetime) -> None:
    """What waits for a tick after `ahead` happened `now`, while the clock was wrong."""
    await db.execute("UPDATE fact SET at = $1 WHERE at > $2", now, ahead)


async def cases_told_of(db: asyncpg.Connection, until: datetime) -> list[str]:
    """The cases that have facts up to `until`, in order of their ids."""
    return [row[0] for row in await db.fetch(CASES, until)]


async def take(db: asyncpg.Connection, until: datetime, cases: Collection[str]) -> dict[str, list[Fact]]:
    """Remove and return these cases' facts up to `until`, by case."""
    found: dict[str, list[Fact]] = {}
    for row in await db.fetch(TAKE, until, list(cases)):
        envelope = Envelope(
            row["id"], row["source"], row["type"], row["at"], row["case_id"], row["correlation_id"],
            release=row["release"], traceparent=row["traceparent"],
        )  # fmt: skip
        event = TYPES[row["type"]].model_validate_json(row["body"])
        fact = Fact(row["topic"], row["place"], row["case_id"], event, envelope)
        found.setdefault(fact.case_id, []).append(fact)
    return found
