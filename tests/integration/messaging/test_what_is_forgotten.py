"""What services forget every so often, said to tables as their migrations make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
from channels import store as posts
from channels.adapters.email import store as mails
from channels.adapters.hotline import store as hotline_store
from channels.adapters.public_posts import store as public_talk_store
from channels.attachments import room_store
from channels.attachments import store as files
from channels.bots import store as talks
from channels.delivery import store as deliveries
from common.messaging.consume.dead_letters import forget_settled, settle
from common.messaging.postgres import open_pool
from intake import known_store, link_store, told_questions, voice_store
from intake.forgetting import Remembered, forget_old
from portal import session_store
from portal.drafts import Drafts
from portal.row_draft_store import RowDrafts

from tests.databases import Databases

LONG_AGO = timedelta(days=1)


async def test_channels_forgets_what_is_old_and_keeps_the_rest(databases: Databases) -> None:
    pool = await open_pool(databases["channels"])
    try:
        await pool.execute(
            "INSERT INTO idempotency (key, body, seen_at)"
            " VALUES ('old', 'b', now() - interval '2 days'), ('new', 'b', now())"
        )
        await posts.forget_keys(pool, LONG_AGO)
        assert await pool.fetchval("SELECT string_agg(encode(key, 'escape'), ',') FROM idempotency") == "new"
        await talks.forget_talks(pool, LONG_AGO)
        await mails.forget_old(pool, LONG_AGO, LONG_AGO)
        await hotline_store.forget_old(pool, LONG_AGO, LONG_AGO, LONG_AGO, LONG_AGO)
        await public_talk_store.forget_old(pool, LONG_AGO)
        await deliveries.forget(pool, LONG_AGO)
        assert (await room_store.expire(pool, 10), await room_store.settle(pool, 10)) == (0, 0)
        await pool.execute(
            "INSERT INTO attachment (id, channel, media_type, size, thumbnail, key, source, message_id)"
            " VALUES ('f', 'web', 'image/png', 1, false, '', '', 'm')"
        )
        for person in ("desk:yard-01", "operator:a", "desk:yard-01"):
            await files.note_opening(pool, "f", person)
        noted = "SELECT person, times, last_at >= opened_at AS ordered FROM attachment_opening ORDER BY person"
        assert [tuple(row) for row in await pool.fetch(noted)] == [("desk:yard-01", 2, True), ("operator:a", 1, True)]
        await pool.execute("DELETE FROM attachment")
        assert await pool.fetchval("SELECT count(*) FROM attachment_opening") == 0
    finally:
        await pool.close()


async def test_the_portal_forgets_what_is_old_and_keeps_the_rest(databases: Databases) -> None:
    pool = await open_pool(databases["portal"])
    try:
        await pool.execute(
            "INSERT INTO used_link (id, used_at) VALUES ('old', now() - interval '2 days'), ('new', now())"
        )
        await session_store.forget(pool, LONG_AGO, LONG_AGO, LONG_AGO)
        assert await pool.fetchval("SELECT string_agg(encode(id, 'escape'), ',') FROM used_link") == "new"
        await Drafts(pool).forget(LONG_AGO)
        await RowDrafts(pool).forget(LONG_AGO)
    finally:
        await pool.close()


HEARD = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 180
OLD, NEW = HEARD - timedelta(days=DAYS), HEARD - timedelta(days=DAYS - 1)


async def test_intake_forgets_what_it_asked_and_told_and_decides_the_same_before(databases: Databases) -> None:
    pool = await open_pool(databases["intake"])
    try:
        await pool.execute("INSERT INTO heard_tick (since, until) VALUES ($1, $1)", HEARD)
        for name, at in (("old", OLD), ("new", NEW)):
            await pool.execute("INSERT INTO may_be_known VALUES ($1, 'x', $2)", name, at)
            await pool.execute("INSERT INTO told_question VALUES ($1, $2)", name, at)
            await pool.execute("INSERT INTO opened_proposal VALUES ($1, $1, $2)", name, at)
            await pool.execute("INSERT INTO awaited_code VALUES ($1, 'c', 'o', '', $2)", name.encode(), at)
        ages = {"old": timedelta(days=DAYS + 1), "new": timedelta(days=DAYS - 1)}
        for name, age in ages.items():
            await pool.execute(
                "INSERT INTO notice_delivery (notice_id, delivered, noted_at) VALUES ($1, true, now() - $2::interval)",
                name, age,
            )  # fmt: skip
            await pool.execute("INSERT INTO told_escalation VALUES ($1, 1, 'n', now() - $2::interval)", name, age)
        told = "INSERT INTO told_proposal VALUES ($1, $2, $3, $3, now() - $4::interval)"
        await pool.execute(told, b"old", "a", "closed", ages["old"])
        await pool.execute(told, b"open", "b", "new", ages["old"])
        await pool.execute(told, b"new", "c", "closed", ages["new"])
        remembered = Remembered(DAYS)
        async with pool.acquire() as db:
            assert await decided(db, remembered.since(HEARD)) == [["new"]] * 4
        await forget_old(pool, remembered)
        async with pool.acquire() as db:
            assert await decided(db, None) == [["new"]] * 4
        for table, column in (("notice_delivery", "notice_id"), ("told_escalation", "case_id")):
            left = f"SELECT string_agg({column}, ',') FROM {table}"  # noqa: S608
            assert await pool.fetchval(left) == "new"
        left = "SELECT string_agg(encode(thread, 'escape'), ',' ORDER BY thread) FROM told_proposal"
        assert await pool.fetchval(left) == "new,open", "what may still be spoken of stays"
    finally:
        await pool.close()


async def decided(db: asyncpg.Connection, since: datetime | None) -> list[list[str]]:
    """Whatever decides something, by the names of its rows."""
    names, threads = ["old", "new"], [b"old", b"new"]
    awaited = (await link_store.links(db, ["c"], threads, since)).awaited
    return [
        sorted(await known_store.asked(db, names, since)),
        sorted(await told_questions.asked_at(db, names, since)),
        sorted(await voice_store.opened_among(db, names, since)),
        sorted(thread.decode() for thread in awaited),
    ]


async def test_settled_letters_are_forgotten_and_open_ones_never(databases: Databases) -> None:
    pool = await open_pool(databases["rules"])
    try:
        for name in ("open", "old", "new"):
            await pool.execute(
                'INSERT INTO dead_letter (id, topic, partition, "offset", key, headers, body, reason, parks_key,'
                " appended_at) VALUES ($1, 't', 0, 0, 'k', '', '', 'r', false, now() - interval '9 years')",
                name,
            )
        async with pool.acquire() as db:
            await settle(db, "old", "skipped")
            await settle(db, "new", "replayed")
        await pool.execute("UPDATE dead_letter SET settled_at = now() - interval '2 days' WHERE id = 'old'")
        assert await forget_settled(pool, LONG_AGO) == 1
        assert await pool.fetchval("SELECT string_agg(id, ',' ORDER BY id) FROM dead_letter") == "new,open"
    finally:
        await pool.close()
