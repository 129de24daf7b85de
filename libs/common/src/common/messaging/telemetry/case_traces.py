"""Which trace a case began in: kept for sampled cases alone, so that later steps can link back to it. SQL only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

import asyncpg

from common.messaging.postgres import delete_in_steps

KEPT = timedelta(days=90)


async def known(db: asyncpg.Connection, about: Collection[str]) -> dict[str, str]:
    """The traceparents kept about these cases."""
    if not about:
        return {}
    rows = await db.fetch("SELECT about, traceparent FROM case_trace WHERE about = ANY($1::text[])", list(about))
    return {row["about"]: row["traceparent"] for row in rows}


async def take(db: asyncpg.Connection, about: Collection[str]) -> dict[str, str]:
    """The same, once: what is taken is gone, so that nobody goes on with another's trace for ever."""
    if not about:
        return {}
    rows = await db.fetch(
        "DELETE FROM case_trace WHERE about = ANY($1::text[]) RETURNING about, traceparent", sorted(about)
    )
    return {row["about"]: row["traceparent"] for row in rows}


async def keep(db: asyncpg.Connection, found: Mapping[str, str]) -> None:
    """Keep traceparents; what is there stays."""
    if found:
        ordered = sorted(found)
        await db.execute(
            "INSERT INTO case_trace (about, traceparent) SELECT * FROM unnest($1::text[], $2::text[])"
            " ON CONFLICT DO NOTHING",
            ordered,
            [found[about] for about in ordered],
        )


async def forget_old(pool: asyncpg.Pool) -> None:
    await delete_in_steps(
        pool,
        "DELETE FROM case_trace WHERE ctid IN"
        " (SELECT ctid FROM case_trace WHERE kept_at < now() - $1::interval LIMIT $2)",
        KEPT,
    )
