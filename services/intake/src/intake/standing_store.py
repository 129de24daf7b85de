"""SQL of how cases stand, and of which goes on under which."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from intake.standing import Standing


async def standings(db: asyncpg.Connection, case_ids: Iterable[str]) -> dict[str, Standing]:
    """Of those of these cases that are not new."""
    rows = await db.fetch(
        "SELECT case_id, standing, region, since FROM case_standing WHERE case_id = ANY($1::text[])", sorted(case_ids)
    )
    return {row["case_id"]: Standing(**dict(row)) for row in rows}


async def keep(db: asyncpg.Connection, changed: Iterable[Standing]) -> None:
    ordered = sorted(changed, key=lambda one: one.case_id)
    if ordered:
        await db.execute(
            "INSERT INTO case_standing (case_id, standing, region, since)"
            " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])"
            " ON CONFLICT (case_id) DO UPDATE SET standing = EXCLUDED.standing, region = EXCLUDED.region,"
            " since = EXCLUDED.since",
            [one.case_id for one in ordered],
            [one.standing for one in ordered],
            [one.region for one in ordered],
            [one.since for one in ordered],
        )


async def living(db: asyncpg.Connection, case_ids: Iterable[str]) -> dict[str, str]:
    """Under which case those of these go on that were joined to another."""
    rows = await db.fetch(
        "SELECT case_id, into_case FROM joined_case WHERE case_id = ANY($1::text[])", sorted(case_ids)
    )
    return {row["case_id"]: row["into_case"] for row in rows}
