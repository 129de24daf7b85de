"""What reflex keeps: facts until their tick, and each loop's state by key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

Body = dict[str, Any]


async def buffer(db: asyncpg.Connection, facts: Sequence[tuple[datetime, str, Body]]) -> None:
    """Keep facts (time, id, body) until the tick; a repeat is the same row."""
    await db.execute(
        "INSERT INTO fact (at, id, body)"
        " SELECT a, i, b::jsonb FROM unnest($1::timestamptz[], $2::text[], $3::text[]) AS r(a, i, b)"
        " ON CONFLICT DO NOTHING",
        [f[0] for f in facts],
        [f[1] for f in facts],
        [json.dumps(f[2]) for f in facts],
    )


async def take(db: asyncpg.Connection, until: datetime) -> list[Body]:
    """Remove and return the facts before `until`, in order of (time, id).

    What others say at the very tick may be read before or after it, so it waits for the next.
    """
    rows = await db.fetch(
        "WITH gone AS (DELETE FROM fact WHERE at < $1 RETURNING at, id, body)"
        " SELECT body::text AS body FROM gone ORDER BY at, id",
        until,
    )
    return [json.loads(r["body"]) for r in rows]


async def last_tick(db: asyncpg.Connection) -> datetime | None:
    found: datetime | None = await db.fetchval("SELECT until FROM last_tick FOR UPDATE")
    return found


async def save_tick(db: asyncpg.Connection, until: datetime) -> None:
    await db.execute(
        "INSERT INTO last_tick (until) VALUES ($1) ON CONFLICT (one) DO UPDATE SET until = EXCLUDED.until", until
    )


async def load(db: asyncpg.Connection) -> dict[str, dict[str, Body]]:
    """Every loop's state: loop -> key -> body."""
    found: dict[str, dict[str, Body]] = {}
    for row in await db.fetch("SELECT loop, key, body::text AS body FROM loop_state"):
        found.setdefault(row["loop"], {})[row["key"]] = json.loads(row["body"])
    return found


async def save(db: asyncpg.Connection, changed: Sequence[tuple[str, str, Body]]) -> None:
    """Save changed states (loop, key, body) in one statement."""
    await db.execute(
        "INSERT INTO loop_state (loop, key, body)"
        " SELECT l, k, b::jsonb FROM unnest($1::text[], $2::text[], $3::text[]) AS r(l, k, b)"
        " ON CONFLICT (loop, key) DO UPDATE SET body = EXCLUDED.body",
        [c[0] for c in changed],
        [c[1] for c in changed],
        [json.dumps(c[2]) for c in changed],
    )
