"""Early warnings that stand, or stood until lately, in PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
from common.contracts.events.reflex.warnings import WarningEnded, WarningRaised

from routing.early_warnings import LONGEST, EarlyWarning, EarlyWarnings

MOST_CASES = 50
"""As many as a warning names."""
RAISED = """
INSERT INTO early_warning (
    warning_id, region, category, lat, lon, radius_m, whole_region, parent_case, since, cases
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (warning_id) DO NOTHING
"""
ALL = """
SELECT warning_id, region, category, lat, lon, radius_m, whole_region, parent_case, since, until,
    CASE WHEN $1 THEN cases ELSE '{}' END AS cases
FROM early_warning
"""


async def raised(db: asyncpg.Connection, event: WarningRaised, at: datetime) -> None:
    await db.execute(
        RAISED,
        event.warning_id, event.region, event.category, event.lat, event.lon, event.radius_m, event.whole_region,
        event.parent_case, at, list(event.cases[:MOST_CASES]),
    )  # fmt: skip


async def ended(db: asyncpg.Connection, event: WarningEnded, at: datetime) -> None:
    await db.execute("UPDATE early_warning SET until = $2 WHERE warning_id = $1", event.warning_id, at)


async def not_ahead(db: asyncpg.Connection, ahead: datetime) -> None:
    """What was raised after `ahead` was raised while the clock was wrong, and the loop knows it no more."""
    await db.execute("DELETE FROM early_warning WHERE since > $1", ahead)


async def load(db: asyncpg.Connection, *, with_cases: bool) -> EarlyWarnings:
    """All of them: a category of a region has few. The cases that they were raised of only where they are asked for."""
    return EarlyWarnings(
        EarlyWarning(**{**dict(row), "cases": tuple(row["cases"])}) for row in await db.fetch(ALL, with_cases)
    )


async def forget_before(db: asyncpg.Connection, until: datetime, waits: timedelta) -> None:
    """What no case that waits for its tick so long can lie in."""
    await db.execute("DELETE FROM early_warning WHERE until < $1 OR since < $2", until - waits, until - waits - LONGEST)
