"""Routing's cases in PostgreSQL: whole batches in, what changed out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import asyncpg

from routing.model import Held, Route, RoutedCase

LOAD = """
SELECT case_id, region, waiting, message, message_time, correlation_id, choices FROM route
WHERE case_id IN (SELECT unnest($1::text[])) ORDER BY case_id FOR UPDATE
"""

HELD = "SELECT case_id, kind, body FROM held WHERE case_id = ANY($1::text[]) ORDER BY arrival"

SAVE = """
INSERT INTO route (case_id, region, waiting, message, message_time, correlation_id, choices)
SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
ON CONFLICT (case_id) DO UPDATE SET
    region = excluded.region, waiting = excluded.waiting, message = excluded.message, choices = excluded.choices
"""

HOLD = "INSERT INTO held (case_id, kind, body) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])"

RELEASE = "DELETE FROM held WHERE case_id = ANY($1::text[])"

WAITING_OF = """
SELECT case_id FROM route WHERE waiting AND message IS NOT NULL AND message::jsonb ->> 'citizen' = ANY($1::text[])
"""

FORGET_WAITING = """
WITH found AS (
    SELECT case_id FROM route
    WHERE message IS NOT NULL AND message::json ->> 'citizen' = $1
        AND (message::jsonb ->> 'received_at')::timestamptz <= $2
    ORDER BY case_id FOR UPDATE
)
UPDATE route AS r SET message = jsonb_set(r.message::jsonb, '{text}', '""')::text FROM found
WHERE r.case_id = found.case_id
"""

FORGET_HELD = """
UPDATE held SET body = jsonb_set(body::jsonb, '{text}', '""')::text
WHERE body::json ->> 'citizen' = $1 AND body::jsonb ->> 'text' <> ''
    AND coalesce(body::jsonb ->> 'received_at', body::jsonb ->> 'given_at')::timestamptz <= $2
"""


FORGET_WAITING_IN = """
WITH found AS (
    SELECT case_id FROM route
    WHERE case_id = ANY($3::text[]) AND message IS NOT NULL AND message::json ->> 'citizen' = $1
        AND (message::jsonb ->> 'received_at')::timestamptz <= $2
    ORDER BY case_id FOR UPDATE
)
UPDATE route AS r SET message = jsonb_set(r.message::jsonb, '{text}', '""')::text FROM found
WHERE r.case_id = found.case_id
"""

FORGET_HELD_IN = """
UPDATE held SET body = jsonb_set(body::jsonb, '{text}', '""')::text
WHERE body::json ->> 'citizen' = $1 AND body::jsonb ->> 'text' <> ''
    AND (case_id = ANY($3::text[]) OR body::jsonb ->> 'message_id' = ANY($3::text[]))
    AND coalesce(body::jsonb ->> 'received_at', body::jsonb ->> 'given_at')::timestamptz <= $2
"""


async def load(db: asyncpg.Connection, case_ids: Collection[str], answered: Collection[str]) -> dict[str, RoutedCase]:
    """The cases that exist, their routes locked in the order of their ids.

    What they hold is read only for `answered` and for those that wait: nothing else lets it go, and what comes is put
    behind it unread.
    """
    held: dict[str, list[Held]] = {}
    rows = await db.fetch(LOAD, list(case_ids))
    let_go = {*answered, *(row["case_id"] for row in rows if row["waiting"])}
    for row in await db.fetch(HELD, list(let_go)) if let_go else ():
        held.setdefault(row["case_id"], []).append(Held(**dict(row)))
    routes = {
        row["case_id"]: Route(**{**dict(row), "choices": tuple(row["choices"].splitlines())}) for row in rows
    }  # fmt: skip
    return {case_id: RoutedCase(routes.get(case_id), tuple(held.get(case_id, ()))) for case_id in (*routes, *held)}


async def waiting_of(db: asyncpg.Connection, citizens: Collection[str]) -> list[str]:
    """Cases of these citizens that wait for a person."""
    rows = await db.fetch(WAITING_OF, sorted(citizens))
    return [row["case_id"] for row in rows]


async def save(db: asyncpg.Connection, before: Mapping[str, RoutedCase], after: Mapping[str, RoutedCase]) -> None:
    """Write what is not as it was."""
    routes: list[Route] = []
    released: list[str] = []
    new: list[Held] = []
    for case_id, case in after.items():
        was = before.get(case_id, RoutedCase())
        if case.route is not None and case.route is not was.route:
            routes.append(case.route)
        kept = len(was.held) if case.held[: len(was.held)] == was.held else 0
        if was.held and not kept:
            released.append(case_id)
        new += case.held[kept:]
    if routes:
        await db.execute(
            SAVE, [r.case_id for r in routes], [r.region for r in routes], [r.waiting for r in routes],
            [r.message for r in routes], [r.message_time for r in routes], [r.correlation_id for r in routes],
            ["\n".join(r.choices) for r in routes],
        )  # fmt: skip
    if released:
        await db.execute(RELEASE, released)
    if new:
        await db.execute(HOLD, [h.case_id for h in new], [h.kind for h in new], [h.body for h in new])


async def forget_words(db: asyncpg.Connection, citizen: str, until: datetime) -> None:
    """Empty what a citizen had said by then in what still waits for a person."""
    await db.execute(FORGET_WAITING, citizen, until)
    await db.execute(FORGET_HELD, citizen, until)


async def forget_words_in(db: asyncpg.Connection, citizen: str, until: datetime, names: Sequence[str]) -> None:
    """The same of what was said in these cases and messages alone."""
    await db.execute(FORGET_WAITING_IN, citizen, until, names)
    await db.execute(FORGET_HELD_IN, citizen, until, names)
