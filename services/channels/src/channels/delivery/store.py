"""SQL of deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
from common.contracts.frozen import value
from common.messaging.postgres import delete_in_steps

from channels.conversation_citizens import Gone, columns

LAST_WORDS = ("erased", "erasure_waits")
"""The kind of notice that a citizen is told after their erasure."""


@value
class Kept:
    """A notice to be delivered."""

    notice_id: str
    channel: str
    recipient: bytes
    """A keyed hash of the address."""
    sealed: bytes
    conversation: bytes
    """Its fingerprint."""
    issued_at: datetime


@value
class Claimed:
    """A notice that this process tries now."""

    notice_id: str
    sealed: bytes
    taken_at: datetime
    tries: int
    """This one counted."""
    now: datetime
    """The database's time."""


@value
class ToBeFetched:
    """A notice that the far side fetches."""

    number: int
    notice_id: str
    sealed: bytes


@value
class Settled:
    """What became of a notice, to be told by its receipt."""

    notice_id: str
    channel: str
    delivered: bool
    reason: str | None
    settled_at: datetime


async def keep(db: asyncpg.Connection, notices: Sequence[Kept]) -> None:
    """Notices to be delivered, in their order."""
    if notices:
        await db.execute(
            "INSERT INTO notice_delivery (notice_id, channel, recipient, sealed, conversation, issued_at)"
            " SELECT notice_id, channel, recipient, sealed, conversation, issued_at"
            " FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::timestamptz[])"
            " WITH ORDINALITY AS n(notice_id, channel, recipient, sealed, conversation, issued_at, place)"
            " ORDER BY place ON CONFLICT DO NOTHING",
            [n.notice_id for n in notices],
            [n.channel for n in notices],
            [n.recipient for n in notices],
            [n.sealed for n in notices],
            [n.conversation for n in notices],
            [n.issued_at for n in notices],
        )


async def correct(db: asyncpg.Connection, replaced: Sequence[str]) -> bool:
    """No further tries of notices that were wrong; whether any of them may have reached the citizen.

    One that is being tried now may; so may one that is not known here.
    """
    rows = await db.fetch(
        "WITH wrong AS (SELECT notice_id, tries, delivered FROM notice_delivery WHERE notice_id = ANY($1::text[])"
        " ORDER BY notice_id FOR UPDATE), stopped AS (UPDATE notice_delivery AS d"
        " SET delivered = false, reason = 'corrected', settled_at = now(), sealed = NULL, recipient = ''"
        " FROM wrong WHERE d.notice_id = wrong.notice_id AND d.delivered IS NULL)"
        " SELECT delivered OR (delivered IS NULL AND tries > 0) AS reached FROM wrong",
        list(replaced),
    )
    return len(rows) < len(set(replaced)) or any(row["reached"] for row in rows)


async def withdraw(db: asyncpg.Connection, notice_ids: Sequence[str]) -> None:
    """Notices that shall not be told any more: their words and addresses go, and nobody is told what became of them."""
    await db.execute(
        "UPDATE notice_delivery SET delivered = false, reason = 'withdrawn', settled_at = now(), sealed = NULL,"
        " recipient = '' WHERE notice_id = ANY($1::text[]) AND delivered IS NULL",
        sorted(notice_ids),
    )


async def forget_erased(db: asyncpg.Connection, gone: Gone) -> None:
    """What still waits to be told in these conversations, but for the last word, which says that they are erased."""
    await db.execute(
        "UPDATE notice_delivery AS n SET delivered = false, reason = 'erased', settled_at = now(), sealed = NULL,"
        " recipient = '' FROM unnest($1::bytea[], $2::timestamptz[]) AS g(fingerprint, erased_at)"
        " WHERE n.conversation = g.fingerprint AND n.delivered IS NULL AND n.issued_at <= g.erased_at"
        " AND split_part(n.notice_id, '.', 2) <> ALL($3::text[])",
        *columns(gone), LAST_WORDS,
    )  # fmt: skip


async def claim(pool: asyncpg.Pool, channel: str, count: int, lease: timedelta) -> list[Claimed]:
    """So many notices of a channel that are due, of each citizen the eldest alone; no one else tries them so long."""
    rows = await pool.fetch(
        "WITH due AS (SELECT notice_id FROM notice_delivery AS d WHERE channel = $1 AND delivered IS NULL"
        " AND sealed IS NOT NULL AND next_at <= now()"
        " AND NOT EXISTS (SELECT FROM notice_delivery AS e WHERE e.channel = d.channel AND e.recipient = d.recipient"
        " AND e.delivered IS NULL AND e.number < d.number)"
        " ORDER BY next_at, number LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " UPDATE notice_delivery AS d SET next_at = now() + $3::interval, tries = tries + 1 FROM due"
        " WHERE d.notice_id = due.notice_id RETURNING d.notice_id, d.sealed, d.taken_at, d.tries, now() AS now",
        channel,
        count,
        lease,
    )
    return [Claimed(**dict(row)) for row in rows]


async def put_off(pool: asyncpg.Pool, notice_id: str, next_at: datetime) -> None:
    """The next try of a notice that is not settled."""
    await pool.execute(
        "UPDATE notice_delivery SET next_at = $2 WHERE notice_id = $1 AND delivered IS NULL", notice_id, next_at
    )


