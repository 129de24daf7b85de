"""SQL of notices that may be said again on another channel, and of where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import asyncpg
from common.contracts.frozen import value

from intake.voice_store import ADDRESSEE, OF_A_CASE, Addressee


@value
class OtherAddress:
    """An address that was given in a conversation."""

    thread: bytes
    rank: int
    citizen: str
    channel: str
    recipient: str
    """A keyed hash of the address."""
    address: bytes
    """Sealed."""
    key_id: str
    case_id: str | None = None
    """With which it was given; None for those from before addresses were proved."""
    proved_at: datetime | None = None
    """When a code that was sent there was written in the conversation; None: nothing is told there."""


@value
class Reachable:
    """A case whose citizen can be told elsewhere."""

    case_id: str
    citizen: str
    language: str
    key_id: str


@value
class NoticeCopy:
    notice_id: str
    case_id: str
    citizen: str
    channel: str
    kind: str
    tried: Sequence[str]
    """Channels on which it failed before."""
    words: bytes | None
    """Sealed; None once they were said again."""
    key_id: str
    until: datetime


@value
class SaidAgain:
    """A notice that went on as another."""

    notice_id: str
    again: str
    case_id: str
    thread: bytes | None
    """Of the citizen's conversation in which it is said again; None where it goes to an address."""
    recipient: str | None
    """The hash of that address."""
    at: datetime


COPY = ", ".join(NoticeCopy.__dataclass_fields__)
OTHER = ", ".join(OtherAddress.__dataclass_fields__)


async def give_addresses(db: asyncpg.Connection, threads: Iterable[bytes], given: Sequence[OtherAddress]) -> None:
    """In place of those that were given in these conversations before."""
    await db.execute("DELETE FROM other_contact WHERE thread = ANY($1::bytea[])", sorted(threads))
    await db.executemany(
        f"INSERT INTO other_contact ({OTHER}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",  # noqa: S608
        [tuple(getattr(one, name) for name in OtherAddress.__dataclass_fields__) for one in given],
    )


async def addresses_in(db: asyncpg.Connection, threads: Iterable[bytes]) -> dict[tuple[bytes, str], OtherAddress]:
    """Those that were given in these conversations, by conversation and hash; locked."""
    rows = await db.fetch(
        f"SELECT {OTHER} FROM other_contact WHERE thread = ANY($1::bytea[]) ORDER BY thread, rank FOR UPDATE",  # noqa: S608
        sorted(threads),
    )
    return {(row["thread"], row["recipient"]): OtherAddress(**dict(row)) for row in rows}


async def prove(db: asyncpg.Connection, thread: bytes, recipient: str, at: datetime) -> None:
    """From now on the citizen of the conversation may be told something at this address."""
    await db.execute(
        "UPDATE other_contact SET proved_at = $3 WHERE thread = $1 AND recipient = $2", thread, recipient, at
    )


async def addresses_for(db: asyncpg.Connection, case_ids: Iterable[str]) -> dict[str, list[OtherAddress]]:
    """Those that were given in the conversations of these cases and proved, in order."""
    rows = await db.fetch(
        f"SELECT c.case_id AS of_case, {', '.join(f'o.{name}' for name in OtherAddress.__dataclass_fields__)}"  # noqa: S608
        " FROM conversation AS c JOIN other_contact AS o ON o.thread = c.thread WHERE c.case_id = ANY($1::text[])"
        " AND o.proved_at IS NOT NULL ORDER BY c.case_id, o.rank",
        sorted(case_ids),
    )
    found: dict[str, list[OtherAddress]] = {}
    for row in rows:
        given = OtherAddress(**{name: row[name] for name in OtherAddress.__dataclass_fields__})
        found.setdefault(row["of_case"], []).append(given)
    return found


async def reachable(db: asyncpg.Connection, case_ids: Iterable[str]) -> dict[str, Reachable]:
    """Of these cases those whose citizen gave another address or linked another channel."""
    rows = await db.fetch(
        "SELECT case_id, citizen, language, key_id FROM conversation AS c WHERE case_id = ANY($1::text[]) AND ("
        " EXISTS (SELECT 1 FROM other_contact AS o WHERE o.thread = c.thread)"
        " OR EXISTS (SELECT 1 FROM linked_citizen AS l WHERE l.into_citizen = c.citizen)"
        " OR EXISTS (SELECT 1 FROM linked_conversation AS l WHERE l.citizen = c.citizen))",
        sorted(case_ids),
    )
    return {row["case_id"]: Reachable(**dict(row)) for row in rows}


async def conversations_on_others(
    db: asyncpg.Connection, citizens: Iterable[str], channels: Sequence[str]
) -> dict[tuple[str, str], Addressee]:
    """By citizen and channel the conversation in which each of these spoke last on each of those."""
    rows = await db.fetch(
        f"SELECT DISTINCT ON (citizen, channel) {ADDRESSEE} FROM ("  # noqa: S608
        f"SELECT {OF_A_CASE}, coalesce(spoken_at, begun_at) FROM conversation WHERE citizen = ANY($1::text[])"
        f" UNION ALL SELECT {ADDRESSEE}, spoken_at FROM voice_conversation WHERE citizen = ANY($1::text[])"
        f") AS found ({ADDRESSEE}, at) WHERE channel = ANY($2::text[])"
        " ORDER BY citizen, channel, at DESC NULLS LAST, thread, opening",
        sorted(citizens), channels,
    )  # fmt: skip
    return {(row["citizen"], row["channel"]): Addressee(**dict(row)) for row in rows}


