"""Whoever answers a mail that they did not ask for with "stop" gets none for a year."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
from channels.adapters.email import store

from tests.databases import Databases


async def test_a_stop_holds_for_a_year_from_the_last_one_and_is_forgotten_then(databases: Databases) -> None:
    pool = await asyncpg.create_pool(databases["channels"], min_size=1, max_size=1)
    past = "UPDATE mail_opt_out SET since = now() - $1::interval - interval '1 minute' WHERE whose = 'ann'"
    for whose in ("ann", "bob"):
        await store.opt_out(pool, whose)
    assert await store.wants_none(pool, "ann")
    await pool.execute(past, store.OPT_OUT_HOLDS)
    assert not await store.wants_none(pool, "ann")
    await store.opt_out(pool, "ann")
    assert await store.wants_none(pool, "ann")
    await pool.execute(past, store.OPT_OUT_HOLDS)
    await store.forget_old(pool, timedelta(days=1), timedelta(days=1))
    assert [row["whose"] for row in await pool.fetch("SELECT whose FROM mail_opt_out")] == ["bob"]
    await pool.close()
