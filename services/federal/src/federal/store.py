"""The centre's cases and directives in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import asyncpg
from common.messaging.postgres import lock_names

from federal.model import Directive, Watched

LOAD = """
SELECT case_id, region, authority, priority, due_at, level, next_at, open, overdue, waiting_since, since, last_at,
       release, correlation_id
FROM watched WHERE case_id IN (SELECT unnest($1::text[])) ORDER BY case_id FOR UPDATE
"""

SAVE = """
INSERT INTO watched (case_id, region, authority, priority, due_at, level, next_at, open, overdue, waiting_since,
                     since, last_at, release, correlation_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[], $6::integer[],
                     $7::timestamptz[], $8::boolean[], $9::boolean[], $10::timestamptz[], $11::timestamptz[],
                     $12::timestamptz[], $13::text[], $14::text[])
ON CONFLICT (case_id) DO UPDATE SET
    region = excluded.region, authority = excluded.authority, priority = excluded.priority,
    due_at = excluded.due_at, level = excluded.level, next_at = excluded.next_at, open = excluded.open,
    overdue = excluded.overdue, waiting_since = excluded.waiting_since, since = excluded.since,
    last_at = excluded.last_at, release = excluded.release, correlation_id = excluded.correlation_id
"""

OPEN_DIRECTIVES = """
SELECT directive_id, case_id, region, answer_by FROM directives
WHERE case_id = ANY($1::text[]) AND closed_at IS NULL ORDER BY answer_by, directive_id
"""

SAVE_DIRECTIVES = """
INSERT INTO directives (directive_id, case_id, region, answer_by, closed_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
ON CONFLICT (directive_id) DO UPDATE SET closed_at = excluded.closed_at, answer_by = excluded.answer_by
"""

DUE = "SELECT case_id FROM watched WHERE next_at <= $1 ORDER BY next_at, case_id LIMIT $2"

CLIMBED_AFTER = """
SELECT case_id FROM watched WHERE level > 0 AND last_at > $1 AND case_id > $2 ORDER BY case_id LIMIT $3
"""

NOT_AHEAD = """
UPDATE watched SET last_at = LEAST(last_at, $1), since = LEAST(since, $1), waiting_since = LEAST(waiting_since, $1)
WHERE level = 0 AND last_at > $2
"""

SUPERVISION = """
SELECT coalesce(region, '') AS region, count(*) AS open, count(*) FILTER (WHERE overdue) AS overdue,
       count(*) FILTER (WHERE level > 0) AS escalated
FROM watched WHERE open GROUP BY 1
"""

SUPERVISED_DIRECTIVES = """
SELECT region, count(*) AS open, count(*) FILTER (WHERE answer_by < (SELECT until FROM heard_tick)) AS late
FROM directives WHERE closed_at IS NULL GROUP BY 1
"""


async def load(db: asyncpg.Connection, case_ids: Collection[str]) -> dict[str, Watched]:
    """The cases that exist, locked in the order of their ids until the transaction ends; so are ids of new ones."""
    found = {row[0]: Watched(*row) for row in await db.fetch(LOAD, list(case_ids))}
    new = [case_id for case_id in case_ids if case_id not in found]
    if new:
        await lock_names(db, new)
        found |= {row[0]: Watched(*row) for row in await db.fetch(LOAD, new)}
    return found


async def save(db: asyncpg.Connection, cases: Collection[Watched]) -> None:
    """Insert or replace, in the order of their ids."""
    if not cases:
        return
    o = sorted(cases, key=lambda case: case.case_id)
    await db.execute(
        SAVE, [c.case_id for c in o], [c.region for c in o], [c.authority for c in o], [c.priority for c in o],
        [c.due_at for c in o], [c.level for c in o], [c.next_at for c in o], [c.open for c in o],
        [c.overdue for c in o], [c.waiting_since for c in o], [c.since for c in o], [c.last_at for c in o],
        [c.release for c in o], [c.correlation_id for c in o],
    )  # fmt: skip


async def open_directives(db: asyncpg.Connection, case_ids: Collection[str]) -> dict[str, list[Directive]]:
    """Unfulfilled directives by case."""
    found: dict[str, list[Directive]] = {}
    for row in await db.fetch(OPEN_DIRECTIVES, list(case_ids)):
        found.setdefault(row[1], []).append(Directive(*row))
    return found


async def save_directives(db: asyncpg.Connection, directives: Collection[Directive]) -> None:
    """Insert, or note when one was closed."""
    if not directives:
        return
    o = sorted(directives, key=lambda d: d.directive_id)
    await db.execute(
        SAVE_DIRECTIVES, [d.directive_id for d in o], [d.case_id for d in o], [d.region for d in o],
        [d.answer_by for d in o], [d.closed_at for d in o],
    )  # fmt: skip


async def due(db: asyncpg.Connection, until: datetime, limit: int) -> list[str]:
    """At most `limit` cases that reach their next level by `until`, earliest first."""
    return [row[0] for row in await db.fetch(DUE, until, limit)]


async def climbed_after(db: asyncpg.Connection, right: datetime, after: str, limit: int) -> list[str]:
    """At most `limit` cases behind id `after` that are on the ladder and had an event after `right`."""
    return [row[0] for row in await db.fetch(CLIMBED_AFTER, right, after, limit)]


async def not_ahead(db: asyncpg.Connection, now: datetime, ahead: datetime) -> None:
    """Nothing of a case that is not on the ladder happened after `ahead`: it was `now`."""
    await db.execute(NOT_AHEAD, now, ahead)


async def forget_directives(db: asyncpg.Connection, gone: Collection[Directive]) -> None:
    if gone:
        await db.execute("DELETE FROM directives WHERE directive_id = ANY($1::text[])", [d.directive_id for d in gone])


async def supervision(db: asyncpg.Pool) -> dict[str, dict[str, int]]:
    """Open, overdue and escalated cases and directives by region; the empty name is triage, held by nobody."""
    found = {
        row["region"]: {"open": row["open"], "overdue": row["overdue"], "escalated": row["escalated"]}
        for row in await db.fetch(SUPERVISION)
    }
    for row in await db.fetch(SUPERVISED_DIRECTIVES):
        counts = found.setdefault(row["region"], {"open": 0, "overdue": 0, "escalated": 0})
        counts["directives_open"], counts["directives_late"] = row["open"], row["late"]
    for counts in found.values():
        counts.setdefault("directives_open", 0)
        counts.setdefault("directives_late", 0)
    return found
