"""SQL of erasures: nothing of a citizen stays in the vault."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from intake import key_store, link_store
from intake.erasing import KnownCitizen


async def known(db: asyncpg.Connection, citizen: str) -> KnownCitizen:
    """The citizen's keys are locked, then the conversations, in the order in which all lock them: whoever takes a word
    of theirs now is done before, or begins after."""
    await db.execute("SELECT 1 FROM citizen_key WHERE citizen = $1 ORDER BY key_id FOR UPDATE", citizen)
    found = False
    for table in ("conversation", "voice_conversation"):
        rows = await db.fetch(
            f"SELECT thread FROM {table} WHERE citizen = $1 ORDER BY thread FOR UPDATE",  # noqa: S608
            citizen,
        )
        found = found or bool(rows)
    before = await db.fetchval("SELECT 1 FROM erased_citizen WHERE citizen = $1", citizen)
    return KnownCitizen(found or await _has_messages(db, citizen), before is not None)


async def _has_messages(db: asyncpg.Connection, citizen: str) -> bool:
    """Messages that were refused belong to no conversation."""
    return await db.fetchval("SELECT 1 FROM message WHERE citizen = $1 LIMIT 1", citizen) is not None


async def others_wait(db: asyncpg.Connection, citizen: str, thread: bytes, at: datetime) -> bool:
    """Note that the citizen's erasure was asked for in a conversation; whether it was not yet in another of theirs."""
    await db.execute(
        "INSERT INTO erasure_request (thread, citizen, asked_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        thread, citizen, at,
    )  # fmt: skip
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT thread FROM conversation WHERE citizen = $1"
        " UNION SELECT thread FROM voice_conversation WHERE citizen = $1"
        " EXCEPT SELECT thread FROM erasure_request WHERE citizen = $1)",
        citizen,
    )
    return found


async def cases_of(db: asyncpg.Connection, thread: bytes) -> list[str]:
    rows = await db.fetch("SELECT case_id FROM conversation WHERE thread = $1 ORDER BY case_id", thread)
    return [row["case_id"] for row in rows]


async def said_in(db: asyncpg.Connection, thread: bytes) -> tuple[list[str], list[str]]:
    """The cases of a conversation, and the messages and voices that were said in it."""
    cases = await cases_of(db, thread)
    rows = await db.fetch(
        "SELECT id FROM message WHERE case_id = ANY($1::text[])"
        " UNION SELECT voice_id FROM given_voice WHERE thread = $2 ORDER BY 1",
        cases, thread,
    )  # fmt: skip
    return cases, [row["id"] for row in rows]


async def names_in(db: asyncpg.Connection, thread: bytes, citizen: str) -> list[str]:
    """The pseudonyms under which a citizen spoke in a conversation: before and after it was linked."""
    before = await db.fetchval("SELECT sender FROM linked_conversation WHERE thread = $1", thread)
    return sorted({citizen, before or citizen})


async def forget_conversation(db: asyncpg.Connection, thread: bytes) -> None:
    """Delete one conversation: its contact, originals and channels' words on deliveries. The citizen's key stays, since
    other conversations lie sealed under it."""
    cases = await cases_of(db, thread)
    await db.execute("DELETE FROM message WHERE case_id = ANY($1::text[])", cases)
    await db.execute("DELETE FROM message WHERE id IN (SELECT voice_id FROM given_voice WHERE thread = $1)", thread)
    for table in (
        "notice_delivery",
        "told_escalation",
        "told_warning",
        "may_be_known",
        "told_elsewhere",
        "notice_copy",
    ):
        await db.execute(f"DELETE FROM {table} WHERE case_id = ANY($1::text[])", cases)  # noqa: S608
    for table in (
        "given_voice", "told_proposal", "told_elsewhere", "held_message", "other_contact", "awaited_code",
        "linked_conversation", "conversation", "voice_conversation", "said_today",
    ):  # fmt: skip
        await db.execute(f"DELETE FROM {table} WHERE thread = $1", thread)  # noqa: S608


async def forget(db: asyncpg.Connection, citizen: str, at: datetime) -> list[str]:
    """Destroy the keys; delete contact, conversations, originals and channels' words on deliveries. Returns the
    citizen's pseudonyms: others heard of them under each that was linked."""
    await key_store.destroy(db, citizen)
    cases = [r["case_id"] for r in await db.fetch("SELECT case_id FROM conversation WHERE citizen = $1", citizen)]
    threads = [
        r["thread"]
        for r in await db.fetch(
            "SELECT thread FROM conversation WHERE citizen = $1"
            " UNION SELECT thread FROM voice_conversation WHERE citizen = $1",
            citizen,
        )
    ]
    # One statement each: of an OR over three columns the planner makes a scan of all messages.
    await db.execute("DELETE FROM message WHERE citizen = $1", citizen)
    await db.execute("DELETE FROM message WHERE case_id = ANY($1::text[])", cases)
    await db.execute(
        "DELETE FROM message WHERE id IN (SELECT voice_id FROM given_voice WHERE thread = ANY($1::bytea[]))", threads
    )
    for table in ("given_voice", "told_proposal"):
        await db.execute(f"DELETE FROM {table} WHERE thread = ANY($1::bytea[])", threads)  # noqa: S608
    await db.execute("DELETE FROM told_elsewhere WHERE thread = ANY($1::bytea[])", threads)
    for table in ("notice_delivery", "told_escalation", "told_warning", "may_be_known", "told_elsewhere"):
        await db.execute(f"DELETE FROM {table} WHERE case_id = ANY($1::text[])", cases)  # noqa: S608
    for table in (
        "conversation", "voice_conversation", "erasure_request", "held_message", "other_contact", "notice_copy",
        "said_today",
    ):  # fmt: skip
        await db.execute(f"DELETE FROM {table} WHERE citizen = $1", citizen)  # noqa: S608
    names = [citizen, *await link_store.forget(db, citizen)]
    await db.executemany(
        "INSERT INTO erased_citizen (citizen, erased_at) VALUES ($1, $2)"
        " ON CONFLICT (citizen) DO UPDATE SET erased_at = EXCLUDED.erased_at",
        [(name, at) for name in names],
    )
    return names
