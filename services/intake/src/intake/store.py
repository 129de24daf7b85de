"""SQL of intake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

import asyncpg
from common.contracts.frozen import value
from common.messaging.postgres import copy_in

from intake.conversation import Conversation
from intake.escalations import ToldEscalation
from intake.opening import KeptOriginal


@value
class KeptConversation(Conversation):
    """With what only the vault reads."""

    thread: bytes
    """A keyed hash of channel and conversation."""
    conversation: bytes
    """The channel's name of it, sealed."""
    contact: bytes
    """Sealed."""
    key_id: str
    """Of the vault's key."""
    spoken_at: datetime | None = None
    """When somebody spoke last in the conversation, after the word that opened this case."""


@value
class Message:
    """`original` is sealed."""

    id: str
    case_id: str | None
    channel: str
    state: str
    reason: str | None
    original: bytes
    key_id: str
    received_at: datetime
    citizen: str
    """The pseudonym."""


@value
class SealedOriginal:
    """A message's body as it came, sealed under the key of that id."""

    original: bytes
    key_id: str


@value
class NoticeDelivery:
    """A channel's last word on a notice."""

    notice_id: str
    channel: str
    case_id: str | None
    delivered: bool
    reason: bytes | None
    """Sealed."""
    key_id: str | None
    """Under which; None where the vault itself did."""


async def by_thread(db: asyncpg.Connection, threads: Iterable[bytes]) -> dict[bytes, list[KeptConversation]]:
    """The cases of each of these threads, and those that their citizen was told of there, in the order in which they
    were opened."""
    rows = await db.fetch(
        "SELECT channel, thread, conversation, case_id, reference, citizen, contact, language, key_id, correlation_id,"
        " begun_at, by_edge, spoken_at FROM conversation WHERE thread = ANY($1::bytea[])"
        " UNION ALL SELECT c.channel, e.thread, c.conversation, c.case_id, c.reference, c.citizen, c.contact,"
        " c.language, c.key_id, c.correlation_id, c.begun_at, c.by_edge, c.spoken_at"
        " FROM told_elsewhere AS e JOIN conversation AS c USING (case_id) WHERE e.thread = ANY($1::bytea[])"
        " ORDER BY begun_at NULLS FIRST, case_id",
        sorted(threads),
    )
    found: dict[bytes, list[KeptConversation]] = {}
    for row in rows:
        found.setdefault(row["thread"], []).append(KeptConversation(**dict(row)))
    return found


async def by_case(db: asyncpg.Connection, case_ids: Iterable[str]) -> dict[str, KeptConversation]:
    rows = await db.fetch(
        "SELECT channel, thread, conversation, case_id, reference, citizen, contact, language, key_id, correlation_id,"
        " begun_at, by_edge FROM conversation WHERE case_id = ANY($1::text[])",
        sorted(case_ids),
    )
    return {r["case_id"]: KeptConversation(**dict(r)) for r in rows}


async def join_cases(db: asyncpg.Connection, joined: dict[str, str]) -> None:
    """Remember which case each was joined to; what was joined to it before goes along."""
    if joined:
        pairs = sorted(joined), [joined[one] for one in sorted(joined)]
        await db.execute(
            "INSERT INTO joined_case (case_id, into_case) SELECT n.case_id, coalesce(j.into_case, n.into_case)"
            " FROM unnest($1::text[], $2::text[]) AS n(case_id, into_case)"
            " LEFT JOIN joined_case AS j ON j.case_id = n.into_case"
            " ON CONFLICT (case_id) DO UPDATE SET into_case = EXCLUDED.into_case",
            *pairs,
        )
        await db.execute(
            "UPDATE joined_case AS j SET into_case = n.into_case"
            " FROM unnest($1::text[], $2::text[]) AS n(case_id, into_case) WHERE j.into_case = n.case_id",
            *pairs,
        )


async def joined_to(db: asyncpg.Connection, case_ids: Iterable[str]) -> dict[str, list[KeptConversation]]:
    """Conversations whose cases were joined to these, in order of their case."""
    rows = await db.fetch(
        "SELECT j.into_case, c.channel, c.thread, c.conversation, c.case_id, c.reference, c.citizen, c.contact,"
        " c.language, c.key_id, c.correlation_id, c.begun_at, c.by_edge"
        " FROM joined_case AS j JOIN conversation AS c USING (case_id) WHERE j.into_case = ANY($1::text[])"
        " ORDER BY c.case_id",
        sorted(case_ids),
    )
    found: dict[str, list[KeptConversation]] = {}
    for row in rows:
        fields = dict(row)
        found.setdefault(fields.pop("into_case"), []).append(KeptConversation(**fields))
    return found