async def keep(db: asyncpg.Connection, copies: Sequence[NoticeCopy], most: int) -> None:
    """At most so many of each citizen's, the newest."""
    await db.executemany(
        f"INSERT INTO notice_copy ({COPY}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"  # noqa: S608
        " ON CONFLICT DO NOTHING",
        [tuple(getattr(one, name) for name in NoticeCopy.__dataclass_fields__) for one in copies],
    )
    await db.execute(
        "DELETE FROM notice_copy AS n USING (SELECT notice_id, row_number() OVER"
        " (PARTITION BY citizen ORDER BY until DESC, notice_id) AS nth FROM notice_copy"
        " WHERE citizen = ANY($1::text[])) AS c WHERE n.notice_id = c.notice_id AND c.nth > $2",
        sorted({one.citizen for one in copies}), most,
    )  # fmt: skip


async def copies(db: asyncpg.Connection, notice_ids: Iterable[str]) -> dict[str, NoticeCopy]:
    rows = await db.fetch(
        f"SELECT {COPY} FROM notice_copy WHERE notice_id = ANY($1::text[]) ORDER BY notice_id FOR UPDATE",  # noqa: S608
        sorted(notice_ids),
    )
    return {row["notice_id"]: NoticeCopy(**dict(row)) for row in rows}


async def end_soon(db: asyncpg.Connection, until: Iterable[tuple[str, datetime]]) -> None:
    """Notices that are delivered: their copies go then."""
    await db.executemany("UPDATE notice_copy SET until = least(until, $2) WHERE notice_id = $1", sorted(until))


async def said_again(db: asyncpg.Connection, said: Sequence[SaidAgain]) -> None:
    """Notices went on as others; what was remembered of one holds of both."""
    columns = [[getattr(one, name) for one in said] for name in ("notice_id", "again", "case_id")]
    await db.execute("UPDATE notice_copy SET words = NULL WHERE notice_id = ANY($1::text[])", columns[0])
    await db.execute(
        "INSERT INTO told_question (notice_id, asked_at) SELECT s.again, q.asked_at"
        " FROM unnest($1::text[], $2::text[]) AS s(notice_id, again) JOIN told_question AS q USING (notice_id)"
        " ON CONFLICT DO NOTHING",
        *columns[:2],
    )
    await db.execute(
        "INSERT INTO told_escalation (case_id, level, notice_id) SELECT t.case_id, t.level, s.again"
        " FROM unnest($1::text[], $2::text[], $3::text[]) AS s(notice_id, again, case_id)"
        " JOIN told_escalation AS t USING (case_id, notice_id) ON CONFLICT DO NOTHING",
        *columns,
    )
    threads = [(one.thread, one.case_id) for one in said if one.thread is not None]
    if threads:
        await db.execute(
            "INSERT INTO told_elsewhere (thread, case_id) SELECT * FROM unnest($1::bytea[], $2::text[])"
            " ON CONFLICT DO NOTHING",
            [thread for thread, _ in threads], [case_id for _, case_id in threads],
        )  # fmt: skip
    unasked = [(one.again, one.recipient, one.at) for one in said if one.recipient is not None]
    if unasked:
        await db.execute(
            "INSERT INTO unasked_notice (notice_id, recipient, said_at)"
            " SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) ON CONFLICT DO NOTHING",
            *(list(column) for column in zip(*unasked, strict=True)),
        )


async def said_unasked(
    db: asyncpg.Connection, recipients: Iterable[str], since: datetime
) -> dict[str, dict[str, datetime]]:
    """Which notices each of these addresses got since then, and when, whoever gave it."""
    rows = await db.fetch(
        "SELECT recipient, notice_id, said_at FROM unasked_notice WHERE recipient = ANY($1::text[]) AND said_at > $2",
        sorted(recipients), since,
    )  # fmt: skip
    found: dict[str, dict[str, datetime]] = {}
    for row in rows:
        found.setdefault(row["recipient"], {})[row["notice_id"]] = row["said_at"]
    return found


async def forget_old(db: asyncpg.Connection, now: datetime, remembered: timedelta) -> None:
    await db.execute("DELETE FROM notice_copy WHERE until <= $1", now)
    await db.execute("DELETE FROM unasked_notice WHERE said_at <= $1", now - remembered)


async def on_the_way_about(db: asyncpg.Connection, case_ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """Channel, case and id of what is being said again about these cases."""
    rows = await db.fetch(
        "SELECT channel, case_id, notice_id FROM notice_copy WHERE case_id = ANY($1::text[]) AND words IS NOT NULL"
        " AND cardinality(tried) > 0 ORDER BY notice_id",
        list(case_ids),
    )
    return [(row["channel"], row["case_id"], row["notice_id"]) for row in rows]


async def on_the_way(db: asyncpg.Connection, citizen: str) -> list[tuple[str, str, str]]:
    """Channel, case and id of what is being said again to a citizen."""
    rows = await db.fetch(
        "SELECT channel, case_id, notice_id FROM notice_copy WHERE citizen = $1 AND words IS NOT NULL"
        " AND cardinality(tried) > 0 ORDER BY notice_id",
        citizen,
    )
    return [(row["channel"], row["case_id"], row["notice_id"]) for row in rows]
