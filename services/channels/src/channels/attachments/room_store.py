"""SQL of what waits for the messages that name it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Literal

import asyncpg
from common.contracts.attachments import Attachment
from common.messaging.postgres import transaction

from channels.attachments.rooms import Bounds, Room, Way

EVERY = b""
"""In place of a source: all of them."""


class NoRoom(Exception):
    """Which bounds a file would exceed."""

    def __init__(self, whose: Literal["own", "every"]) -> None:
        super().__init__(whose)
        self.whose = whose


async def add(
    pool: asyncpg.Pool, kept: Attachment, channel: str, key: bytes, *, source: bytes, way: Way, room: Room
) -> None:  # fmt: skip
    """Before its bytes go to storage, so that none lie there that nobody knows of. Raises NoRoom."""
    async with transaction(pool) as db:
        if not await _count(db, way, EVERY, kept.size, room.every):
            raise NoRoom("every")
        if not await _count(db, way, source, kept.size, room.own):
            raise NoRoom("own")
        await db.execute(
            "INSERT INTO attachment (id, channel, media_type, size, thumbnail, key, source, room, unnamed_until)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9::interval)",
            kept.id, channel, kept.media_type, kept.size, kept.picture, key, source, way, room.kept,
        )  # fmt: skip


async def _count(db: asyncpg.Connection, way: Way, source: bytes, size: int, most: Bounds) -> bool:
    return bool(
        await db.fetchval(
            "INSERT INTO attachment_room AS r (room, source, bytes, files)"
            " SELECT $1, $2, $3::bigint, 1 WHERE $3::bigint <= $4::bigint"
            " ON CONFLICT (room, source) DO UPDATE SET bytes = r.bytes + excluded.bytes, files = r.files + 1"
            " WHERE r.bytes + excluded.bytes <= $4::bigint AND r.files < $5 RETURNING true",
            way, source, size, most.bytes, most.files,
        )
    )  # fmt: skip


async def full(pool: asyncpg.Pool, way: Way, source: bytes, size: int, room: Room) -> Literal["own", "every"] | None:
    """Which bounds a file of this size would exceed now."""
    rows = await pool.fetch(
        "SELECT source, bytes, files FROM attachment_room WHERE room = $1 AND source IN ($2, $3)", way, EVERY, source
    )
    for row in sorted(rows, key=lambda one: bytes(one["source"]) == EVERY):
        every = bytes(row["source"]) == EVERY
        most = room.every if every else room.own
        if row["bytes"] + size > most.bytes or row["files"] >= most.files:
            return "every" if every else "own"
    return None


async def put_under_way(pool: asyncpg.Pool, channel: str, ids: Collection[str], kept: timedelta) -> set[str]:
    """Files that a message names which is about to be published: those of these that are there."""
    rows = await pool.fetch(
        "WITH named AS (SELECT id FROM attachment WHERE id = ANY($1::text[]) AND channel = $2 AND key IS NOT NULL"
        " ORDER BY id FOR UPDATE)"
        " UPDATE attachment AS a SET under_way = true,"
        " unnamed_until = CASE WHEN a.under_way THEN a.unnamed_until ELSE now() + $3::interval END"
        " FROM named WHERE a.id = named.id RETURNING a.id",
        sorted(ids), channel, kept,
    )  # fmt: skip
    return {row["id"] for row in rows}


async def settle(pool: asyncpg.Pool, most: int) -> int:
    """Count files no more that a message names or that are to go; how many there were."""
    async with transaction(pool) as db:
        await db.execute("SELECT 1 FROM attachment_room WHERE source = $1 ORDER BY room FOR UPDATE", EVERY)
        gone = await db.fetch(
            "WITH done AS (SELECT id, room FROM attachment WHERE room IS NOT NULL AND (under_way OR key IS NULL)"
            " ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)"
            " UPDATE attachment AS a SET room = NULL FROM done WHERE a.id = done.id"
            " RETURNING done.room, a.source, a.size",
            most,
        )
        counted: dict[tuple[str, bytes], tuple[int, int]] = {}
        for row in gone:
            for key in ((row["room"], EVERY), (row["room"], bytes(row["source"]))):
                size, files = counted.get(key, (0, 0))
                counted[key] = size + row["size"], files + 1
        if counted:
            await db.execute(
                "UPDATE attachment_room AS r SET bytes = r.bytes - c.bytes, files = r.files - c.files"
                " FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::integer[]) AS c(room, source, bytes, files)"
                " WHERE r.room = c.room AND r.source = c.source",
                [room for room, _ in counted],
                [source for _, source in counted],
                [size for size, _ in counted.values()],
                [files for _, files in counted.values()],
            )
            await db.execute(
                "DELETE FROM attachment_room WHERE files <= 0 AND source <> $1 AND source = ANY($2::bytea[])",
                EVERY,
                [source for _, source in counted],
            )
    return len(gone)


async def expire(pool: asyncpg.Pool, most: int) -> int:
    """Destroy the keys of files that no message has named in time; how many there were."""
    gone = await pool.fetch(
        "WITH late AS (SELECT id FROM attachment WHERE message_id IS NULL AND key IS NOT NULL AND unnamed_until < now()"
        " ORDER BY unnamed_until LIMIT $1 FOR UPDATE SKIP LOCKED)"
        " UPDATE attachment AS a SET key = NULL FROM late WHERE a.id = late.id RETURNING a.id",
        most,
    )
    return len(gone)


async def make_room(pool: asyncpg.Pool, way: Way, source: bytes, older: timedelta, most: int) -> None:
    """Destroy the keys of the oldest files of a source, or of all, that no message under way names."""
    await pool.execute(
        "WITH old AS (SELECT id FROM attachment WHERE room = $1 AND kept_at < now() - $2::interval AND NOT under_way"
        " AND key IS NOT NULL AND (source = $3 OR $3 = ''::bytea) ORDER BY kept_at LIMIT $4 FOR UPDATE SKIP LOCKED)"
        " UPDATE attachment AS a SET key = NULL FROM old WHERE a.id = old.id",
        way, older, source, most,
    )  # fmt: skip


async def let_go(pool: asyncpg.Pool, attachment_id: str) -> None:
    """Of a file that storage did not take."""
    await pool.execute("UPDATE attachment SET key = NULL WHERE id = $1 AND message_id IS NULL", attachment_id)
