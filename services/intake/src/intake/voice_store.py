"""SQL of voices on proposals: their conversations, what these were told, where citizens last spoke."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

import asyncpg
from common.contracts.frozen import value

from intake.voices import Asked


@value
class Addressee:
    """A conversation of a citizen, to be told something in."""

    thread: bytes
    """A keyed hash of channel and conversation."""
    channel: str
    opening: str
    """The case that it is about, else the voice that began it: what name and contact are sealed about."""
    conversation: bytes
    """Sealed, as is the contact."""
    citizen: str
    contact: bytes
    language: str
    key_id: str
    by_edge: bool


@value
class VoiceConversation(Addressee):
    """Begun by a voice; about no case, as long as none is begun in it."""

    spoken_at: datetime


@value
class GivenVoice:
    """Where a voice came from."""

    voice_id: str
    thread: bytes
    outside_id: bytes | None
    """The sender's own id of it, sealed."""
    by_edge: bool
    """It came over HTTP."""
    key_id: str | None
    """Under which the sender's id is sealed; None: by the vault itself, as of older voices."""


@value
class ToldProposal:
    """What a conversation was told of proposals last."""

    thread: bytes
    about: str
    """Stands for the conversation in ids of notices."""
    proposal_id: str | None
    reference: str | None
    """None as long as no notice named a proposal."""


@value
class OpenedProposal:
    proposal_id: str
    reference: str
    until: datetime


ADDRESSEE = "thread, channel, opening, conversation, citizen, contact, language, key_id, by_edge"
OF_A_CASE = "thread, channel, case_id, conversation, citizen, contact, language, key_id, by_edge"


async def voice_conversations(db: asyncpg.Connection, threads: Iterable[bytes]) -> dict[bytes, VoiceConversation]:
    rows = await db.fetch(
        f"SELECT {ADDRESSEE}, spoken_at FROM voice_conversation WHERE thread = ANY($1::bytea[])",  # noqa: S608
        sorted(threads),
    )
    return {row["thread"]: VoiceConversation(**dict(row)) for row in rows}


async def add_voice_conversations(db: asyncpg.Connection, new: Sequence[VoiceConversation]) -> None:
    ordered = sorted(new, key=attrgetter("thread"))
    await db.executemany(
        f"INSERT INTO voice_conversation ({ADDRESSEE}, spoken_at)"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        [tuple(getattr(c, name) for name in VoiceConversation.__dataclass_fields__) for c in ordered],
    )


async def add_voices(db: asyncpg.Connection, new: Sequence[GivenVoice]) -> None:
    await db.execute(
        "INSERT INTO given_voice (voice_id, thread, outside_id, by_edge, key_id)"
        " SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::boolean[], $5::text[])",
        *([getattr(one, name) for one in new] for name in GivenVoice.__dataclass_fields__),
    )


async def given_voices(db: asyncpg.Connection, voice_ids: Iterable[str]) -> dict[str, GivenVoice]:
    rows = await db.fetch(
        "SELECT voice_id, thread, outside_id, by_edge, key_id FROM given_voice WHERE voice_id = ANY($1::text[])",
        sorted(voice_ids),
    )
    return {row["voice_id"]: GivenVoice(**dict(row)) for row in rows}


async def note_last_words(
    db: asyncpg.Connection, spoken: Mapping[bytes, datetime], languages: Mapping[bytes, str]
) -> None:
    """When somebody last spoke in conversations, after the word that began each; and in which other language citizens
    are told from now on, whatever a conversation is about."""
    threads = sorted(spoken.keys() | languages.keys())
    given = threads, [spoken.get(one) for one in threads], [languages.get(one) for one in threads]
    for table in ("conversation", "voice_conversation"):
        await db.execute(
            f"WITH held AS (SELECT thread FROM {table} WHERE thread = ANY($1::bytea[])"  # noqa: S608
            " ORDER BY thread FOR UPDATE)"
            f" UPDATE {table} AS c SET spoken_at = greatest(c.spoken_at, s.at),"
            " language = coalesce(s.language, c.language)"
            " FROM unnest($1::bytea[], $2::timestamptz[], $3::text[]) AS s(thread, at, language)"
            " JOIN held USING (thread) WHERE c.thread = s.thread",
            *given,
        )


