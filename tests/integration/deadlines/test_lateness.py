"""In production a tick lets deadlines fire only up to its end less the lateness: what came before may be on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events import clock, federal, region, routing
from common.contracts.events.base import Event
from common.contracts.signing import Verifier
from common.messaging.consume.handler import Handler
from common.messaging.postgres import PLUMBING, migrate, transaction
from federal.app import MIGRATIONS as FEDERAL
from federal.handlers import FederalHandler
from federal.model import FederalContext, Rung, Watched
from regional.app import MIGRATIONS as REGIONAL
from regional.case import Authority, RegionContext
from regional.handlers import RegionalHandler

from tests.databases import Databases

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = START + timedelta(minutes=120)
LATENESS = timedelta(minutes=10)


class EveryMinuteWorks:
    """A calendar whose every minute is a working minute."""

    def add(self, start: datetime, minutes: int) -> datetime:
        return start + timedelta(minutes=minutes)

    def minutes_between(self, a: datetime, b: datetime) -> int:
        return int((b - a).total_seconds() // 60)


class Nobody:
    people: tuple[()] = ()


async def pool_of(databases: Databases, name: str) -> asyncpg.Pool:
    pool = await asyncpg.create_pool(databases[name], min_size=1)
    await migrate(pool, [PLUMBING, REGIONAL if name.startswith("regional") else FEDERAL])
    return pool


@pytest.fixture
async def north(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    pool = await pool_of(databases, "regional-north")
    yield pool
    await pool.close()


@pytest.fixture
async def centre(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    pool = await pool_of(databases, "federal")
    yield pool
    await pool.close()


async def apply(pool: asyncpg.Pool, handler: Handler, topic: str, event: Event, at: datetime) -> list[Emit]:
    envelope = Envelope(f"{event.type}/{at.isoformat()}", "test", event.type, at, "c1", "c1", release="national:1")
    async with transaction(pool) as db:
        return await handler.handle([Delivery(envelope, event, topic, 0, 0, "c1", event.wire())], db)


async def tick(pool: asyncpg.Pool, handler: Handler, until: datetime) -> list[Emit]:
    event = clock.TimePassed(since=until - timedelta(hours=1), until=until)
    return await apply(pool, handler, "clock.ticks", event, until)


async def test_a_case_becomes_overdue_with_its_own_time_once_the_lateness_has_passed(north: asyncpg.Pool) -> None:
    context = RegionContext("north", EveryMinuteWorks(), {"roads": Authority("roads", ("north",), True)})
    handler = RegionalHandler(context, Nobody(), Verifier({}), LATENESS)
    assigned = routing.CaseAssigned(
        case_id="c1", reference="R", message_id="m1", region="north", area="02", border_set="b", authority="roads",
        category="potholes", priority=2, answer_minutes=120, extension_minutes=60, channel="web", citizen="p1",
        text="a hole", received_at=START, release="national:1",
    )  # fmt: skip
    await apply(north, handler, "region.north.assignments", assigned, START)
    assert await tick(north, handler, DUE + LATENESS - timedelta(minutes=1)) == []
    (overdue,) = await tick(north, handler, DUE + LATENESS)
    assert isinstance(overdue.event, region.CaseOverdue)
    assert overdue.time == DUE


async def test_the_ladder_climbs_with_its_own_time_once_the_lateness_has_passed(centre: asyncpg.Pool) -> None:
    def rung(case: Watched, level: int, now: datetime) -> Rung | None:
        return Rung(60, "regional_head", False) if level == 1 else None

    handler = FederalHandler(FederalContext(lambda where: EveryMinuteWorks(), rung), LATENESS)
    opened = region.CaseOpened(
        case_id="c1", region="north", authority="roads", actor="routing", state="assigned", reference="R",
        message_id="m", area="02", category="potholes", priority=2, channel="web", citizen="p", text="a hole",
        received_at=START, due_at=DUE, release="national:1",
    )  # fmt: skip
    overdue = region.CaseOverdue(
        case_id="c1", region="north", authority="roads", actor="clock", state="assigned", due_at=DUE
    )
    await apply(centre, handler, "region.north.cases", opened, START)
    await apply(centre, handler, "region.north.cases", overdue, DUE)
    climbs = DUE + timedelta(minutes=60)
    assert await tick(centre, handler, climbs + LATENESS - timedelta(minutes=1)) == []
    (said,) = await tick(centre, handler, climbs + LATENESS)
    assert isinstance(said.event, federal.CaseEscalated)
    assert said.time == climbs
