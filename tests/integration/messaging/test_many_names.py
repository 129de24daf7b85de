"""A batch may hear of more new things than the server's table of locks holds."""

from __future__ import annotations

from common.messaging.postgres import lock_names, open_pool, transaction

from tests.databases import Databases


async def test_a_hundred_thousand_names_are_locked_in_one_transaction(databases: Databases) -> None:
    pool = await open_pool(databases["federal"])
    try:
        async with transaction(pool) as db:
            await lock_names(db, (f"case-{n}" for n in range(100_000)))
            held = await db.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
    finally:
        await pool.close()
    assert 0 < held <= 256
