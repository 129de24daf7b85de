"""A database of the rulebook's owner, without its service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import rules.app
from common.messaging.postgres import PLUMBING, migrate, open_pool
from embedded.stack import Stack

from tests.conftest import new_prefix
from tests.databases import Databases

MIGRATIONS = Path(rules.app.__file__).parents[2] / "migrations"


@pytest.fixture(scope="module")
async def db(stack: Stack) -> AsyncIterator[asyncpg.Connection]:
    """One for a module, whose tests take back what they write."""
    made = Databases(stack, new_prefix(), ["rules"])
    pool = await open_pool(made["rules"])
    try:
        await migrate(pool, [PLUMBING, MIGRATIONS])
        async with pool.acquire() as connection:
            yield connection
    finally:
        await pool.close()
        await made.drop()
