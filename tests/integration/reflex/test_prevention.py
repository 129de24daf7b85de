"""A prevention order on the real database: given once whatever fails on the way, answered by whoever may, refused to
others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
import pytest
import reflex.app
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import derived_id
from common.contracts.events import clock, region
from common.contracts.events.base import Actor, Event, Place
from common.contracts.events.reflex.observations import LoopDeclared
from common.contracts.events.reflex.prevention import (
    AnswerPrevention,
    PreventionAnswered,
    PreventionOrdered,
    PreventionReviewed,
    ReflexCommandRefused,
)
from common.contracts.signing import SignatureRefused
from common.federation.country import Federation
from common.messaging.postgres import PLUMBING, migrate, open_pool
from common.rulebook.book import ReleaseBook
from reflex.handlers import ReflexHandler
from reflex.loop import LoopContext
from reflex.loops import recurrence

from tests.conftest import ROOT
from tests.databases import Databases
from tests.integration.reflex.replica import START, Failed, deliver, delivery

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")


@pytest.fixture
async def pool(databases: Databases) -> asyncpg.Pool:
    pool = await open_pool(databases["reflex"])
    await migrate(pool, [PLUMBING, reflex.app.MIGRATIONS])
    return pool


def replica() -> ReflexHandler:
    federation, book = Federation(ROOT / "tests" / "federation"), ReleaseBook()
    for release in federation.base_releases():
        book.add(release)

    def check(given: Delivery) -> str:
        if given.principal is None:
            raise SignatureRefused("nobody signed it")
        return given.principal

    return ReflexHandler([recurrence.build(LoopContext(federation, book))], check)


def told(number: int) -> list[Delivery]:
    """A day on which a hole is reported at one point and repaired, and its tick."""
    at, case_id = START + number * DAY + HOUR, f"case-{number:03}"
    opened = region.CaseOpened(
        case_id=case_id, region="north", authority="yard-01", actor="routing", state="assigned", reference=case_id,
        message_id=case_id, area="01", category="pothole", priority=1, channel="web", citizen="c", text="a hole",
        place=Place(lat=42.3, lon=-71.1), received_at=at, due_at=at, release="national:1",
    )  # fmt: skip
    repaired = region.CaseAnswered(
        case_id=case_id, region="north", authority="yard-01", actor="desk", state="answered", text="filled",
        on_time=True, worked_minutes=60,
    )  # fmt: skip
    both = [delivery(opened, at, f"o{number}"), delivery(repaired, at + HOUR, f"a{number}")]
    return [*both, tick(at + 23 * HOUR)]


def tick(until: datetime) -> Delivery:
    return delivery(clock.TimePassed(since=until - DAY, until=until), until, f"tick{until.isoformat()}")


def answer(order_id: str, at: datetime, actor: Actor = DESK, *, signed: bool = True) -> Delivery:
    command = AnswerPrevention(
        actor=actor, order_id=order_id, cause="poor_repair", explanation="The bed was never renewed",
        done="Bed renewed over ten metres",
    )  # fmt: skip
    found = delivery(command, at, derived_id(order_id, actor.id, at.isoformat()))
    return replace(found, topic="reflex.commands", principal="portal" if signed else None)


def of(emits: Sequence[Emit], kind: type[Event]) -> list[Event]:
    return [emit.event for emit in emits if isinstance(emit.event, kind)]


async def test_an_order_is_given_answered_once_and_reviewed_whatever_replica_is_at_it(pool: asyncpg.Pool) -> None:
    said: list[Emit] = []
    for number in range(6):
        if number % 2:
            with pytest.raises(Failed):
                await deliver(replica(), pool, told(number), fail=True)
        said += await deliver(replica(), pool, told(number))
    (order,) = of(said, PreventionOrdered)
    assert isinstance(order, PreventionOrdered)
    assert {e.topic for e in said if not isinstance(e.event, LoopDeclared)} == {"reflex.prevention"}

    now = START + 8 * DAY
    stranger = Actor(id="desk:yard-02", role="desk", scope="yard-02")
    (unsigned,) = await deliver(replica(), pool, [answer(order.order_id, now, signed=False)])
    assert isinstance(unsigned.event, ReflexCommandRefused)
    batch = [answer(order.order_id, now, stranger), answer(order.order_id, now + HOUR), tick(now + DAY)]
    refused, taken = [emit.event for emit in await deliver(replica(), pool, batch)]
    assert isinstance(refused, ReflexCommandRefused)
    assert refused.code == "other_scope"
    assert isinstance(taken, PreventionAnswered)
    assert taken.answered_at == now + HOUR
    (reviewed,) = of(await deliver(replica(), pool, [tick(now + 70 * DAY)]), PreventionReviewed)
    assert isinstance(reviewed, PreventionReviewed)
    assert (reviewed.order_id, reviewed.days, reviewed.answered) == (order.order_id, 0, True)
