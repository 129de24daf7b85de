"""SQL of intake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter

import asyncpg
from common.contracts.frozen import value
from common.messaging.postgres import copy_in

from intake.conversation import Conversation
from intake.escalations import ToldEscalation


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


@value
class Claim:
    """A conversation that a post over HTTP would begin."""

    thread: bytes
    """Of the conversation; see Conversation."""
    fingerprint: bytes
    """Of the conversation's secret."""
    opening: str
    """The id of the post's event."""


@value
class Standing:
    """How a case stands, for a citizen who asks by its number."""

    reference: str
    answered: bool
    begun_at: datetime | None


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
    fingerprint: bytes | None
    """Of the secret that may ask for the message's state; None where it did not come over HTTP."""


@value
class NoticeDelivery:
    """A channel's last word on a notice."""

    notice_id: str
    channel: str
    case_id: str | None
    delivered: bool
    reason: bytes | None
    """Sealed."""


async def by_thread(db: asyncpg.Connection, threads: Iterable[bytes]) -> dict[bytes, KeptConversation]:
    rows = await db.fetch(
        "SELECT channel, thread, conversation, case_id, reference, citizen, contact, language, key_id, correlation_id,"
        " begun_at, by_edge FROM conversation WHERE thread = ANY($1::bytea[])",
        sorted(threads),
    )
    return {r["thread"]: KeptConversation(**dict(r)) for r in rows}


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
            "INSERT INTO notice_delivery (notice_id, channel, case_id, delivered, reason)"
            " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::bytea[])"
            " ON CONFLICT (notice_id) DO UPDATE SET delivered = EXCLUDED.delivered, reason = EXCLUDED.reason,"
            " noted_at = EXCLUDED.noted_at",
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


async def messages_of(db: asyncpg.Connection, ids: Iterable[str]) -> set[tuple[str, str]]:
    """Channel and id of those of these messages that are known."""
    rows = await db.fetch("SELECT channel, id FROM message WHERE id = ANY($1::text[])", sorted(ids))
    return {(row["channel"], row["id"]) for row in rows}


async def message_state(pool: asyncpg.Pool, message_id: str, fingerprint: bytes) -> dict[str, object] | None:
    """State, reason and the case's reference of one message, for a secret's holder; nothing personal."""
    row = await pool.fetchrow(
        "SELECT m.id, m.state, m.reason, m.case_id, c.reference FROM message AS m"
        " LEFT JOIN conversation AS c USING (case_id) WHERE m.id = $1 AND m.fingerprint = $2",
        message_id,
        fingerprint,
    )
    return dict(row) if row else None


async def note_answers(db: asyncpg.Connection, answered: dict[str, bool]) -> None:
    """Which cases are answered, and which are open again."""
    if answered:
        ids = sorted(answered)
        await db.execute(
            "UPDATE conversation AS c SET answered = r.answered"
            " FROM unnest($1::text[], $2::boolean[]) AS r(case_id, answered) WHERE c.case_id = r.case_id",
            ids,
            [answered[i] for i in ids],
        )


async def standing(pool: asyncpg.Pool, reference: str) -> Standing | None:
    """By the number that the citizen was told."""
    row = await pool.fetchrow(
        "SELECT reference, answered, begun_at FROM conversation WHERE reference = upper($1)", reference
    )
    return Standing(row["reference"], row["answered"], row["begun_at"]) if row else None


async def claim_conversations(db: asyncpg.Connection, claims: Sequence[Claim]) -> dict[bytes, str]:
    """Claim conversations that nobody began; returns by fingerprint which post did, for those begun over HTTP."""
    if not claims:
        return {}
    ordered = sorted(claims, key=attrgetter("fingerprint", "opening"))
    fingerprints = [c.fingerprint for c in ordered]
    await db.execute(
        "INSERT INTO edge_claim (fingerprint, opening) SELECT n.fingerprint, n.opening"
        " FROM unnest($1::bytea[], $2::text[], $3::bytea[]) AS n(fingerprint, opening, thread)"
        " WHERE NOT EXISTS (SELECT FROM conversation AS c WHERE c.thread = n.thread)"
        " ON CONFLICT DO NOTHING",
        fingerprints,
        [c.opening for c in ordered],
        [c.thread for c in ordered],
    )
    rows = await db.fetch(
        "SELECT fingerprint, opening FROM edge_claim WHERE fingerprint = ANY($1::bytea[])", fingerprints
    )
    return {row["fingerprint"]: row["opening"] for row in rows}


async def first_bodies(db: asyncpg.Connection, used: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """Remember what each key is first used with; returns that, for all of them."""
    ordered = sorted(used, key=itemgetter(0))
    keys = [key.encode() for key, _ in ordered]
    await db.execute(
        "INSERT INTO idempotency (key, body) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING",
        keys,
        [body for _, body in ordered],
    )
    rows = await db.fetch("SELECT key, body FROM idempotency WHERE key = ANY($1::bytea[])", keys)
    return {row["key"].decode(): row["body"] for row in rows}


async def forget_keys(pool: asyncpg.Pool, kept: timedelta) -> None:
    await pool.execute("DELETE FROM idempotency WHERE seen_at < now() - $1::interval", kept)
