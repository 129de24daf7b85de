"""The archive's database, empty."""

from __future__ import annotations

import archive.app
import asyncpg
import pytest
from common.messaging.postgres import PLUMBING, migrate, open_pool

from tests.conftest import Ground


@pytest.fixture
async def pool(ground: Ground) -> asyncpg.Pool:
    pool = await open_pool(ground.urls["archive"])
    await migrate(pool, [PLUMBING, archive.app.MIGRATIONS])
    return pool
