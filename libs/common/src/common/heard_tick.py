"""The latest tick that a service has read, whichever replica of it had the clock's partition."""

from __future__ import annotations

import asyncpg

from common.events.clock import TimePassed


async def latest(db: asyncpg.Connection | asyncpg.Pool) -> TimePassed | None:
    """None before the first."""
    row = await db.fetchrow("SELECT since, until FROM heard_tick")
    return None if row is None else TimePassed(since=row["since"], until=row["until"])


async def remember(db: asyncpg.Connection, tick: TimePassed) -> None:
    """Later ticks only."""
    await db.execute(
        "INSERT INTO heard_tick (since, until) VALUES ($1, $2) ON CONFLICT (one)"
        " DO UPDATE SET since = EXCLUDED.since, until = EXCLUDED.until WHERE heard_tick.until < EXCLUDED.until",
        tick.since,
        tick.until,
    )
