"""SQL of attachments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg
from common.contracts.events.intake import AttachmentGiven
from common.contracts.frozen import value


@value
class Kept:
    """A file as the database knows it."""

    id: str
    media_type: str
    size: int
    thumbnail: bool
    key: bytes


async def name(db: asyncpg.Connection, given: Sequence[AttachmentGiven]) -> None:
    """Of which message each file is: of the first that named it."""
    ordered = sorted(given, key=lambda one: one.attachment_id)
    await db.execute(
        "UPDATE attachment AS a SET message_id = g.message_id, case_id = g.case_id, citizen = g.citizen,"
        " given_at = g.given_at, under_way = true"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])"
        " AS g(id, message_id, case_id, citizen, channel, given_at)"
        " WHERE a.id = g.id AND a.channel = g.channel AND a.message_id IS NULL",
        [g.attachment_id for g in ordered],
        [g.message_id for g in ordered],
        [g.of_case for g in ordered],
        [g.citizen for g in ordered],
        [g.channel for g in ordered],
        [g.given_at for g in ordered],
    )
    await destroy_erased(db, [g.citizen for g in ordered])
    await destroy_in(db, [g.message_id for g in ordered])


async def destroy_in(db: asyncpg.Connection, message_ids: Sequence[str]) -> None:
    """Destroy the keys of those files of these messages that were given before their conversations were erased."""
    await db.execute(
        "UPDATE attachment AS a SET key = NULL FROM erased_words AS e WHERE a.message_id = ANY($1::text[])"
        " AND e.name = a.message_id AND e.citizen = a.citizen AND a.given_at <= e.erased_at AND a.key IS NOT NULL",
        sorted(set(message_ids)),
    )


async def destroy_erased(db: asyncpg.Connection, citizens: Sequence[str]) -> None:
    """Destroy the keys of those files of these citizens that were given before their givers were erased."""
    await db.execute(
        "UPDATE attachment AS a SET key = NULL FROM erased_citizen AS e WHERE a.citizen = ANY($1::text[])"
        " AND e.citizen = a.citizen AND a.given_at <= e.erased_at AND a.key IS NOT NULL",
        sorted(set(citizens)),
    )


async def known(pool: asyncpg.Pool, ids: Sequence[str]) -> set[str]:
    """Those of these that are files."""
    rows = await pool.fetch("SELECT id FROM attachment WHERE id = ANY($1::text[])", list(ids))
    return {row["id"] for row in rows}


async def to_be_deleted(pool: asyncpg.Pool, most: int) -> list[str]:
    """Files whose keys are destroyed and whose bytes may still lie in storage; they count in no room any more."""
    rows = await pool.fetch("SELECT id FROM attachment WHERE key IS NULL AND room IS NULL ORDER BY id LIMIT $1", most)
    return [row["id"] for row in rows]


async def forget(pool: asyncpg.Pool, ids: Sequence[str]) -> None:
    """After their bytes are gone."""
    await pool.execute("DELETE FROM attachment WHERE id = ANY($1::text[]) AND key IS NULL AND room IS NULL", list(ids))


async def of_official(pool: asyncpg.Pool, attachment_id: str) -> Kept | None:
    """A file that a message has named."""
    row = await pool.fetchrow(
        "SELECT id, media_type, size, thumbnail, key FROM attachment"
        " WHERE id = $1 AND message_id IS NOT NULL AND key IS NOT NULL",
        attachment_id,
    )
    return Kept(**dict(row)) if row else None


async def of_citizen(pool: asyncpg.Pool, attachment_id: str, fingerprint: bytes) -> Kept | None:
    """A file of a message of the conversation whose secret has this fingerprint."""
    row = await pool.fetchrow(
        "SELECT a.id, a.media_type, a.size, a.thumbnail, a.key FROM attachment AS a"
        " JOIN posted_message AS m ON m.id = a.message_id"
        " WHERE a.id = $1 AND m.fingerprint = $2 AND a.key IS NOT NULL",
        attachment_id,
        fingerprint,
    )
    return Kept(**dict(row)) if row else None


async def note_opening(pool: asyncpg.Pool, attachment_id: str, person: str) -> None:
    """When first and last, and how often."""
    await pool.execute(
        "INSERT INTO attachment_opening (attachment_id, person) VALUES ($1, $2)"
        " ON CONFLICT (attachment_id, person) DO UPDATE SET last_at = now(), times = attachment_opening.times + 1",
        attachment_id, person,
    )  # fmt: skip


MOST_SHOWN = 50
"""Files on a page: the newest."""


@value
class OwnFile:
    """A file as its citizen is told of it."""

    id: str
    media_type: str
    thumbnail: bool
    opened: tuple[tuple[str, datetime], ...]
    """Which officials opened it, each when first."""


async def of_cases(pool: asyncpg.Pool, case_ids: Sequence[str], fingerprint: bytes) -> list[OwnFile]:
    """The newest files of these cases that were given in the conversation whose secret this is the fingerprint of, and
    who opened them; the oldest of them first."""
    rows = await pool.fetch(
        "SELECT f.id, f.media_type, f.thumbnail, o.person, o.opened_at FROM ("
        " SELECT a.* FROM attachment AS a JOIN posted_message AS m ON m.id = a.message_id"
        " WHERE a.case_id = ANY($1::text[]) AND m.fingerprint = $2 AND a.key IS NOT NULL"
        " ORDER BY a.given_at DESC, a.id DESC LIMIT $3) AS f"
        " LEFT JOIN attachment_opening AS o ON o.attachment_id = f.id ORDER BY f.given_at, f.id, o.opened_at",
        list(case_ids), fingerprint, MOST_SHOWN,
    )  # fmt: skip
    found: dict[str, OwnFile] = {}
    for row in rows:
        one = found.get(row["id"]) or OwnFile(row["id"], row["media_type"], row["thumbnail"], ())
        if row["person"] is not None:
            one = replace(one, opened=(*one.opened, (row["person"], row["opened_at"])))
        found[row["id"]] = one
    return list(found.values())
