"""What a request reads, it reads as of one moment, whatever is written meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import httpx
from common.messaging.postgres import PLUMBING, migrate
from portal.app import MIGRATIONS
from portal.queries import Reader
from portal.snapshot import InOneSnapshot, SnapshotPool
from portal.store import correct_clock, set_clock
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.conftest import Ground

BEFORE, AFTER = datetime(2011, 7, 1, tzinfo=UTC), datetime(2011, 7, 2, tzinfo=UTC)


@asynccontextmanager
async def portal_database(ground: Ground) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(ground.urls["portal"], min_size=1, max_size=3) as pool:
        await migrate(pool, [PLUMBING, MIGRATIONS])
        async with pool.acquire() as db:
            await set_clock(db, BEFORE)
        yield pool


async def test_a_page_reads_what_was_true_when_it_began_though_it_changes_meanwhile(ground: Ground) -> None:
    async with portal_database(ground) as pool:
        snapshots = SnapshotPool(pool)
        reader = Reader(snapshots)

        async def page(request: Request) -> Response:
            first = await reader.clock()
            async with pool.acquire() as db:
                await set_clock(db, AFTER)
            second = await reader.clock()
            await snapshots.release()
            return JSONResponse([str(moment) for moment in (first, second, await reader.clock())])

        app = Starlette(routes=[Route("/page", page), Route("/lasting", page)])
        lead = InOneSnapshot(app, snapshots, frozenset({"/lasting"}))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(lead), base_url="http://portal") as browser:
            assert (await browser.get("/page")).json() == [str(BEFORE), str(BEFORE), str(AFTER)]
            async with pool.acquire() as db:
                await correct_clock(db, BEFORE)
            assert (await browser.get("/lasting")).json() == [str(BEFORE), str(AFTER), str(AFTER)]


async def test_questions_asked_at_once_within_a_snapshot_are_answered_in_turn_on_one_connection(ground: Ground) -> None:
    async with portal_database(ground) as pool:
        snapshots = SnapshotPool(pool)
        reader = Reader(snapshots)
        async with snapshots.taken():
            found = await asyncio.gather(*(reader.clock() for _ in range(20)))
            assert set(found) == {BEFORE}
            assert pool.get_size() - pool.get_idle_size() == 1
        assert pool.get_size() == pool.get_idle_size()


async def test_a_snapshot_ends_with_the_error_of_the_page_that_took_it_and_gives_its_connection_back(
    ground: Ground,
) -> None:
    async with portal_database(ground) as pool:
        snapshots = SnapshotPool(pool)
        try:
            async with snapshots.taken():
                await snapshots.fetchval("SELECT 1 / 0")
        except asyncpg.DivisionByZeroError:
            pass
        else:
            raise AssertionError("the question was refused")
        assert pool.get_size() == pool.get_idle_size()
        assert await snapshots.fetchval("SELECT 1") == 1
