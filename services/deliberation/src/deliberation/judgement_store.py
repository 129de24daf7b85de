"""SQL of judgements of the words of others, and of what opinion groups are found from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

import asyncpg
from common.messaging.postgres import copy_in

from deliberation.model import Judgement

COLUMNS = ("proposal_id", "number", "person", "role", "agree", "disagree", "given_at")
PAGE = 5_000
"""Rows that are read at once: a few hundredths of a second of the event loop."""

VOICES = """
SELECT number, person, stance FROM voice
WHERE proposal_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4
"""

JUDGEMENTS = """
SELECT number, person, agree, disagree FROM judgement
WHERE proposal_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4
"""


async def add(db: asyncpg.Connection, judgements: Sequence[Judgement]) -> None:
    """The fence of the batch makes it once a judgement."""
    if judgements:
        rows = [tuple(getattr(one, name) for name in COLUMNS) for one in judgements]
        await copy_in(db, "judgement", columns=list(COLUMNS), records=rows)


async def words(db: asyncpg.Connection, proposal_id: str, numbers: Collection[int]) -> dict[int, bool]:
    """Of these numbers: those of voices with words, and whether the words are shown."""
    if not numbers:
        return {}
    rows = await db.fetch(
        "SELECT number, hidden FROM voice WHERE proposal_id = $1 AND number = ANY($2) AND words <> ''",
        proposal_id, sorted(numbers),
    )  # fmt: skip
    return {row["number"]: not row["hidden"] for row in rows}


async def due(db: asyncpg.Connection | asyncpg.Pool) -> list[tuple[str, int]]:
    """Proposals whose groups are asked for, with the number up to which."""
    rows = await db.fetch(
        "SELECT proposal_id, (body->'groups_asked'->>'number')::bigint AS number FROM deliberation"
        " WHERE groups_due AND body->'groups_asked' <> 'null' ORDER BY proposal_id"
    )
    return [(row["proposal_id"], row["number"]) for row in rows]


def voices(
    db: asyncpg.Connection | asyncpg.Pool, proposal_id: str, number: int
) -> AsyncIterator[list[tuple[int, str, str]]]:
    """Number, person and stance of each voice up to a number, in order, a page at a time."""
    return _pages(db, VOICES, proposal_id, number)


def judgements(
    db: asyncpg.Connection | asyncpg.Pool, proposal_id: str, number: int
) -> AsyncIterator[list[tuple[int, str, Sequence[int], Sequence[int]]]]:
    """Number, person, agreed and disagreed of each judgement up to a number, in order, a page at a time."""
    return _pages(db, JUDGEMENTS, proposal_id, number)


async def _pages(
    db: asyncpg.Connection | asyncpg.Pool, page: str, proposal_id: str, number: int
) -> AsyncIterator[list[Any]]:
    after = 0
    while rows := await db.fetch(page, proposal_id, after, number, PAGE):
        yield [tuple(row) for row in rows]
        after = rows[-1]["number"]


async def erased(db: asyncpg.Connection | asyncpg.Pool) -> list[str]:
    """Citizens who were erased, whether or not they came back."""
    return [row["citizen"] for row in await db.fetch("SELECT citizen FROM erased_citizen")]


async def voice_ids(
    db: asyncpg.Connection | asyncpg.Pool, proposal_id: str, numbers: Collection[int]
) -> dict[int, str]:
    rows = await db.fetch(
        "SELECT number, voice_id FROM voice WHERE proposal_id = $1 AND number = ANY($2)", proposal_id, sorted(numbers)
    )
    return {row["number"]: row["voice_id"] for row in rows}