async def last_addressed(db: asyncpg.Connection, citizens: Iterable[str]) -> dict[str, Addressee]:
    """The conversation in which each of these citizens spoke last."""
    rows = await db.fetch(
        f"SELECT DISTINCT ON (citizen) {ADDRESSEE} FROM ("  # noqa: S608
        f"SELECT {OF_A_CASE}, coalesce(spoken_at, begun_at) FROM conversation WHERE citizen = ANY($1::text[])"
        f" UNION ALL SELECT {ADDRESSEE}, spoken_at FROM voice_conversation WHERE citizen = ANY($1::text[])"
        f") AS found ({ADDRESSEE}, at) ORDER BY citizen, at DESC NULLS LAST, thread, opening",
        sorted(citizens),
    )
    return {row["citizen"]: Addressee(**dict(row)) for row in rows}


async def addressed(db: asyncpg.Connection, threads: Iterable[bytes]) -> dict[bytes, Addressee]:
    """Of these conversations, whether about a case or not."""
    rows = await db.fetch(
        f"SELECT DISTINCT ON (thread) * FROM ("  # noqa: S608
        f"SELECT {OF_A_CASE} FROM conversation WHERE thread = ANY($1::bytea[])"
        f" UNION ALL SELECT {ADDRESSEE} FROM voice_conversation WHERE thread = ANY($1::bytea[])"
        f") AS found ({ADDRESSEE}) ORDER BY thread, opening",
        sorted(threads),
    )
    return {row["thread"]: Addressee(**dict(row)) for row in rows}


async def asked(db: asyncpg.Connection, threads: Iterable[bytes]) -> dict[bytes, Asked]:
    """The proposals that these conversations were told of last."""
    rows = await db.fetch(
        "SELECT t.thread, t.reference, o.until FROM told_proposal AS t LEFT JOIN opened_proposal AS o"
        " USING (proposal_id) WHERE t.thread = ANY($1::bytea[]) AND t.reference IS NOT NULL",
        sorted(threads),
    )
    return {row["thread"]: Asked(row["reference"], row["until"]) for row in rows}


async def told(db: asyncpg.Connection, now: Sequence[ToldProposal]) -> None:
    """Remember what conversations were told, each at most once; a notice about no proposal changes no other."""
    ordered = sorted(now, key=attrgetter("thread"))
    await db.execute(
        "INSERT INTO told_proposal (thread, about, proposal_id, reference)"
        " SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[])"
        " ON CONFLICT (thread) DO UPDATE SET told_at = now(),"
        " proposal_id = coalesce(EXCLUDED.proposal_id, told_proposal.proposal_id), reference ="
        " CASE WHEN EXCLUDED.proposal_id IS NULL THEN told_proposal.reference ELSE EXCLUDED.reference END",
        *([getattr(one, name) for one in ordered] for name in ToldProposal.__dataclass_fields__),
    )


async def told_about(db: asyncpg.Connection, abouts: Iterable[str]) -> dict[str, Addressee]:
    """The conversations that were told of proposals under these names."""
    rows = await db.fetch("SELECT thread, about FROM told_proposal WHERE about = ANY($1::text[])", sorted(abouts))
    of = await addressed(db, [row["thread"] for row in rows]) if rows else {}
    return {row["about"]: of[row["thread"]] for row in rows if row["thread"] in of}


async def keep_opened(db: asyncpg.Connection, opened: Sequence[OpenedProposal]) -> None:
    await db.executemany(
        "INSERT INTO opened_proposal (proposal_id, reference, until) VALUES ($1, $2, $3)"
        " ON CONFLICT (proposal_id) DO UPDATE SET until = EXCLUDED.until",
        [(o.proposal_id, o.reference, o.until) for o in sorted(opened, key=attrgetter("proposal_id"))],
    )


async def opened_among(
    db: asyncpg.Connection, references: Iterable[str], since: datetime | None = None
) -> dict[str, OpenedProposal]:  # fmt: skip
    """Of these proposals those whose deliberation was opened and ends after `since`."""
    rows = await db.fetch(
        "SELECT proposal_id, reference, until FROM opened_proposal WHERE reference = ANY($1::text[])"
        " AND ($2::timestamptz IS NULL OR until > $2)",
        sorted(references), since,
    )  # fmt: skip
    return {row["reference"]: OpenedProposal(**dict(row)) for row in rows}
