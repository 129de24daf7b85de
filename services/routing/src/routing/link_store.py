"""SQL of citizens who are one person."""

from __future__ import annotations

from collections.abc import Collection

import asyncpg
from common.contracts.events.intake import CitizensLinked

from routing.people import Link

AT_MOST = 8
"""Links from one pseudonym to another that are followed; intake keeps a person's a step apart."""
REMEMBER = """
INSERT INTO linked_citizen AS l (citizen, into_citizen, linked_at, whole)
SELECT $1, $2, $3, $4 WHERE NOT EXISTS (
    SELECT 1 FROM erased_citizen WHERE citizen = ANY(ARRAY[$1, $2]) AND erased_at >= $3
)
ON CONFLICT (citizen, into_citizen) DO UPDATE SET
    whole = l.whole OR excluded.whole,
    linked_at = CASE WHEN l.whole OR NOT excluded.whole THEN l.linked_at ELSE excluded.linked_at END
"""
LINKS = """
SELECT citizen, into_citizen, linked_at, whole FROM linked_citizen
WHERE citizen = ANY($1::text[]) OR into_citizen = ANY($1::text[])
"""


async def remember(db: asyncpg.Connection, event: CitizensLinked) -> None:
    """Not where the word of a later erasure was read before it."""
    if event.citizen != event.into_citizen:
        await db.execute(REMEMBER, event.citizen, event.into_citizen, event.linked_at, event.voices is None)


async def forget(db: asyncpg.Connection, citizen: str) -> None:
    """They are erased: what they say from now on is nobody else's."""
    await db.execute("DELETE FROM linked_citizen WHERE citizen = $1 OR into_citizen = $1", citizen)


async def links_of(db: asyncpg.Connection, citizens: Collection[str]) -> list[Link]:
    """All links of these people, over every pseudonym of theirs."""
    found: set[Link] = set()
    known, asked = set(citizens), set(citizens)
    for _step in range(AT_MOST):
        if not asked:
            break
        found |= {Link(**dict(row)) for row in await db.fetch(LINKS, sorted(asked))}
        asked = {name for link in found for name in (link.citizen, link.into_citizen)} - known
        known |= asked
    return sorted(found, key=lambda link: (link.citizen, link.into_citizen))
