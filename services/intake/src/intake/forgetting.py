"""SQL of what intake remembers for a time alone: what it asked and told, and what channels said of its notices.

Whatever still counts is younger: `Remembered.since` goes with every question to these tables that decides something, so
that it is the same whether a row is deleted by then or not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
from common.contracts.frozen import value
from common.messaging.clock import last_tick
from common.messaging.postgres import delete_in_steps

CLEANING_SECONDS = 3_600.0
BY_TICKS = (
    "DELETE FROM awaited_code WHERE ctid IN (SELECT ctid FROM awaited_code WHERE asked_at <= $1 LIMIT $2)",
    "DELETE FROM may_be_known WHERE ctid IN (SELECT ctid FROM may_be_known WHERE asked_at <= $1 LIMIT $2)",
    "DELETE FROM told_question WHERE ctid IN (SELECT ctid FROM told_question WHERE asked_at <= $1 LIMIT $2)",
    "DELETE FROM opened_proposal WHERE ctid IN (SELECT ctid FROM opened_proposal WHERE until <= $1 LIMIT $2)",
)
"""Rows with the time of a record: by the time that the service has heard."""

BY_WALL = (
    "DELETE FROM notice_delivery WHERE ctid IN (SELECT ctid FROM notice_delivery"
    " WHERE noted_at < now() - $1::interval LIMIT $2)",
    "DELETE FROM told_escalation WHERE ctid IN (SELECT ctid FROM told_escalation"
    " WHERE told_at < now() - $1::interval LIMIT $2)",
    # As long as its proposal may be spoken of, however long that is.
    "DELETE FROM told_proposal WHERE ctid IN (SELECT t.ctid FROM told_proposal AS t"
    " WHERE t.told_at < now() - $1::interval"
    " AND NOT EXISTS (SELECT 1 FROM opened_proposal AS o WHERE o.proposal_id = t.proposal_id) LIMIT $2)",
)
"""Rows with the time at which they were written."""


@value
class Remembered:
    """For how long."""

    days: int
    """At least 30: longer than a notice is delivered, and than an operator takes ticks back."""

    def since(self, heard: datetime | None) -> datetime | None:
        """What was asked until then is forgotten, at the last tick that was heard; None: nothing is."""
        return None if heard is None else heard - timedelta(days=self.days)


FOR_180_DAYS = Remembered(180)


async def forget_old(pool: asyncpg.Pool, remembered: Remembered) -> None:
    """What nothing refers to any more."""
    async with pool.acquire() as db:
        last = await last_tick.latest(db)
    since = remembered.since(None if last is None else last.until)
    if since is not None:
        for statement in BY_TICKS:
            await delete_in_steps(pool, statement, since)
    for statement in BY_WALL:
        await delete_in_steps(pool, statement, timedelta(days=remembered.days))
