"""SQL of citizens' ideas."""

from __future__ import annotations

from collections.abc import Collection

import asyncpg

from deliberation.ideas import Idea

COLUMNS = ", ".join(Idea.__dataclass_fields__)


async def add(db: asyncpg.Connection, new: Collection[Idea]) -> None:
    """The fence of the batch makes it once an idea."""
    await db.executemany(
        f"INSERT INTO idea ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",  # noqa: S608
        [tuple(getattr(idea, name) for name in Idea.__dataclass_fields__) for idea in new],
    )


async def save(db: asyncpg.Connection, idea: Idea) -> None:
    await db.execute(
        "UPDATE idea SET state = $2, proposal_id = $3, command_id = $4 WHERE idea_id = $1",
        idea.idea_id, idea.state, idea.proposal_id, idea.command_id,
    )  # fmt: skip


async def find(db: asyncpg.Connection, idea_id: str) -> Idea | None:
    """Locked until the transaction ends."""
    row = await db.fetchrow(f"SELECT {COLUMNS} FROM idea WHERE idea_id = $1 FOR UPDATE", idea_id)  # noqa: S608
    return None if row is None else Idea(**row)


async def of_citizen(db: asyncpg.Connection, citizen: str, reference: str) -> Idea | None:
    """A citizen's own idea by what it was told to be called; locked."""
    row = await db.fetchrow(
        f"SELECT {COLUMNS} FROM idea WHERE citizen = $1 AND reference = $2"  # noqa: S608
        " ORDER BY idea_id LIMIT 1 FOR UPDATE",
        citizen, reference,
    )  # fmt: skip
    return None if row is None else Idea(**row)


async def behind(db: asyncpg.Connection, proposal_id: str) -> Idea | None:
    """The idea that a proposal was made of; locked."""
    row = await db.fetchrow(
        f"SELECT {COLUMNS} FROM idea WHERE proposal_id = $1 LIMIT 1 FOR UPDATE",  # noqa: S608
        proposal_id,
    )
    return None if row is None else Idea(**row)
