"""A batch may hear of more new things than the server's table of locks holds."""

from __future__ import annotations

from common.messaging.postgres import delete_in_steps, lock_names, open_pool, transaction

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


async def test_rows_are_deleted_in_steps_of_which_none_is_larger_than_asked(databases: Databases) -> None:
    pool = await open_pool(databases["federal"])
    try:
        await pool.execute("CREATE TABLE gone AS SELECT n, n <= 7 AS old FROM generate_series(1, 10) AS n")
        await pool.execute("CREATE TABLE step (rows bigint)")
        await pool.execute(
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " INSERT INTO step SELECT count(*) FROM deleted; RETURN NULL; END $$"
        )
        await pool.execute(
            "CREATE TRIGGER noted AFTER DELETE ON gone REFERENCING OLD TABLE AS deleted"
            " FOR EACH STATEMENT EXECUTE FUNCTION note()"
        )
        statement = "DELETE FROM gone WHERE ctid IN (SELECT ctid FROM gone WHERE old = $1 LIMIT $2)"
        assert await delete_in_steps(pool, statement, True, step=3) == 7
        assert [row["rows"] for row in await pool.fetch("SELECT rows FROM step")] == [3, 3, 1]
        assert await pool.fetchval("SELECT count(*) FROM gone") == 3
    finally:
        await pool.close()
