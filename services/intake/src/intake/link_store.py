"""SQL of citizens whose channels are linked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg
from common.contracts.frozen import value
from common.messaging.postgres import lock_names

from intake.linking import TERM, AskedCode, AwaitedCode, CodesAsked

FIELDS = ", ".join(AwaitedCode.__dataclass_fields__)


@value
class Links:
    """What is known of the senders and conversations of a batch."""

    citizens: dict[str, str]
    """As whom a pseudonym is known."""
    conversations: dict[bytes, tuple[str, str]]
    """Of a conversation begun over HTTP: its sender, and as whom that one is known there."""
    awaited: dict[bytes, list[AwaitedCode]]
    """By conversation what codes are awaited there."""


NO_LINKS = Links({}, {}, {})


async def links(
    db: asyncpg.Connection, pseudonyms: Collection[str], threads: Collection[bytes], since: datetime | None = None
) -> Links:  # fmt: skip
    """Of codes those that were asked for after `since`."""
    if not pseudonyms:
        return NO_LINKS
    citizens = await known_as_all(db, pseudonyms)
    conversations = await db.fetch(
        "SELECT thread, sender, citizen FROM linked_conversation WHERE thread = ANY($1::bytea[])", sorted(threads)
    )
    awaited = await db.fetch(
        f"SELECT {FIELDS} FROM awaited_code WHERE thread = ANY($1::bytea[])"  # noqa: S608
        " AND ($2::timestamptz IS NULL OR asked_at > $2) ORDER BY thread, proves",
        sorted(threads), since,
    )  # fmt: skip
    codes: dict[bytes, list[AwaitedCode]] = {}
    for row in awaited:
        codes.setdefault(row["thread"], []).append(AwaitedCode(**dict(row)))
    return Links(
        citizens,
        {row["thread"]: (row["sender"], row["citizen"]) for row in conversations},
        codes,
    )


async def known_as(db: asyncpg.Connection, pseudonym: str) -> str:
    found: str | None = await db.fetchval("SELECT into_citizen FROM linked_citizen WHERE citizen = $1", pseudonym)
    return found or pseudonym


async def known_as_all(db: asyncpg.Connection, pseudonyms: Collection[str]) -> dict[str, str]:
    """As whom those of these are known that were linked."""
    rows = await db.fetch(
        "SELECT citizen, into_citizen FROM linked_citizen WHERE citizen = ANY($1::text[])", sorted(pseudonyms)
    )
    return {row["citizen"]: row["into_citizen"] for row in rows}


async def await_codes(db: asyncpg.Connection, awaited: Sequence[AwaitedCode]) -> None:
    """Each in place of another that was awaited in its conversation for the same."""
    await db.executemany(
        f"INSERT INTO awaited_code ({FIELDS}) VALUES ($1, $2, $3, $4, $5, $6, $7)"  # noqa: S608
        " ON CONFLICT (thread, proves) DO UPDATE SET citizen = EXCLUDED.citizen, other = EXCLUDED.other,"
        " code = EXCLUDED.code, asked_at = EXCLUDED.asked_at, wrong = 0",
        [tuple(getattr(one, name) for name in AwaitedCode.__dataclass_fields__) for one in awaited],
    )


async def codes_asked(db: asyncpg.Connection, wanted: Sequence[AwaitedCode]) -> CodesAsked:
    """How often codes were asked for, within the term before each of these. Until the transaction ends nobody else asks
    for one to the same person."""
    others = {one.other for one in wanted}
    await lock_names(db, [f"link code {other}" for other in sorted(others)])
    of = "SELECT id, thread, citizen, other, at, sent FROM link_code_sent"
    rows = await db.fetch(
        f"{of} WHERE other = ANY($1::text[]) AND sent AND at > $4"
        f" UNION {of} WHERE thread = ANY($2::bytea[]) AND at > $4"
        f" UNION {of} WHERE citizen = ANY($3::text[]) AND at > $4",
        sorted(others), sorted({one.thread for one in wanted}), sorted({one.citizen for one in wanted}),
        min(one.asked_at for one in wanted) - TERM,
    )  # fmt: skip
    return CodesAsked([AskedCode(**dict(row)) for row in rows])


async def note_asked(db: asyncpg.Connection, asked: Sequence[AskedCode]) -> None:
    """Codes were asked for by these requests, and sent or withheld."""
    await db.executemany(
        "INSERT INTO link_code_sent (id, thread, citizen, other, at, sent) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
        [(one.id, one.thread, one.citizen, one.other, one.at, one.sent) for one in asked],
    )


async def forget_old(db: asyncpg.Connection, before: datetime) -> None:
    """Forget who asked for codes until then."""
    await db.execute("DELETE FROM link_code_sent WHERE at <= $1", before)


async def count_wrong(db: asyncpg.Connection, awaited: Sequence[AwaitedCode]) -> None:
    for one in awaited:
        await db.execute(
            "UPDATE awaited_code SET wrong = wrong + 1 WHERE thread = $1 AND proves = $2", one.thread, one.proves
        )


async def stop_awaiting(db: asyncpg.Connection, awaited: Sequence[AwaitedCode]) -> None:
    for one in awaited:
        await db.execute("DELETE FROM awaited_code WHERE thread = $1 AND proves = $2", one.thread, one.proves)


async def await_no_others(db: asyncpg.Connection, threads: Collection[bytes]) -> None:
    """Codes for addresses that are given in these conversations no more count no more."""
    await db.execute(
        "DELETE FROM awaited_code AS a WHERE a.thread = ANY($1::bytea[]) AND a.proves <> '' AND NOT EXISTS"
        " (SELECT 1 FROM other_contact AS o WHERE o.thread = a.thread AND o.recipient = a.proves)",
        sorted(threads),
    )


async def awaited_in(db: asyncpg.Connection, threads: Collection[bytes]) -> set[tuple[bytes, str, datetime]]:
    """Of which addresses codes are awaited in these conversations, and since when."""
    rows = await db.fetch(
        "SELECT thread, proves, asked_at FROM awaited_code WHERE thread = ANY($1::bytea[]) AND proves <> ''",
        sorted(threads),
    )
    return {(row["thread"], row["proves"], row["asked_at"]) for row in rows}


async def link_citizen(db: asyncpg.Connection, citizen: str, into: str) -> None:
    """From now on a pseudonym is known as another, and all that was its is that one's."""
    await db.execute(
        "SELECT 1 FROM citizen_key WHERE citizen = ANY($1::text[]) ORDER BY citizen FOR UPDATE", sorted((citizen, into))
    )
    await db.execute("UPDATE linked_citizen SET into_citizen = $2 WHERE into_citizen = $1", citizen, into)
    await db.execute(
        "INSERT INTO linked_citizen (citizen, into_citizen) VALUES ($1, $2)"
        " ON CONFLICT (citizen) DO UPDATE SET into_citizen = EXCLUDED.into_citizen",
        citizen, into,
    )  # fmt: skip
    await db.execute("UPDATE link_code_sent SET other = $2 WHERE other = $1", citizen, into)
    # The other's own key goes on sealing; what lies under the one of before opens with that.
    await db.execute(
        "UPDATE citizen_key AS k SET citizen = $2, in_use = k.in_use AND NOT EXISTS"
        " (SELECT 1 FROM citizen_key AS o WHERE o.citizen = $2 AND o.in_use) WHERE k.citizen = $1",
        citizen, into,
    )  # fmt: skip
    for table in (
        "conversation", "voice_conversation", "message", "linked_conversation", "erasure_request", "held_message",
        "other_contact", "notice_copy", "awaited_code", "said_today",
    ):  # fmt: skip
        await db.execute(f"UPDATE {table} SET citizen = $2 WHERE citizen = $1", citizen, into)  # noqa: S608


