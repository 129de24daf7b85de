"""SQL of mail threads and of what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import asyncpg
from common.messaging.postgres import delete_in_steps, transaction

from channels.conversation_citizens import Gone, columns

OPT_OUT_HOLDS = timedelta(days=365)
"""Of whoever has an address and wants no mails that they did not ask for: then it may be given, and its code asked for,
anew."""


async def thread_of(db: asyncpg.Connection | asyncpg.Pool, conversation: bytes) -> bytes | None:
    """What is kept of a thread, sealed."""
    found: bytes | None = await db.fetchval("SELECT sealed FROM mail_thread WHERE conversation = $1", conversation)
    return found


async def thread_opened_by(pool: asyncpg.Pool, openings: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The thread that one of these mails began, and what is kept of it; the newest of several."""
    row = await pool.fetchrow(
        "SELECT conversation, sealed FROM mail_thread WHERE opening = ANY($1::bytea[]) ORDER BY begun_at DESC LIMIT 1",
        list(openings),
    )
    return (row["conversation"], row["sealed"]) if row is not None else None


async def keep_thread(
    pool: asyncpg.Pool, conversation: bytes, opening: bytes | None, sealed: bytes, said_at: datetime
) -> None:
    """`opening`: a keyed hash of the mail that began it."""
    await pool.execute(
        "INSERT INTO mail_thread (conversation, opening, sealed, begun_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (conversation) DO UPDATE SET sealed = EXCLUDED.sealed, changed_at = now()",
        conversation, opening, sealed, said_at,
    )  # fmt: skip


async def note_sent(pool: asyncpg.Pool, tag: str, notice_id: str) -> None:
    """A mail that is about to be sent, so that it is known when it comes back."""
    await pool.execute("INSERT INTO mail_sent (tag, notice_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", tag, notice_id)


async def came_back(pool: asyncpg.Pool, tag: str, reason: str) -> Literal["noted", "unknown", "too_early"]:
    """A mail that could not reach its citizen after all: its notice has failed, which its receipt tells once.

    It is too early while the mail's own sending is not noted yet.
    """
    async with transaction(pool) as db:
        notice_id = await db.fetchval("SELECT notice_id FROM mail_sent WHERE tag = $1", tag)
        if notice_id is None:
            return "unknown"
        row = await db.fetchrow("SELECT delivered FROM notice_delivery WHERE notice_id = $1 FOR UPDATE", notice_id)
        if row is None:
            return "unknown"
        if row["delivered"] is None:
            return "too_early"
        if row["delivered"]:
            await db.execute(
                "UPDATE notice_delivery SET delivered = false, reason = $2, settled_at = now(), receipt_due = true"
                " WHERE notice_id = $1",
                notice_id, reason,
            )  # fmt: skip
    return "noted"


async def opt_out(pool: asyncpg.Pool, whose: str) -> None:
    """`whose` is a keyed hash of the address. Said again, it holds from then on."""
    await pool.execute(
        "INSERT INTO mail_opt_out (whose) VALUES ($1) ON CONFLICT (whose) DO UPDATE SET since = now()", whose
    )


async def wants_none(pool: asyncpg.Pool, whose: str) -> bool:
    return (
        await pool.fetchval(
            "SELECT true FROM mail_opt_out WHERE whose = $1 AND since > now() - $2::interval", whose, OPT_OUT_HOLDS
        )
        is not None
    )


async def forget_threads(db: asyncpg.Connection, gone: Gone) -> None:
    """Threads that erased citizens began until then."""
    await db.execute(
        "DELETE FROM mail_thread AS t USING unnest($1::bytea[], $2::timestamptz[]) AS g(fingerprint, erased_at)"
        " WHERE t.conversation = g.fingerprint AND t.begun_at <= g.erased_at",
        *columns(gone),
    )


async def forget_old(pool: asyncpg.Pool, threads: timedelta, sent: timedelta) -> None:
    await delete_in_steps(
        pool,
        "DELETE FROM mail_thread WHERE ctid IN"
        " (SELECT ctid FROM mail_thread WHERE changed_at < now() - $1::interval LIMIT $2)",
        threads,
    )
    await delete_in_steps(
        pool,
        "DELETE FROM mail_sent WHERE ctid IN"
        " (SELECT ctid FROM mail_sent WHERE sent_at < now() - $1::interval LIMIT $2)",
        sent,
    )
    await delete_in_steps(
        pool,
        "DELETE FROM mail_opt_out WHERE ctid IN"
        " (SELECT ctid FROM mail_opt_out WHERE since <= now() - $1::interval LIMIT $2)",
        OPT_OUT_HOLDS,
    )
