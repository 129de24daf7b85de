"""SQL of talks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import asyncpg
from common.messaging.postgres import delete_in_steps, transaction

from channels.bots.talk import Talk

T = TypeVar("T")
SELECT = "SELECT words, place, asked_words, asked_place, objects_to FROM bot_talk WHERE whose = $1"


async def talk_of(pool: asyncpg.Pool, whose: str) -> Talk:
    """What is known of a talk; of a new one nothing."""
    row = await pool.fetchrow(SELECT, whose)
    return Talk(**dict(row)) if row is not None else Talk()


async def change(pool: asyncpg.Pool, whose: str, step: Callable[[Talk], tuple[Talk, T]]) -> T:
    """Take a step in a talk, one at a time; returns what the step gives."""
    async with transaction(pool) as db:
        await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", whose)
        row = await db.fetchrow(SELECT, whose)
        before = Talk(**dict(row)) if row is not None else Talk()
        after, found = step(before)
        if after == Talk():
            await db.execute("DELETE FROM bot_talk WHERE whose = $1", whose)
        elif after != before:
            await db.execute(
                "INSERT INTO bot_talk (whose, words, place, asked_words, asked_place, objects_to)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (whose) DO UPDATE SET words = EXCLUDED.words,"
                " place = EXCLUDED.place, asked_words = EXCLUDED.asked_words, asked_place = EXCLUDED.asked_place,"
                " objects_to = EXCLUDED.objects_to, changed_at = now()",
                whose, after.words, after.place, after.asked_words, after.asked_place, after.objects_to,
            )  # fmt: skip
    return found


async def await_reason(pool: asyncpg.Pool, whose: str, proposal: str | None) -> None:
    """Whether the next words are the reason for an objection, and to which proposal."""

    def step(talk: Talk) -> tuple[Talk, None]:
        return replace(talk, objects_to=proposal), None

    await change(pool, whose, step)


async def forget_talks(pool: asyncpg.Pool, kept: timedelta) -> None:
    await delete_in_steps(
        pool,
        "DELETE FROM bot_talk WHERE ctid IN"
        " (SELECT ctid FROM bot_talk WHERE changed_at < now() - $1::interval LIMIT $2)",
        kept,
    )
