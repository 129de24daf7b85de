"""SQL of routing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg
from common.contracts.frozen import value


@value
class Route:
    """A case as routing knows it: gone to `region`, or waiting in triage."""

    case_id: str
    region: str | None
    waiting: bool
    message: str | None
    """Its first message as JSON, while it waits: a placed case's region has it."""
    message_time: datetime
    correlation_id: str


@value
class Held:
    case_id: str
    kind: str
    body: str


async def load(db: asyncpg.Connection, case_ids: Iterable[str]) -> dict[str, Route]:
    """The routes of these cases, locked in the order of their ids."""
    rows = await db.fetch(
        "SELECT case_id, region, waiting, message, message_time, correlation_id FROM route"
        " WHERE case_id IN (SELECT unnest($1::text[])) ORDER BY case_id FOR UPDATE",
        sorted(case_ids),
    )
    return {r["case_id"]: Route(**dict(r)) for r in rows}


async def save(db: asyncpg.Connection, routes: Sequence[Route]) -> None:
    if not routes:
        return
    await db.execute(
        "INSERT INTO route (case_id, region, waiting, message, message_time, correlation_id)"
        " SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::timestamptz[], $6::text[])"
        " ON CONFLICT (case_id) DO UPDATE SET region = EXCLUDED.region, waiting = EXCLUDED.waiting,"
        " message = EXCLUDED.message",
        [r.case_id for r in routes],
        [r.region for r in routes],
        [r.waiting for r in routes],
        [r.message for r in routes],
        [r.message_time for r in routes],
        [r.correlation_id for r in routes],
    )


async def hold(db: asyncpg.Connection, held: Sequence[Held]) -> None:
    if held:
        await db.executemany(
            "INSERT INTO held (case_id, kind, body) VALUES ($1, $2, $3)", [(h.case_id, h.kind, h.body) for h in held]
        )


async def take_held(db: asyncpg.Connection, case_id: str) -> list[Held]:
    """What waited for this case to be placed, in order; it is held no longer."""
    rows = await db.fetch("DELETE FROM held WHERE case_id = $1 RETURNING arrival, kind, body", case_id)
    return [Held(case_id, r["kind"], r["body"]) for r in sorted(rows, key=lambda r: r["arrival"])]
