"""Migrations run once, in order, by one replica at a time, and are not edited afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from common.messaging.postgres import PLUMBING, MigrationChanged, migrate
from embedded.stack import Stack

from tests.conftest import new_prefix
from tests.databases import Databases


@pytest.fixture
async def pool(stack: Stack) -> AsyncIterator[asyncpg.Pool]:
    databases = Databases(stack, new_prefix(), ["routing"], migrated=False)
    made = await asyncpg.create_pool(databases["routing"], min_size=1, max_size=6)
    try:
        yield made
    finally:
        await made.close()
        await databases.drop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "migrations"
    made.mkdir()
    (made / "0001_a.sql").write_text("CREATE TABLE a (n integer); INSERT INTO a VALUES (1);")
    (made / "0002_b.sql").write_text("UPDATE a SET n = n + 1;")
    return made


async def test_two_replicas_that_migrate_at_once_run_each_file_once(pool: asyncpg.Pool, folder: Path) -> None:
    await asyncio.gather(*(migrate(pool, [PLUMBING, folder]) for _ in range(4)))
    assert await pool.fetchval("SELECT n FROM a") == 2


async def test_a_migration_that_was_edited_after_it_ran_is_refused(pool: asyncpg.Pool, folder: Path) -> None:
    await migrate(pool, [folder])
    (folder / "0001_a.sql").write_text("CREATE TABLE a (n bigint);")
    with pytest.raises(MigrationChanged, match=r"0001_a\.sql was edited"):
        await migrate(pool, [folder])


async def test_a_migration_that_fails_leaves_nothing_and_runs_when_mended(pool: asyncpg.Pool, folder: Path) -> None:
    (folder / "0003_c.sql").write_text("CREATE TABLE c (n integer); SELECT nonsense;")
    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrate(pool, [folder])
    assert await pool.fetchval("SELECT to_regclass('c')") is None
    (folder / "0003_c.sql").write_text("CREATE TABLE c (n integer);")
    await migrate(pool, [folder])
    assert await pool.fetchval("SELECT to_regclass('c')") == "c"


async def test_a_migration_and_the_wait_for_one_may_take_longer_than_a_statement_of_the_pool(
    stack: Stack, folder: Path
) -> None:  # fmt: skip
    databases = Databases(stack, new_prefix(), ["routing"], migrated=False)
    (folder / "0003_c.sql").write_text("SELECT pg_sleep(1.5); UPDATE a SET n = n + 1;")
    async with asyncpg.create_pool(databases["routing"], min_size=2, max_size=2, command_timeout=0.75) as short:
        await asyncio.gather(*(migrate(short, [folder]) for _ in range(2)))
        assert await short.fetchval("SELECT n FROM a", timeout=10) == 3
    await databases.drop()
