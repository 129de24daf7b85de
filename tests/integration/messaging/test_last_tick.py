"""The last tick of a service: what moves time on reaches the handler, what does not is left out, and it is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor, Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.region import AcceptCase
from common.federation.country import Person
from common.messaging.clock import last_tick
from common.messaging.clock.tick_bounds import TickBounds
from common.messaging.postgres import PLUMBING, migrate

from tests.databases import Databases

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(hours=6)
CENTRE = Actor(id="federal:centre", role="federal", scope="*")


class Country:
    people = (Person(id="federal:centre", role="federal", scope="*"),)


def delivery(event: Event, principal: str) -> Delivery:
    envelope = Envelope("id", principal, event.type, NOON, "clock", "clock")
    return Delivery(envelope, event, "clock.ticks", 0, 0, "clock", appended_at=NOON, principal=principal)


def tick(number: int) -> Delivery:
    return delivery(TimePassed(since=NOON + number * STEP, until=NOON + (number + 1) * STEP), "world")


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    pool = await asyncpg.create_pool(databases["rules"], min_size=1)
    await migrate(pool, [PLUMBING])
    async with pool.acquire() as connection:
        yield connection
    await pool.close()


async def handed_on(db: asyncpg.Connection, batch: Sequence[Delivery]) -> list[Event]:
    kept, refused = await last_tick.hear(db, batch, TickBounds("ticks", timedelta(0), Country()))
    assert refused == []
    return [one.event for one in kept]


async def test_a_tick_that_moves_time_no_further_is_left_out(db: asyncpg.Connection) -> None:
    order = delivery(AcceptCase(actor=CENTRE, case_id="c1"), "portal")
    assert await handed_on(db, [tick(0), order, tick(0), tick(1)]) == [tick(0).event, order.event, tick(1).event]
    assert await handed_on(db, [tick(0), tick(1)]) == []
    assert await handed_on(db, [tick(2)]) == [tick(2).event]


async def test_the_last_tick_is_kept_for_every_replica(db: asyncpg.Connection) -> None:
    assert await last_tick.latest(db) is None
    await handed_on(db, [tick(0), tick(1)])
    assert await last_tick.latest(db) == tick(1).event


async def test_after_a_correction_ticks_up_to_the_wrong_one_move_time_again(db: asyncpg.Connection) -> None:
    await handed_on(db, [tick(0), tick(1)])
    right = NOON + STEP
    corrected = TimeCorrected(wrong_until=right + STEP, until=right, reason="ahead", actor=CENTRE)
    assert await handed_on(db, [delivery(corrected, "operator")]) == [corrected]
    last = await last_tick.latest(db)
    assert last is not None
    assert last.until == right
    assert await handed_on(db, [tick(1)]) == [tick(1).event]
