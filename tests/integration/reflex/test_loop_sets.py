"""Loops that run as processes of their own beside the others: nothing is missed, said twice or run in two places."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import asyncpg
import pytest
import reflex.app
from common.contracts.delivery import Emit
from common.contracts.events.clock import TimePassed
from common.messaging.postgres import PLUMBING, migrate, open_pool, transaction
from common.messaging.settings import SettingsError
from common.runtime.service import Service
from reflex.handlers import ReflexHandler
from reflex.loop import Loop
from reflex.loop_homes import LoopHomes, sets_begun
from reflex.settings import ReflexSettings

from tests.conftest import Ground
from tests.databases import Databases
from tests.integration.reflex.replica import batches, deliver, misrouting_loop
from tests.integration.reflex.test_loop_to_route import APPS, AREAS, NOW, moved, register, running, tell
from tests.integration.reflex.test_stopped_loop import FragileLoop
from tests.kafka import at_rest, eventually, records_of

SET = "set_routes"
DAY = timedelta(days=1)
MOVED_AT = 9
"""Batches before the set begins: some cases have counted, others wait, and nothing is proposed yet."""


@pytest.fixture
async def pools(databases: Databases) -> tuple[asyncpg.Pool, asyncpg.Pool]:
    """The service's own, and that of a set."""
    own, beside = await open_pool(databases["reflex"]), await open_pool(databases["reflex"], SET)
    for pool in (own, beside):
        await migrate(pool, [PLUMBING, reflex.app.MIGRATIONS])
    return own, beside


async def process(
    pool: asyncpg.Pool, loops: Sequence[Loop], part: str = "", *, named: bool = False
) -> ReflexHandler:  # fmt: skip
    """A process of some loops that has just started."""
    homes = LoopHomes([loop.name for loop in loops], part, named=named or bool(part))
    found = ReflexHandler(loops, lambda delivery: "portal", homes)
    async with transaction(pool) as db:
        await found.startup(db)
    return found


def order(said: Sequence[Emit]) -> list[tuple[str, str, str]]:
    return sorted((emit.topic, emit.key, emit.event.model_dump_json()) for emit in said)


async def alone(pool: asyncpg.Pool) -> list[Emit]:
    """What one process of both loops says; its tables are emptied afterwards."""
    one = await process(pool, [FragileLoop(), misrouting_loop()])
    said = [emit for batch in batches() for emit in await deliver(one, pool, batch)]
    await pool.execute("TRUNCATE tick_batch, loop_state, last_tick, declared_loop, loop_home")
    return said


async def test_a_set_takes_a_loop_over_and_both_processes_say_together_what_one_would_have_said(
    pools: tuple[asyncpg.Pool, asyncpg.Pool],
) -> None:
    own, beside = pools
    expected = await alone(own)
    service = await process(own, [FragileLoop(), misrouting_loop()])
    said: list[Emit] = []
    routes: ReflexHandler | None = None
    for number, batch in enumerate(batches()):
        if number == MOVED_AT:
            # In the middle of an interval: the facts of the batch wait for their tick.
            said += await deliver(service, own, batch[:-1])
            routes = await process(beside, [misrouting_loop()], SET)
            batch = batch[-1:]
        said += await deliver(service, own, batch)
        if routes is not None:
            said += await deliver(routes, beside, batch)
        if number == MOVED_AT + 3:
            # Both start anew: the service names no loops, so it leaves the set's alone.
            service = await process(own, [FragileLoop(), misrouting_loop()])
            routes = await process(beside, [misrouting_loop()], SET)
    assert order(said) == order(expected)
    assert {r["loop"] for r in await own.fetch("SELECT loop FROM loop_state")} == {"fragile"}
    assert {r["loop"] for r in await beside.fetch("SELECT loop FROM loop_state")} == {"misrouting"}


async def test_a_loop_is_at_home_in_one_set_alone(pools: tuple[asyncpg.Pool, asyncpg.Pool]) -> None:
    own, beside = pools
    service = await process(own, [FragileLoop(), misrouting_loop()])
    first, second, third, *_ = batches()
    await deliver(service, own, first)
    await process(beside, [misrouting_loop()], SET)
    with pytest.raises(SettingsError, match="misrouting runs in set_routes"):
        await process(own, [FragileLoop(), misrouting_loop()], named=True)
    with pytest.raises(SettingsError, match="misrouting runs in set_routes"):
        await process(own, [misrouting_loop()], "set_other")
    # What was running all the while runs it no more, without a restart.
    await deliver(service, own, second)
    assert not await own.fetchval("SELECT count(*) FROM loop_state WHERE loop = 'misrouting'")
    # A set that starts without it gives it back.
    await process(beside, [FragileLoop()], SET)
    service = await process(own, [misrouting_loop()])
    await deliver(service, own, third)
    assert await own.fetchval("SELECT count(*) FROM loop_state WHERE loop = 'misrouting'")


