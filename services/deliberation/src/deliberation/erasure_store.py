"""SQL of erased citizens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg

from deliberation.ideas import Idea
from deliberation.model import Voice
from deliberation.store import VOICE_COLUMNS

MINE = "person = $1 AND role = 'citizen'"


async def touched(db: asyncpg.Connection, citizens: Collection[str]) -> set[str]:
    """Proposals on which these citizens spoke, or whose authors they are."""
    rows = await db.fetch(
        "SELECT proposal_id FROM speaker WHERE role = 'citizen' AND person = ANY($1)"
        " UNION SELECT proposal_id FROM voice WHERE role = 'citizen' AND person = ANY($1)"
        " UNION SELECT proposal_id FROM judgement WHERE role = 'citizen' AND person = ANY($1)"
        " UNION SELECT proposal_id FROM deliberation WHERE body ->> 'author_citizen' = ANY($1)",
        list(citizens),
    )
    return {row["proposal_id"] for row in rows}


async def voices(db: asyncpg.Connection, citizen: str, until: datetime) -> list[Voice]:
    """What a citizen has said up to a time, in the order of proposals and numbers."""
    rows = await db.fetch(
        f"SELECT {', '.join(VOICE_COLUMNS)} FROM voice WHERE {MINE} AND given_at <= $2"  # noqa: S608
        " ORDER BY proposal_id, number",
        citizen, until,
    )  # fmt: skip
    return [Voice(**row) for row in rows]


async def proposals_of(db: asyncpg.Connection, citizen: str, voice_ids: Sequence[str]) -> set[str]:
    """On which these words of a citizen are."""
    rows = await db.fetch(
        f"SELECT DISTINCT proposal_id FROM voice WHERE {MINE} AND voice_id = ANY($2::text[])",  # noqa: S608
        citizen, list(voice_ids),
    )  # fmt: skip
    return {row["proposal_id"] for row in rows}


async def save_voice(db: asyncpg.Connection, after: Voice) -> None:
    await db.execute(
        "UPDATE voice SET person = $3, words = $4, hidden = $5 WHERE proposal_id = $1 AND number = $2",
        after.proposal_id, after.number, after.person, after.words, after.hidden,
    )  # fmt: skip


async def rename(db: asyncpg.Connection, proposal_id: str, person: str, into: str, *, erased: bool) -> None:
    """The same person under another name: one person has one voice under either."""
    for table in ("speaker", "judgement"):
        await db.execute(
            f"UPDATE {table} SET person = $3, erased = $4"  # noqa: S608
            " WHERE proposal_id = $1 AND person = $2 AND role = 'citizen'",
            proposal_id, person, into, erased,
        )  # fmt: skip


async def mark_erased(db: asyncpg.Connection, proposal_id: str, people: Collection[str]) -> None:
    """These are told nothing."""
    for table in ("speaker", "judgement"):
        await db.execute(
            f"UPDATE {table} SET erased = true"  # noqa: S608
            " WHERE proposal_id = $1 AND person = ANY($2) AND role = 'citizen'",
            proposal_id, list(people),
        )  # fmt: skip


async def forget_ideas(db: asyncpg.Connection, citizen: str, idea_ids: Sequence[str]) -> list[Idea]:
    """Empty these ideas of a citizen's; returns those that were open."""
    columns = ", ".join(Idea.__dataclass_fields__)
    rows = await db.fetch(
        f"SELECT {columns} FROM idea WHERE idea_id = ANY($2::text[]) AND citizen = $1"  # noqa: S608
        " ORDER BY idea_id FOR UPDATE",
        citizen, list(idea_ids),
    )  # fmt: skip
    await db.execute(
        "UPDATE idea SET words = '', citizen = '', state = CASE state WHEN 'open' THEN 'withdrawn' ELSE state END"
        " WHERE idea_id = ANY($1::text[])",
        [row["idea_id"] for row in rows],
    )
    return [idea for row in rows if (idea := Idea(**row)).state == "open"]


async def forget(db: asyncpg.Connection, citizen: str) -> list[Idea]:
    """Take the citizen out of what is still to be told, of open cases and of ideas; returns those that were open."""
    await db.execute("UPDATE telling SET concerned = array_remove(concerned, $1) WHERE $1 = ANY(concerned)", citizen)
    await db.execute("DELETE FROM open_case WHERE citizen = $1", citizen)
    columns = ", ".join(Idea.__dataclass_fields__)
    rows = await db.fetch(
        f"SELECT {columns} FROM idea WHERE citizen = $1 ORDER BY idea_id FOR UPDATE",  # noqa: S608
        citizen,
    )
    await db.execute(
        "UPDATE idea SET words = '', citizen = '', state = CASE state WHEN 'open' THEN 'withdrawn' ELSE state END"
        " WHERE citizen = $1",
        citizen,
    )
    return [idea for row in rows if (idea := Idea(**row)).state == "open"]
