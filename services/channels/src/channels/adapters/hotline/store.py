"""SQL of the hotline: who is signed in, whose history was looked at by whom, what was recorded, which conversations are
a caller's."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
from common.contracts.frozen import value
from common.messaging.postgres import delete_in_steps, transaction

from channels.conversation_citizens import Gone, columns

MOST_OF_A_HISTORY = 50
"""Conversations, the newest."""
SEEN_EVERY = timedelta(minutes=1)


@value
class Call:
    """A call that goes on."""

    id: str
    operator: str
    caller: str | None
    sealed: bytes | None


@value
class CallerConversation:
    """One matter of a caller's."""

    fingerprint: bytes
    conversation: str
    language: str
    on_its_way: bool
    """Something was posted in it of which nothing is known yet."""
    refused: bool


@value
class Recorded:
    """What an operator is about to do in a call."""

    id: str
    """Of the message that it becomes, where it becomes one."""
    call: Call
    act: str
    at: datetime


@value
class Begun:
    """The conversation that a message begins."""

    fingerprint: bytes
    conversation: str
    language: str


async def begin_session(pool: asyncpg.Pool, nonce: bytes, session: bytes, person: str) -> bool:
    """Use a pass and begin a session; False where it was used before."""
    async with transaction(pool) as db:
        new = await db.fetchval(
            "INSERT INTO used_pass (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true", nonce
        )  # fmt: skip
        if new:
            await db.execute("INSERT INTO operator_session (id, person) VALUES ($1, $2)", session, person)
    return bool(new)


async def person_of(pool: asyncpg.Pool, session: bytes, idle: timedelta, longest: timedelta) -> str | None:
    """Whose session it is, while it is neither idle nor old; notes that it was used."""
    found: str | None = await pool.fetchval(
        "WITH found AS (SELECT id, person, seen_at FROM operator_session"
        " WHERE id = $1 AND seen_at > now() - $2::interval AND begun_at > now() - $3::interval),"
        " noted AS (UPDATE operator_session AS s SET seen_at = now() FROM found"
        " WHERE s.id = found.id AND found.seen_at < now() - $4::interval)"
        " SELECT person FROM found",
        session, idle, longest, SEEN_EVERY,
    )  # fmt: skip
    return found


async def end_session(pool: asyncpg.Pool, session: bytes) -> None:
    await pool.execute("DELETE FROM operator_session WHERE id = $1", session)


async def begin_call(pool: asyncpg.Pool, call: Call) -> None:
    await pool.execute(
        "INSERT INTO hotline_call (id, operator, caller, sealed) VALUES ($1, $2, $3, $4)",
        call.id, call.operator, call.caller, call.sealed,
    )  # fmt: skip


async def look_at(pool: asyncpg.Pool, call_id: str, operator: str, lasts: timedelta) -> Call | None:
    """The operator's own call while it may go on, and note that its caller's history was looked at."""
    row = await pool.fetchrow(
        "UPDATE hotline_call SET looks = looks + 1, looked_at = now()"
        " WHERE id = $1 AND operator = $2 AND begun_at > now() - $3::interval"
        " RETURNING id, operator, caller, sealed",
        call_id, operator, lasts,
    )  # fmt: skip
    return Call(**dict(row)) if row is not None else None


async def conversations_of(pool: asyncpg.Pool, call: Call) -> list[CallerConversation]:
    """Of the call's caller, and what was begun in the call; the newest first."""
    rows = await pool.fetch(
        "SELECT h.fingerprint, h.conversation, h.language,"
        " EXISTS (SELECT FROM posted_message AS m WHERE m.fingerprint = h.fingerprint AND m.state IS NULL)"
        " AS on_its_way,"
        " EXISTS (SELECT FROM posted_message AS m WHERE m.fingerprint = h.fingerprint AND m.state = 'refused')"
        " AS refused FROM hotline_conversation AS h WHERE h.caller = $1 OR h.call_id = $2"
        " ORDER BY h.begun_at DESC, h.conversation LIMIT $3",
        call.caller, call.id, MOST_OF_A_HISTORY,
    )  # fmt: skip
    return [CallerConversation(**dict(row)) for row in rows]


async def note_record(pool: asyncpg.Pool, recorded: Recorded, begun: Begun | None) -> None:
    """Who records what, and which conversation it begins; before it is published."""
    call = recorded.call
    async with transaction(pool) as db:
        if begun is not None:
            await db.execute(
                "INSERT INTO hotline_conversation (fingerprint, conversation, call_id, caller, language, begun_at)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                begun.fingerprint, begun.conversation, call.id, call.caller, begun.language, recorded.at,
            )  # fmt: skip
        await db.execute(
            "INSERT INTO hotline_record (id, call_id, operator, act) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING",
            recorded.id, call.id, call.operator, recorded.act,
        )  # fmt: skip


async def forget_erased(db: asyncpg.Connection, gone: Gone) -> None:
    """Which conversations were those of erased citizens, and who called; that an operator looked, stands."""
    rows = await db.fetch(
        "DELETE FROM hotline_conversation AS h USING unnest($1::bytea[], $2::timestamptz[])"
        " AS g(fingerprint, erased_at) WHERE h.fingerprint = g.fingerprint AND h.begun_at <= g.erased_at"
        " RETURNING h.caller",
        *columns(gone),
    )
    callers = sorted({row["caller"] for row in rows if row["caller"] is not None})
    if callers:
        await db.execute(
            "UPDATE hotline_call SET caller = NULL, sealed = NULL WHERE caller = ANY($1::text[])", callers
        )  # fmt: skip


async def forget_old(
    pool: asyncpg.Pool, call_lasts: timedelta, idle: timedelta, longest: timedelta, passes: timedelta
) -> None:  # fmt: skip
    """Numbers of calls that are over, sessions that are, and passes that are too old to be used again anyway."""
    await pool.execute(
        "UPDATE hotline_call SET sealed = NULL WHERE sealed IS NOT NULL AND begun_at < now() - $1::interval", call_lasts
    )
    await delete_in_steps(
        pool,
        "DELETE FROM operator_session WHERE ctid IN (SELECT ctid FROM operator_session"
        " WHERE seen_at < now() - $1::interval OR begun_at < now() - $2::interval LIMIT $3)",
        idle, longest,
    )  # fmt: skip
    await delete_in_steps(
        pool,
        "DELETE FROM used_pass WHERE ctid IN"
        " (SELECT ctid FROM used_pass WHERE used_at < now() - $1::interval LIMIT $2)",
        passes,
    )