async def link_conversation(db: asyncpg.Connection, thread: bytes, sender: str, into: str) -> None:
    """From now on one conversation, and what was said in it, is another citizen's."""
    await db.execute(
        "INSERT INTO linked_conversation (thread, sender, citizen) VALUES ($1, $2, $3)"
        " ON CONFLICT (thread) DO UPDATE SET citizen = EXCLUDED.citizen",
        thread, sender, into,
    )  # fmt: skip
    await db.execute(
        "UPDATE message SET citizen = $2 WHERE case_id IN (SELECT case_id FROM conversation WHERE thread = $1)",
        thread, into,
    )  # fmt: skip
    await db.execute(
        "UPDATE message SET citizen = $2 WHERE id IN (SELECT voice_id FROM given_voice WHERE thread = $1)", thread, into
    )
    for table in (
        "conversation", "voice_conversation", "erasure_request", "held_message", "other_contact", "awaited_code",
        "said_today",
    ):  # fmt: skip
        await db.execute(f"UPDATE {table} SET citizen = $2 WHERE thread = $1", thread, into)  # noqa: S608
    await db.execute(
        "UPDATE notice_copy SET citizen = $2 WHERE case_id IN (SELECT case_id FROM conversation WHERE thread = $1)",
        thread, into,
    )  # fmt: skip


async def voices_in(db: asyncpg.Connection, thread: bytes, most: int) -> tuple[str, ...]:
    """What was said on proposals in a conversation, the newest first."""
    rows = await db.fetch(
        "SELECT g.voice_id FROM given_voice AS g JOIN message AS m ON m.id = g.voice_id WHERE g.thread = $1"
        " ORDER BY m.received_at DESC, g.voice_id LIMIT $2",
        thread, most,
    )  # fmt: skip
    return tuple(row["voice_id"] for row in rows)


async def forget(db: asyncpg.Connection, citizen: str) -> list[str]:
    """Forget what was linked to a citizen; returns the pseudonyms that were known as this one."""
    rows = await db.fetch("DELETE FROM linked_citizen WHERE into_citizen = $1 RETURNING citizen", citizen)
    moved = await db.fetch("DELETE FROM linked_conversation WHERE citizen = $1 RETURNING sender", citizen)
    await db.execute("DELETE FROM awaited_code WHERE citizen = $1", citizen)
    await db.execute("DELETE FROM awaited_code WHERE other = $1", citizen)
    alone = {row["sender"] for row in moved} - {citizen}
    # Whoever else named the address of a moved conversation is still known under that pseudonym.
    still = await db.fetch("SELECT DISTINCT citizen FROM conversation WHERE citizen = ANY($1::text[])", sorted(alone))
    return sorted({row["citizen"] for row in rows} | alone - {row["citizen"] for row in still})
