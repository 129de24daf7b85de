"""All replicas of a service judge an order's time by the same tick, though only one of them reads the clock."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import asyncpg
import regional.app
from common.contracts.events import region
from common.contracts.events.base import Actor
from common.contracts.events.clock import TimePassed
from common.runtime.service import Service

from tests.conftest import Ground
from tests.end_to_end.system import command, fact
from tests.kafka import eventually, records_of

NOON = datetime(2011, 7, 1, 12, tzinfo=UTC)
CLOCK, ORDERS, CASES = "clock.ticks", "region.north.commands", "region.north.cases"


async def test_a_replica_that_has_read_no_tick_refuses_what_lies_in_the_future(ground: Ground) -> None:
    settings = ground.settings("regional-north", time="ticks")
    accept = region.AcceptCase(actor=Actor(id="desk:yard-01", role="desk", scope="yard-01"), case_id="no-such-case")
    async with AsyncExitStack() as stack:
        db = await asyncpg.connect(ground.urls["regional-north"])
        stack.push_async_callback(db.close)
        first = Service(settings, regional.app.build)
        await first.start()
        try:
            tick = TimePassed(since=NOON - timedelta(hours=6), until=NOON)
            await fact(ground, "world", CLOCK, "clock", tick, NOON)
            await eventually(lambda: heard(db))
        finally:
            await first.stop()
        second = Service(settings, regional.app.build)
        await second.start()
        stack.push_async_callback(second.stop)
        await command(ground, ORDERS, "no-such-case", accept, at=NOON + timedelta(days=3))
        await command(ground, ORDERS, "no-such-case", accept, at=NOON + timedelta(hours=3))
        refused = [
            region.CommandRefused.model_validate_json(r.value or b"")
            for r in await records_of(ground, "world", CASES, 2)
        ]
    assert ["in the future" in r.reason for r in refused] == [True, False]


async def heard(db: asyncpg.Connection) -> bool:
    return await db.fetchval("SELECT true FROM heard_tick") is not None
