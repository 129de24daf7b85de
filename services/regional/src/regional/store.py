"""The region's cases in PostgreSQL: whole batches in, whole batches out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg

from regional.case import Case, body_of, case_of

LOAD = """
SELECT case_id, state, authority, due_at, body, assignment FROM cases
WHERE case_id IN (SELECT unnest($1::text[])) ORDER BY case_id FOR UPDATE
"""

SAVE = """
INSERT INTO cases (case_id, state, authority, due_at, fires_at, next_at, body, assignment)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[]
)
ON CONFLICT (case_id) DO UPDATE SET
    state = excluded.state, authority = excluded.authority, due_at = excluded.due_at,
    fires_at = excluded.fires_at, next_at = excluded.next_at, body = excluded.body, assignment = excluded.assignment
"""

DUE = "SELECT case_id FROM cases WHERE next_at <= $1 ORDER BY next_at, case_id LIMIT $2"

TOUCHED_AFTER = """
SELECT case_id FROM cases
WHERE case_id > $3
    AND ((due_at > $1 AND fires_at IS NULL) OR (body::jsonb ->> 'last_at')::timestamptz > $2)
ORDER BY case_id LIMIT $4
"""

FORGET = """
WITH held AS (
    SELECT case_id FROM cases
    WHERE assignment::json ->> 'citizen' = $1
        AND (assignment::jsonb ->> 'received_at')::timestamptz <= $2
    ORDER BY case_id FOR UPDATE
)
UPDATE cases AS c SET assignment = jsonb_set(c.assignment::jsonb, '{text}', '""')::text FROM held
WHERE c.case_id = held.case_id
"""

FORGET_IN = """
WITH held AS (
    SELECT case_id FROM cases
    WHERE case_id = ANY($3::text[]) AND assignment::json ->> 'citizen' = $1
        AND (assignment::jsonb ->> 'received_at')::timestamptz <= $2
    ORDER BY case_id FOR UPDATE
)
UPDATE cases AS c SET assignment = jsonb_set(c.assignment::jsonb, '{text}', '""')::text FROM held
WHERE c.case_id = held.case_id
"""


async def load(db: asyncpg.Connection, case_ids: Collection[str]) -> dict[str, Case]:
    """The cases that exist, locked in the order of their ids until the transaction ends."""
    rows = await db.fetch(LOAD, list(case_ids))
    return {row[0]: case_of(*row) for row in rows}


async def save(db: asyncpg.Connection, cases: Collection[Case]) -> None:
    """Insert or replace, in the order of their ids."""
    if not cases:
        return
    ordered = sorted(cases, key=lambda case: case.case_id)
    await db.execute(
        SAVE,
        [c.case_id for c in ordered],
        [c.state for c in ordered],
        [c.authority for c in ordered],
        [c.due_at for c in ordered],
        [c.fires_at for c in ordered],
        [c.next_moment[0] if c.next_moment is not None else None for c in ordered],
        [body_of(c) for c in ordered],
        [c.assignment for c in ordered],
    )


async def due(db: asyncpg.Connection, until: datetime, limit: int) -> list[str]:
    """At most `limit` cases to which time alone does something by `until`, earliest first."""
    return [row[0] for row in await db.fetch(DUE, until, limit)]


async def touched_after(db: asyncpg.Connection, right: datetime, ahead: datetime, after: str, limit: int) -> list[str]:
    """At most `limit` cases behind id `after` that a tick after `right` may have touched: the deadline lies later and
    will not fire any more, or the last event's time is past `ahead`. Reads the whole table, once for a correction."""
    return [row[0] for row in await db.fetch(TOUCHED_AFTER, right, ahead, after, limit)]


async def forget_words(db: asyncpg.Connection, citizen: str, until: datetime) -> None:
    """Empty what a citizen had said by then in the cases that are theirs."""
    await db.execute(FORGET, citizen, until)


async def forget_words_in(db: asyncpg.Connection, citizen: str, until: datetime, case_ids: Sequence[str]) -> None:
    """The same in these cases alone."""
    await db.execute(FORGET_IN, citizen, until, list(case_ids))
