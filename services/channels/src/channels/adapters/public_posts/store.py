"""SQL of public posts: which thread each belongs to, and what replies to an author are put under."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
from common.contracts.frozen import value
from common.messaging.postgres import delete_in_steps

from channels.conversation_citizens import Gone, columns


@value
class Talk:
    """What one author says in one thread."""

    conversation: str
    fingerprint: bytes
    """Of the conversation's secret."""
    sealed: bytes
    """Of the newest post: what a reply is put under."""
    posted_at: datetime


async def threads_of(pool: asyncpg.Pool, posts: Collection[str]) -> dict[str, str]:
    """The threads of those of these posts that are known; all are keyed hashes."""
    rows = await pool.fetch("SELECT post, thread FROM public_post WHERE post = ANY($1::text[])", sorted(posts))
    return {row["post"]: row["thread"] for row in rows}


async def keep_threads(pool: asyncpg.Pool, threads: Mapping[str, str]) -> None:
    if threads:
        ordered = sorted(threads.items())
        await pool.execute(
            "INSERT INTO public_post (post, thread) SELECT * FROM unnest($1::text[], $2::text[])"
            " ON CONFLICT DO NOTHING",
            [post for post, _ in ordered],
            [thread for _, thread in ordered],
        )


async def keep_talks(pool: asyncpg.Pool, talks: Sequence[Talk]) -> None:
    """The newest post of each stands."""
    newest: dict[str, Talk] = {}
    for talk in talks:
        known = newest.get(talk.conversation)
        if known is None or known.posted_at <= talk.posted_at:
            newest[talk.conversation] = talk
    ordered = [newest[name] for name in sorted(newest)]
    if ordered:
        await pool.execute(
            "INSERT INTO public_talk AS t (conversation, fingerprint, sealed, posted_at)"
            " SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::timestamptz[])"
            " ON CONFLICT (conversation) DO UPDATE SET sealed = EXCLUDED.sealed, posted_at = EXCLUDED.posted_at"
            " WHERE t.posted_at <= EXCLUDED.posted_at",
            [t.conversation for t in ordered],
            [t.fingerprint for t in ordered],
            [t.sealed for t in ordered],
            [t.posted_at for t in ordered],
        )


async def talks_of(pool: asyncpg.Pool, conversations: Collection[str]) -> dict[str, bytes]:
    """What replies in these are put under, sealed."""
    rows = await pool.fetch(
        "SELECT conversation, sealed FROM public_talk WHERE conversation = ANY($1::text[])", sorted(conversations)
    )
    return {row["conversation"]: row["sealed"] for row in rows}


async def forget_talks(db: asyncpg.Connection, gone: Gone) -> None:
    """Talks of erased citizens in which nothing was said since."""
    await db.execute(
        "DELETE FROM public_talk AS t USING unnest($1::bytea[], $2::timestamptz[]) AS g(fingerprint, erased_at)"
        " WHERE t.fingerprint = g.fingerprint AND t.posted_at <= g.erased_at",
        *columns(gone),
    )


async def forget_old(pool: asyncpg.Pool, kept: timedelta) -> None:
    """Threads of posts that nobody comments on any more."""
    await delete_in_steps(
        pool,
        "DELETE FROM public_post WHERE ctid IN"
        " (SELECT ctid FROM public_post WHERE seen_at < now() - $1::interval LIMIT $2)",
        kept,
    )
