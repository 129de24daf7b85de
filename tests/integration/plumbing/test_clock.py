"""The production clock on the real broker and database: one of several ticks, none is missed, none goes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from common.clock import Clock, next_tick
from common.events.clock import TimePassed
from embedded.provision import provision_postgres

from tests import kafka
from tests.conftest import Ground
from tests.kafka import eventually

NOON = datetime(2011, 7, 1, 12, tzinfo=UTC)


class Wall:
    """A wall clock that the test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def clock_url(ground: Ground) -> str:
    name = ground.database("clock")
    return (await provision_postgres(ground.stack, [name]))[name]


@asynccontextmanager
async def clock(ground: Ground, url: str, wall: Wall) -> AsyncIterator[Clock]:
    made = Clock(ground.settings("clock", database_url=url), wall)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        made.end()
        await task


async def ticks(ground: Ground, count: int) -> list[TimePassed]:
    records = await kafka.records_of(ground, "clock", "clock.ticks", count)
    return [TimePassed.model_validate_json(r.value or b"") for r in records]


def test_a_pause_is_covered_by_one_tick_however_long() -> None:
    assert next_tick(NOON, NOON + timedelta(hours=3, seconds=5)) == TimePassed(
        since=NOON, until=NOON + timedelta(hours=3)
    )
    assert next_tick(NOON, NOON + timedelta(seconds=59)) is None
    assert next_tick(NOON, NOON - timedelta(hours=1)) is None


async def test_one_of_two_clocks_ticks_and_the_other_goes_on_where_it_ended(ground: Ground, clock_url: str) -> None:
    wall = Wall()
    async with clock(ground, clock_url, wall) as first:
        await ticks(ground, 1)
        async with clock(ground, clock_url, wall) as second:
            assert (first.leads, second.leads) == (True, False)
            wall.now += timedelta(minutes=1)
            await ticks(ground, 2)
            first.end()
            await eventually(lambda: _is(second.leads))
            wall.now += timedelta(minutes=30)
            found = await ticks(ground, 3)
    assert [t.until for t in found] == [NOON, NOON + timedelta(minutes=1), NOON + timedelta(minutes=31)]
    assert [t.since for t in found[1:]] == [t.until for t in found[:-1]]


async def test_a_clock_that_loses_its_session_is_elected_again_and_misses_nothing(
    ground: Ground, clock_url: str
) -> None:
    wall = Wall()
    async with clock(ground, clock_url, wall) as only:
        await ticks(ground, 1)
        db = await asyncpg.connect(ground.stack.database_url("postgres"))
        try:
            await db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", ground.database("clock")
            )
        finally:
            await db.close()
        wall.now += timedelta(minutes=2)
        found = await ticks(ground, 2)
        await eventually(lambda: _is(only.leads))
        assert (await only.facts())["problems"] == []
    assert [(t.since, t.until) for t in found[1:]] == [(NOON, NOON + timedelta(minutes=2))]


async def _is(value: bool) -> bool:
    return value
