"""Messages that the rules took for spam or abuse, by citizen, until a person has said what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import asyncpg

from routing.people import People

COUNTED_FOR = timedelta(days=30)

REPEATS = """
SELECT citizen, kind, count(*) AS times FROM marked_message
WHERE citizen = ANY($1::text[]) AND closed_at > $2 AND closed_at <= $3 GROUP BY citizen, kind
"""
MARK = """
INSERT INTO marked_message (case_id, citizen, kind) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
ON CONFLICT (case_id) DO NOTHING
"""


async def repeats(
    db: asyncpg.Connection, citizens: Collection[str], until: datetime, people: People
) -> dict[str, Mapping[str, int]]:  # fmt: skip
    """How many messages of each kind people had closed by then, within COUNTED_FOR; of all names of a person."""
    counts: dict[str, Counter[str]] = {}
    for row in await db.fetch(REPEATS, sorted(people.names_of(citizens)), until - COUNTED_FOR, until):
        counts.setdefault(people.person(row["citizen"]), Counter())[row["kind"]] += row["times"]
    return {one: counts[person] for one in citizens if (person := people.person(one)) in counts}


async def mark(db: asyncpg.Connection, marked: Collection[tuple[str, str, str]]) -> None:
    """Case, citizen and kind of what goes to a person."""
    if marked:
        await db.execute(MARK, *(list(column) for column in zip(*marked, strict=True)))


async def decided(db: asyncpg.Connection, closed: Mapping[str, datetime], placed: Collection[str]) -> None:
    """What people closed counts from now on; what they placed was no such message."""
    if closed:
        await db.execute(
            "UPDATE marked_message AS m SET closed_at = c.at FROM unnest($1::text[], $2::timestamptz[])"
            " AS c (case_id, at) WHERE m.case_id = c.case_id",
            list(closed), list(closed.values()),
        )  # fmt: skip
    if placed:
        await db.execute("DELETE FROM marked_message WHERE case_id = ANY($1::text[])", list(placed))


async def forget(db: asyncpg.Connection, citizen: str) -> None:
    await db.execute("DELETE FROM marked_message WHERE citizen = $1", citizen)


async def forget_before(db: asyncpg.Connection, until: datetime) -> None:
    """What counts no more."""
    await db.execute("DELETE FROM marked_message WHERE closed_at <= $1", until - COUNTED_FOR)
