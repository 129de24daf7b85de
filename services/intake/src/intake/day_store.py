"""SQL of what conversations have said today."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from operator import attrgetter

import asyncpg

from intake.day_limit import SaidToday

FIELDS = tuple(SaidToday.__dataclass_fields__)


async def of_threads(db: asyncpg.Connection, threads: Collection[bytes]) -> dict[tuple[bytes, date], SaidToday]:
    """By conversation and day."""
    rows = await db.fetch(
        f"SELECT {', '.join(FIELDS)} FROM said_today WHERE thread = ANY($1::bytea[])",  # noqa: S608
        sorted(threads),
    )
    return {(row["thread"], row["day"]): SaidToday(**dict(row)) for row in rows}


async def keep(db: asyncpg.Connection, days: Collection[SaidToday]) -> None:
    if not days:
        return
    ordered = sorted(days, key=attrgetter("thread", "day"))
    await db.execute(
        "INSERT INTO said_today (thread, day, citizen, said, beyond, told)"
        " SELECT * FROM unnest($1::bytea[], $2::date[], $3::text[], $4::int[], $5::int[], $6::bool[])"
        " ON CONFLICT (thread, day) DO UPDATE SET citizen = EXCLUDED.citizen, said = EXCLUDED.said,"
        " beyond = EXCLUDED.beyond, told = EXCLUDED.told",
        *([getattr(one, name) for one in ordered] for name in FIELDS),
    )


async def forget_before(db: asyncpg.Connection, day: date) -> None:
    """Days that are over."""
    await db.execute("DELETE FROM said_today WHERE day < $1", day)
