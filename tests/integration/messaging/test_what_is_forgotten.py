"""What services forget every so often, said to tables as their migrations make them."""

from __future__ import annotations

from datetime import timedelta

from channels import store as posts
from channels.adapters.email import store as mails
from channels.adapters.hotline import store as hotline_store
from channels.adapters.public_posts import store as public_talk_store
from channels.attachments import room_store
from channels.bots import store as talks
from channels.delivery import store as deliveries
from common.messaging.postgres import open_pool
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