async def begun(pool: asyncpg.Pool) -> dict[str, list[str]]:
    async with transaction(pool) as db:
        return await sets_begun(db)


async def test_the_sets_that_have_begun_are_told_with_their_loops(databases: Databases) -> None:
    own = await open_pool(databases["reflex"])
    assert await begun(own) == {}
    beside = await open_pool(databases["reflex"], SET)
    for pool in (own, beside):
        await migrate(pool, [PLUMBING, reflex.app.MIGRATIONS])
    await process(own, [FragileLoop(), misrouting_loop()])
    assert await begun(own) == {}
    await process(beside, [misrouting_loop()], SET)
    assert await begun(own) == {"routes": ["misrouting"]}


async def test_a_set_needs_the_service_and_the_names_of_its_loops(ground: Ground) -> None:
    with pytest.raises(ValueError, match="needs OTKLIK_LOOPS"):
        ground.settings("reflex", loop_set="routes")
    settings = ground.settings("reflex", loop_set="routes", loops="misrouting")
    assert isinstance(settings, ReflexSettings)
    assert settings.group == f"{settings.prefix}.reflex.{SET}"


async def _tick(ground: Ground, since: datetime, until: datetime) -> None:
    await tell(ground, "world", "clock.ticks", "clock", TimePassed(since=since, until=until), until)


async def test_two_processes_of_disjoint_loops_on_one_database_and_the_real_kafka(ground: Ground) -> None:
    """The set begins between two ticks, with facts that were counted and facts that wait; it is stopped for a tick, and
    catches up. What is proposed counts all of them, and is proposed once."""
    cases = [(f"case-{area}-{n}", area, NOW - n * DAY) for n in reversed(range(6)) for area in AREAS]
    own, beside = await open_pool(ground.urls["reflex"]), await open_pool(ground.urls["reflex"], SET)
    half, counted, last = NOW - 3 * DAY, NOW + 7 * DAY, NOW + 8 * DAY

    async def both_at(time: datetime) -> None:
        async def there() -> bool:
            found = [await pool.fetchval("SELECT until FROM last_tick") for pool in (own, beside)]
            return found == [time, time]

        await eventually(there)

    async with running(ground), AsyncExitStack() as stack:
        for case_id, area, opened in cases:
            await register(ground, case_id, area, opened)
        await records_of(ground, "world", "region.north.cases", 24)
        await records_of(ground, "world", "region.south.cases", 12)
        await moved(ground, cases)
        await records_of(ground, "world", "region.north.cases", 48)
        await records_of(ground, "world", "region.south.cases", 24)
        await at_rest(ground, *APPS)
        await _tick(ground, NOW - 7 * DAY, half)
        await at_rest(ground, *APPS)
        assert await own.fetchval("SELECT count(*) FROM loop_state WHERE loop = 'misrouting'")
        routes = ground.settings("reflex", loop_set="routes", loops="misrouting")
        loops = Service(routes, reflex.app.build)
        await loops.start()
        await _tick(ground, half, counted)
        await both_at(counted)
        proposed = [json.loads(r.value or b"") for r in await records_of(ground, "rules", "rules.commands", 1)]
        await loops.stop()
        await _tick(ground, counted, last)
        loops = Service(routes, reflex.app.build)
        await loops.start()
        stack.push_async_callback(loops.stop)
        await both_at(last)
        await at_rest(ground, *APPS)
        assert len(await records_of(ground, "rules", "rules.commands", 1)) == 1
        (checked,) = await records_of(ground, "world", "rules.proposals", 1)
        assert checked.value is not None
    assert [p["loop"] for p in proposed] == ["misrouting"]
    assert {c["area"] for c in proposed[0]["evidence"]["cells"]} == set(AREAS)
    assert proposed[0]["evidence"]["wins"] == len(cases)
    at_home = {r["loop"]: r["part"] for r in await own.fetch("SELECT loop, part FROM loop_home")}
    assert at_home.pop("misrouting") == SET
    assert set(at_home.values()) == {""}
    assert not await own.fetchval("SELECT count(*) FROM loop_state WHERE loop = 'misrouting'")
    assert {r["loop"] for r in await beside.fetch("SELECT loop FROM loop_state")} == {"misrouting"}
    await own.close()
    await beside.close()
