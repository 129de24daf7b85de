"""How the loops stood before a tick that was far longer than those before it, so that it can be taken back.

An ordinary tick is a minute, in a replay some hours; a wrong one that matters is days. Only before such a one is the
state kept, and from then on what ticks took and what was proposed, for as long as the clock's topic keeps corrections.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
from common.contracts.events.rules import AdoptTrial, StepTrial

from reflex import store

LONG = timedelta(days=1)
TIMES_LONGER = 3
KEPT = timedelta(days=30)


PAUSED_AFTER = (StepTrial.type, AdoptTrial.type)
"""Orders after which more follow a change; those that end a trial leave the old rule, and stand."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What loops said at wrong ticks that must not stand, as (loop, proposal)."""

    proposed: list[tuple[str, str]]
    widened: list[tuple[str, str]]
    """Trials that were given a greater share, or adopted."""


def far_longer(length: timedelta, before: timedelta | None) -> bool:
    """Whether a tick may be one that must be taken back; `before` is the length of the one before, if known."""
    return before is not None and length > LONG and length > TIMES_LONGER * before


async def keep(db: asyncpg.Connection, until: datetime) -> None:
    """Keep all state as it is before the tick that ends at `until`."""
    await db.execute("INSERT INTO long_tick (until) VALUES ($1)", until)
    await db.execute(
        "INSERT INTO loop_state_before (until, loop, key, body) SELECT $1, loop, key, body FROM loop_state", until
    )


async def keeps(db: asyncpg.Connection) -> bool:
    """Whether there is a tick to which the loops could go back; forgets those that are too old."""
    if not await db.fetchval("SELECT EXISTS (SELECT FROM long_tick)"):
        return False
    await db.execute("DELETE FROM long_tick WHERE kept_at < now() - $1::interval", KEPT)
    oldest = await db.fetchval("SELECT min(until) FROM long_tick")
    await db.execute("DELETE FROM fact_taken WHERE $1::timestamptz IS NULL OR until < $1", oldest)
    await db.execute("DELETE FROM proposal_made WHERE $1::timestamptz IS NULL OR until < $1", oldest)
    await db.execute("DELETE FROM trial_ordered WHERE $1::timestamptz IS NULL OR until < $1", oldest)
    return oldest is not None


async def note_proposal(db: asyncpg.Connection, until: datetime, loop: str, proposal_id: str) -> None:
    """A loop proposed something at a tick."""
    await db.execute("INSERT INTO proposal_made VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", until, loop, proposal_id)


async def note_order(db: asyncpg.Connection, until: datetime, loop: str, proposal_id: str, command: str) -> None:
    """A loop ordered something about a trial at a tick."""
    await db.execute(
        "INSERT INTO trial_ordered VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", until, loop, proposal_id, command
    )


async def go_back(db: asyncpg.Connection, right: datetime) -> Undone:
    """State and facts as before the first long tick that ended after `right`; returns what was said since that must
    not stand. Nothing changes where no tick after `right` was long: it moved next to nothing."""
    first = await db.fetchval("SELECT min(until) FROM long_tick WHERE until > $1", right)
    if first is None:
        return Undone([], [])
    await db.execute("DELETE FROM loop_state")
    await db.execute(
        "INSERT INTO loop_state (loop, key, body) SELECT loop, key, body FROM loop_state_before WHERE until = $1", first
    )
    taken = await db.fetch("SELECT at, id, body FROM fact_taken WHERE until >= $1 AND loop IS NULL", first)
    await store.put_back(db, [store.TakenFact(row["at"], row["id"], row["body"]) for row in taken])
    await _go_back_stopped(db, first, right)
    made = await db.fetch(
        "SELECT loop, proposal_id FROM proposal_made WHERE until >= $1 ORDER BY until, proposal_id", first
    )
    widened = await db.fetch(
        "SELECT DISTINCT loop, proposal_id FROM trial_ordered WHERE until >= $1 AND command = ANY($2)"
        " ORDER BY proposal_id",
        first,
        list(PAUSED_AFTER),
    )
    await db.execute("DELETE FROM fact_taken WHERE until >= $1", first)
    await db.execute("DELETE FROM proposal_made WHERE until >= $1", first)
    await db.execute("DELETE FROM trial_ordered WHERE until >= $1", first)
    await db.execute("DELETE FROM long_tick WHERE until >= $1", first)
    return Undone(*([(row["loop"], row["proposal_id"]) for row in rows] for rows in (made, widened)))


async def _go_back_stopped(db: asyncpg.Connection, first: datetime, right: datetime) -> None:
    """Stopped loops miss what was taken before the tick that ended at `first`, and no more; those that have caught up
    since then get what they had missed at the next tick."""
    await db.execute("DELETE FROM fact_missed WHERE until >= $1", first)
    await db.execute(
        "INSERT INTO stopped_loop (loop, since, failures, retry_at, reason)"
        " SELECT DISTINCT loop, $2::timestamptz, 1, $2::timestamptz, 'it catches up again after a wrong tick'"
        " FROM fact_taken WHERE until >= $1 AND loop IS NOT NULL ON CONFLICT DO NOTHING",
        first,
        right,
    )
    await db.execute(
        "INSERT INTO fact_missed (loop, until, at, id, body)"
        " SELECT loop, $2, at, id, body FROM fact_taken AS own WHERE until >= $1 AND loop IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM fact_taken AS of_all WHERE of_all.until >= $1 AND of_all.loop IS NULL"
        " AND (of_all.at, of_all.id) = (own.at, own.id)) ON CONFLICT DO NOTHING",
        first,
        right,
    )
    await db.execute("UPDATE stopped_loop SET retry_at = least(retry_at, $1), since = least(since, $1)", right)
