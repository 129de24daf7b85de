"""A database of the rulebook's owner, without its service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import rules.app
from common.messaging.postgres import PLUMBING, migrate, open_pool

from tests.databases import Databases

MIGRATIONS = Path(rules.app.__file__).parents[2] / "migrations"


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    pool = await open_pool(databases["rules"])
    try:
        await migrate(pool, [PLUMBING, MIGRATIONS])
        async with pool.acquire() as connection:
            yield connection
    finally:
        await pool.close()
