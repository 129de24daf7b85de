"""A replica of reflex on the real database without Kafka, and the batches that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events import clock, region
from common.contracts.events.base import Event
from common.federation.country import Federation
from common.messaging.postgres import transaction
from common.rulebook.book import ReleaseBook
from reflex.handlers import ReflexHandler
from reflex.loop import Loop, LoopContext
from reflex.loops import misrouting

from tests.conftest import ROOT

START = datetime(2011, 7, 5, 14, tzinfo=UTC)
STEP = timedelta(hours=6)


class Failed(Exception):
    """Something after the handler failed, and the transaction with it."""


def handler(*beside: Loop) -> ReflexHandler:
    """One replica of the misrouting loop, and of those before it, without Kafka."""
    return ReflexHandler([*beside, misrouting_loop()], lambda delivery: "portal")


def misrouting_loop() -> Loop:
    federation, book = Federation(ROOT / "tests" / "federation"), ReleaseBook()
    for release in federation.base_releases():
        book.add(release)
    return misrouting.build(LoopContext(federation, book))


def delivery(event: Event, at: datetime, name: str) -> Delivery:
    envelope = Envelope(derived_id(name), "test", event.type, at, name, name)
    return Delivery(envelope, event, "region.north.cases", 0, 0, name)


def batches(count: int = 24) -> list[list[Delivery]]:
    """Potholes of area 01 that the yard hands on to lighting, one a tick, and the ticks until all have counted."""
    found = []
    for number in range(count + 20):
        since = START + number * STEP
        batch = []
        if number < count:
            at, case_id = since + timedelta(hours=1), f"case-{number:03}"
            opened = region.CaseOpened(
                case_id=case_id, region="north", authority="yard-01", actor="routing", state="assigned",
                reference=case_id, message_id=case_id, area="01", category="pothole", priority=1, channel="web",
                citizen="c", text="a hole", received_at=at, due_at=at, release="national:1",
            )  # fmt: skip
            moved = region.CaseTransferred(
                case_id=case_id, region="north", authority="lighting", actor="desk", state="assigned",
                from_authority="yard-01",
            )  # fmt: skip
            batch += [delivery(opened, at, f"o{number}"), delivery(moved, at + timedelta(hours=1), f"t{number}")]
        tick = clock.TimePassed(since=since, until=since + STEP)
        found.append([*batch, delivery(tick, since + STEP, f"tick{number}")])
    return found


async def deliver(
    replica: ReflexHandler, pool: asyncpg.Pool, batch: Sequence[Delivery], *, fail: bool = False
) -> list[Emit]:
    async with transaction(pool) as db:
        emits = await replica.handle(batch, db)
        if fail:
            raise Failed
    return emits