async def add_conversations(db: asyncpg.Connection, new: Sequence[KeptConversation]) -> None:
    if new:
        await copy_in(
            db,
            "conversation",
            columns=list(KeptConversation.__dataclass_fields__),
            records=[tuple(getattr(c, f) for f in KeptConversation.__dataclass_fields__) for c in new],
        )


async def add_messages(db: asyncpg.Connection, new: Sequence[Message]) -> None:
    if new:
        fields = Message.__dataclass_fields__
        await copy_in(db, "message", columns=list(fields), records=[tuple(getattr(m, f) for f in fields) for m in new])


async def deliveries(db: asyncpg.Connection, notice_ids: Iterable[str]) -> dict[str, bool]:
    """Of notices whose channel has said so, whether they reached the citizen; held until the transaction ends."""
    rows = await db.fetch(
        "SELECT notice_id, delivered FROM notice_delivery WHERE notice_id = ANY($1::text[]) ORDER BY notice_id"
        " FOR UPDATE",
        sorted(notice_ids),
    )
    return {row["notice_id"]: row["delivered"] for row in rows}


async def save_deliveries(db: asyncpg.Connection, said: Iterable[NoticeDelivery]) -> None:
    """Keep the last word on each notice; each may come once."""
    ordered = sorted(said, key=attrgetter("notice_id"))
    if ordered:
        fields = NoticeDelivery.__dataclass_fields__
        await db.execute(
            "INSERT INTO notice_delivery (notice_id, channel, case_id, delivered, reason, key_id)"
            " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::bytea[], $6::text[])"
            " ON CONFLICT (notice_id) DO UPDATE SET delivered = EXCLUDED.delivered, reason = EXCLUDED.reason,"
            " key_id = EXCLUDED.key_id, noted_at = EXCLUDED.noted_at",
            *([getattr(one, name) for one in ordered] for name in fields),
        )


async def tell_escalations(db: asyncpg.Connection, told: Sequence[ToldEscalation]) -> None:
    """Remember what citizens were told of delays."""
    if told:
        await db.execute(
            "INSERT INTO told_escalation (case_id, level, notice_id)"
            " SELECT * FROM unnest($1::text[], $2::integer[], $3::text[]) ON CONFLICT DO NOTHING",
            [t.case_id for t in told], [t.level for t in told], [t.notice_id for t in told],
        )  # fmt: skip


async def untell_escalations(db: asyncpg.Connection, withdrawn: Iterable[tuple[str, int]]) -> list[ToldEscalation]:
    """Forget what was told of these cases' levels; returns it, but for what is known not to have reached the citizen,
    in order."""
    wanted = sorted(withdrawn)
    rows = await db.fetch(
        "DELETE FROM told_escalation AS t USING unnest($1::text[], $2::integer[]) AS w(case_id, level)"
        " WHERE t.case_id = w.case_id AND t.level = w.level RETURNING t.case_id, t.level, t.notice_id",
        [case_id for case_id, _ in wanted],
        [level for _, level in wanted],
    )
    reached = await deliveries(db, [r["notice_id"] for r in rows])
    return [ToldEscalation(*r) for r in sorted(map(tuple, rows)) if reached.get(r[2], True)]


async def cases_of_messages(db: asyncpg.Connection, ids: Iterable[str]) -> dict[str, str]:
    """The citizen's own case that each of those of these messages is about which are about one."""
    rows = await db.fetch(
        "SELECT id, case_id FROM message WHERE id = ANY($1::text[]) AND case_id IS NOT NULL", sorted(ids)
    )
    return {row["id"]: row["case_id"] for row in rows}


async def messages_of(db: asyncpg.Connection, ids: Iterable[str]) -> set[tuple[str, str]]:
    """Channel and id of those of these messages that are known."""
    rows = await db.fetch("SELECT channel, id FROM message WHERE id = ANY($1::text[])", sorted(ids))
    return {(row["channel"], row["id"]) for row in rows}


async def original_of(db: asyncpg.Connection, message_id: str) -> KeptOriginal | None:
    """Whose a message is, and of which case."""
    row = await db.fetchrow("SELECT id, citizen, case_id FROM message WHERE id = $1", message_id)
    return KeptOriginal(row["id"], row["citizen"], row["case_id"]) if row is not None else None


async def sealed_original(db: asyncpg.Connection, message_id: str) -> SealedOriginal | None:
    row = await db.fetchrow("SELECT original, key_id FROM message WHERE id = $1", message_id)
    return SealedOriginal(row["original"], row["key_id"]) if row is not None else None
