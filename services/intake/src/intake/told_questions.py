"""Which question each notice put: a receipt of an earlier one must not stop the clock for a later one. SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import asyncpg


async def asked_at(
    db: asyncpg.Connection, notice_ids: Iterable[str], since: datetime | None = None
) -> dict[str, datetime]:  # fmt: skip
    """ce_time of the questions that these notices put, by notice, if it is after `since`."""
    rows = await db.fetch(
        "SELECT notice_id, asked_at FROM told_question WHERE notice_id = ANY($1::text[])"
        " AND ($2::timestamptz IS NULL OR asked_at > $2)",
        sorted(notice_ids), since,
    )  # fmt: skip
    return {row["notice_id"]: row["asked_at"] for row in rows}


async def keep(db: asyncpg.Connection, told: Mapping[str, datetime]) -> None:
    """Remember when the questions of these notices were asked."""
    if told:
        ids = sorted(told)
        await db.execute(
            "INSERT INTO told_question (notice_id, asked_at) SELECT * FROM unnest($1::text[], $2::timestamptz[])"
            " ON CONFLICT DO NOTHING",
            ids, [told[one] for one in ids],
        )  # fmt: skip
