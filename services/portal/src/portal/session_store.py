"""SQL of sessions and used sign-in links."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
from common.messaging.postgres import delete_in_steps

SEEN_EVERY = timedelta(minutes=1)
"""How often a session's last use is noted."""


async def use_link(db: asyncpg.Connection, link: bytes) -> bool:
    """Mark a link as used; False when it was used before."""
    return (
        await db.fetchval("INSERT INTO used_link (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true", link) or False
    )


async def begin(db: asyncpg.Connection, session: bytes, person: str, form_check: str) -> None:
    await db.execute("INSERT INTO session (id, person, form_check) VALUES ($1, $2, $3)", session, person, form_check)


async def find(
    pool: asyncpg.Pool, session: bytes, idle: timedelta, longest: timedelta, *, used: bool
) -> asyncpg.Record | None:
    """Person and form check of a session that is neither idle nor old; notes that it was `used`."""
    return await pool.fetchrow(
        "WITH found AS (SELECT id, person, form_check, seen_at FROM session"
        " WHERE id = $1 AND seen_at > now() - $2::interval AND begun_at > now() - $3::interval),"
        " noted AS (UPDATE session AS s SET seen_at = now() FROM found"
        " WHERE s.id = found.id AND $5::boolean AND found.seen_at < now() - $4::interval)"
        " SELECT person, form_check FROM found",
        session, idle, longest, SEEN_EVERY, used,
    )  # fmt: skip


async def end(pool: asyncpg.Pool, session: bytes) -> None:
    await pool.execute("DELETE FROM session WHERE id = $1", session)


async def forget(pool: asyncpg.Pool, idle: timedelta, longest: timedelta, links: timedelta) -> None:
    """Drop sessions that are over, and links that are too old to be used again anyway."""
    await delete_in_steps(
        pool,
        "DELETE FROM session WHERE ctid IN (SELECT ctid FROM session"
        " WHERE seen_at < now() - $1::interval OR begun_at < now() - $2::interval LIMIT $3)",
        idle, longest,
    )  # fmt: skip
    await delete_in_steps(
        pool,
        "DELETE FROM used_link WHERE ctid IN"
        " (SELECT ctid FROM used_link WHERE used_at < now() - $1::interval LIMIT $2)",
        links,
    )