async def settle(pool: asyncpg.Pool, notice_id: str, reason: str | None) -> None:
    """It reached the citizen (no reason) or never will: its words and address go, its receipt is due.

    One that was corrected while it was tried is told of only where it reached the citizen.
    """
    await pool.execute(
        "UPDATE notice_delivery SET delivered = $2::text IS NULL, reason = $2, settled_at = now(), sealed = NULL,"
        " recipient = '', receipt_due = true WHERE notice_id = $1 AND (delivered IS NULL OR $2::text IS NULL)",
        notice_id,
        reason,
    )


async def await_word(pool: asyncpg.Pool, notice_id: str, within: timedelta) -> None:
    """The far side has it and will say what became of it: words and address go, nobody tries it again."""
    await pool.execute(
        "UPDATE notice_delivery SET awaited_until = now() + $2::interval, sealed = NULL, recipient = ''"
        " WHERE notice_id = $1 AND delivered IS NULL",
        notice_id, within,
    )  # fmt: skip


async def note_passed_on(pool: asyncpg.Pool, channel: str, notice_id: str) -> None:
    """The far side gave it to whoever reaches the citizen, who may say nothing more."""
    await pool.execute(
        "UPDATE notice_delivery SET passed_on = true WHERE notice_id = $1 AND channel = $2 AND delivered IS NULL",
        notice_id, channel,
    )  # fmt: skip


async def settle_awaited(pool: asyncpg.Pool, channel: str, notice_id: str, reason: str | None) -> bool:
    """The far side's word on a notice that it took: it reached the citizen (no reason), or never will. The first word
    stands, also one that comes before it is noted that the far side has it. Whether this was it."""
    found: bool | None = await pool.fetchval(
        "UPDATE notice_delivery SET delivered = $3::text IS NULL, reason = $3, settled_at = now(), sealed = NULL,"
        " recipient = '', receipt_due = true WHERE notice_id = $1 AND channel = $2 AND delivered IS NULL AND tries > 0"
        " RETURNING true",
        notice_id, channel, reason,
    )  # fmt: skip
    return bool(found)


async def to_be_fetched(pool: asyncpg.Pool, channel: str, after: int, count: int) -> list[ToBeFetched]:
    """Notices of a channel that have no receipt, in their order, beyond a number; each counts as tried from now on."""
    rows = await pool.fetch(
        "WITH next AS (SELECT notice_id FROM notice_delivery WHERE channel = $1 AND delivered IS NULL"
        " AND sealed IS NOT NULL AND number > $2 ORDER BY number LIMIT $3 FOR UPDATE)"
        " UPDATE notice_delivery AS d SET tries = d.tries + 1 FROM next WHERE d.notice_id = next.notice_id"
        " RETURNING d.number, d.notice_id, d.sealed",
        channel, after, count,
    )  # fmt: skip
    return sorted((ToBeFetched(**dict(row)) for row in rows), key=lambda one: one.number)


async def give_up_unfetched(pool: asyncpg.Pool, channels: Sequence[str], term: timedelta) -> None:
    """Notices that the far side has not fetched, or of which it has said nothing, for so long."""
    await pool.execute(
        "UPDATE notice_delivery SET delivered = false, reason = CASE WHEN tries > 0 THEN 'it was fetched, and nothing"
        " was said of what became of it' ELSE 'nobody fetched it' END, settled_at = now(), sealed = NULL,"
        " recipient = '', receipt_due = true"
        " WHERE channel = ANY($1::text[]) AND delivered IS NULL AND taken_at < now() - $2::interval",
        list(channels), term,
    )  # fmt: skip


async def end_waits(pool: asyncpg.Pool, silent: str) -> None:
    """Notices of which no word came in time: delivered where they were passed on, else not, for the reason `silent`."""
    await pool.execute(
        "UPDATE notice_delivery SET delivered = passed_on, reason = CASE WHEN passed_on THEN NULL ELSE $1 END,"
        " settled_at = now(), receipt_due = true WHERE delivered IS NULL AND awaited_until <= now()",
        silent,
    )


async def receipts_due(pool: asyncpg.Pool, count: int) -> list[Settled]:
    """The eldest receipts that are not published yet."""
    rows = await pool.fetch(
        "SELECT notice_id, channel, delivered, reason, settled_at FROM notice_delivery WHERE receipt_due"
        " ORDER BY number LIMIT $1",
        count,
    )
    return [Settled(**dict(row)) for row in rows]


async def receipt_published(pool: asyncpg.Pool, notice_id: str) -> None:
    await pool.execute("UPDATE notice_delivery SET receipt_due = false WHERE notice_id = $1", notice_id)


async def forget(pool: asyncpg.Pool, kept: timedelta) -> None:
    """Settled notices of so long ago, and conversations of citizens who were erased so long ago."""
    await delete_in_steps(
        pool,
        "DELETE FROM conversation_citizen WHERE ctid IN (SELECT c.ctid FROM conversation_citizen AS c"
        " JOIN erased_citizen AS e ON c.citizen = e.citizen"
        " WHERE c.spoken_at <= e.erased_at AND e.erased_at < now() - $1::interval LIMIT $2)",
        kept,
    )
    await delete_in_steps(
        pool,
        "DELETE FROM notice_delivery WHERE ctid IN (SELECT ctid FROM notice_delivery"
        " WHERE settled_at < now() - $1::interval AND NOT receipt_due LIMIT $2)",
        kept,
    )
