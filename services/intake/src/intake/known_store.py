"""SQL of the questions whether a case is a known one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import asyncpg

from intake.may_be_known import AskedWhether


async def asked(
    db: asyncpg.Connection, case_ids: Iterable[str], since: datetime | None = None
) -> dict[str, AskedWhether]:  # fmt: skip
    """Of these cases those whose question waits for an answer, if it was put after `since`."""
    rows = await db.fetch(
        "SELECT case_id, other_case, asked_at FROM may_be_known WHERE case_id = ANY($1::text[])"
        " AND ($2::timestamptz IS NULL OR asked_at > $2)",
        sorted(case_ids), since,
    )  # fmt: skip
    return {row["case_id"]: AskedWhether(**dict(row)) for row in rows}


async def keep(db: asyncpg.Connection, new: Iterable[AskedWhether], settled: Iterable[str]) -> None:
    """What was asked, and forget what is settled. Only the last question about a case waits."""
    over = sorted(settled)
    if over:
        await db.execute("DELETE FROM may_be_known WHERE case_id = ANY($1::text[])", over)
    ordered = sorted(new, key=lambda one: one.case_id)
    if ordered:
        await db.execute(
            "INSERT INTO may_be_known (case_id, other_case, asked_at)"
            " SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])"
            " ON CONFLICT (case_id) DO UPDATE SET other_case = EXCLUDED.other_case, asked_at = EXCLUDED.asked_at",
            [one.case_id for one in ordered],
            [one.other_case for one in ordered],
            [one.asked_at for one in ordered],
        )
