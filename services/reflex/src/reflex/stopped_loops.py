"""Loops that have failed: since when and why, when each is tried again, and the facts that it has missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from common.messaging.postgres import Database, copy_in

from reflex.store import TakenFact


@dataclass(frozen=True, slots=True)
class Stop:
    """One loop's standstill. All times are ends of ticks."""

    since: datetime
    failures: int
    retry_at: datetime
    reason: str
    """Without a value of any fact."""


async def all_stopped(db: Database) -> dict[str, Stop]:
    rows = await db.fetch("SELECT loop, since, failures, retry_at, reason FROM stopped_loop")
    return {r["loop"]: Stop(r["since"], r["failures"], r["retry_at"], r["reason"]) for r in rows}


async def number_missed(db: Database) -> Mapping[str, int]:
    """Facts that wait for each stopped loop."""
    return {r["loop"]: r["n"] for r in await db.fetch("SELECT loop, count(*) AS n FROM fact_missed GROUP BY loop")}


async def stop(db: asyncpg.Connection, loop: str, standstill: Stop) -> None:
    """A loop failed, for the first time or again."""
    await db.execute(
        "INSERT INTO stopped_loop (loop, since, failures, retry_at, reason) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (loop) DO UPDATE SET failures = EXCLUDED.failures, retry_at = EXCLUDED.retry_at,"
        " reason = EXCLUDED.reason",
        loop, standstill.since, standstill.failures, standstill.retry_at, standstill.reason,
    )  # fmt: skip


async def resume(db: asyncpg.Connection, loop: str, until: datetime, *, keep: bool) -> None:
    """A loop has caught up; `keep` puts aside what it had missed, as taken at the tick that ends at `until`."""
    if keep:
        await db.execute(
            "INSERT INTO fact_taken (until, at, id, body, loop)"
            " SELECT $2, at, id, body, loop FROM fact_missed WHERE loop = $1",
            loop,
            until,
        )
    await db.execute("DELETE FROM fact_missed WHERE loop = $1", loop)
    await db.execute("DELETE FROM stopped_loop WHERE loop = $1", loop)


async def forget_others(db: asyncpg.Connection, loops: Sequence[str]) -> None:
    """Loops that no longer run here miss nothing."""
    await db.execute("DELETE FROM fact_missed WHERE loop <> ALL($1)", list(loops))
    await db.execute("DELETE FROM stopped_loop WHERE loop <> ALL($1)", list(loops))


async def add_missed(db: asyncpg.Connection, loop: str, until: datetime, facts: Sequence[TakenFact]) -> None:
    """Keep for a stopped loop what the tick that ends at `until` took."""
    await copy_in(
        db, "fact_missed", columns=["loop", "until", "at", "id", "body"],
        records=[(loop, until, f.at, f.id, f.body) for f in facts],
    )  # fmt: skip


async def missed(db: asyncpg.Connection, loop: str) -> list[TakenFact]:
    """What waits for a stopped loop, in order of (time, id)."""
    rows = await db.fetch("SELECT at, id, body FROM fact_missed WHERE loop = $1 ORDER BY at, id", loop)
    return [TakenFact(r["at"], r["id"], r["body"]) for r in rows]
