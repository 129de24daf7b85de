"""The production clock on the real broker and database: one of several ticks, none is missed, none goes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from common.contracts.events.clock import TimePassed
from common.runtime.clock import Clock, next_tick
from common.runtime.clock_check import Moment, wrong_time
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


class Shifted:
    """The real time, shifted as the test says."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


@asynccontextmanager
async def clock(ground: Ground, url: str, wall: Wall | Shifted, **changes: object) -> AsyncIterator[Clock]:
    made = Clock(ground.settings("clock", database_url=url, **changes), wall)
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
        await eventually(lambda: _says(only, None))
    assert [(t.since, t.until) for t in found[1:]] == [(NOON, NOON + timedelta(minutes=2))]


async def test_a_clock_whose_time_is_wrong_says_so_and_says_nothing_else(ground: Ground, clock_url: str) -> None:
    """Ahead of the broker and the database; set back; right again."""
    wall = Shifted()
    wall.by = timedelta(days=60)
    async with clock(ground, clock_url, wall, time="wall") as only:
        await eventually(lambda: _says(only, "by the database's clock"))
        wall.by = timedelta()
        found = await ticks(ground, 1)
        assert found[0].until <= datetime.now(UTC)
        await eventually(lambda: _says(only, None))
        wall.by = timedelta(days=-1)
        await eventually(lambda: _says(only, "NTP"))
        wall.by = timedelta()
        await eventually(lambda: _says(only, None))
        found = await ticks(ground, 1)
    assert max(t.until for t in found) <= datetime.now(UTC)


def test_time_is_compared_with_whatever_else_tells_it() -> None:
    right, skew = Moment(NOON, 1_000.0), timedelta(seconds=30)
    hour = timedelta(hours=1)

    def wrong(now: Moment, last: datetime | None = None, **others: datetime) -> str:
        return wrong_time(now, others, right, last, skew) or ""

    later = Moment(NOON + hour, 4_600.0)
    assert wrong(later, NOON, broker=NOON + hour, database=NOON + hour) == ""
    assert "by the broker's clock" in wrong(later, broker=NOON, database=NOON + hour)
    assert "by the database's clock" in wrong(later, broker=NOON + hour, database=NOON + 2 * hour)
    assert "set back" in wrong(later, last=NOON + 2 * hour)
    jumped = Moment(NOON + hour, 1_010.0)
    assert "jumped ahead by 3590 s" in wrong(jumped, broker=NOON + hour, database=NOON + hour)


async def _says(one: Clock, words: str | None) -> bool:
    problems = (await one.facts())["problems"]
    return not problems if words is None else any(words in p for p in problems)


async def _is(value: bool) -> bool:
    return value
