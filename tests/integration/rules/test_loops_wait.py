"""Several proposals of loops get the same numbers in the chain, whichever of them is read first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor, Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.rules import Forecast, ProposalChecked, ProposeChange, StepRecorded
from common.contracts.patch import Patch, RowChange
from common.federation.country import load_federation
from common.messaging.clock import last_tick
from common.messaging.clock.tick_bounds import after
from rules.handlers import RulesHandler

from tests.conftest import FEDERATION

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(hours=6)


def delivery(event: Event, at: datetime, event_id: str, topic: str) -> Delivery:
    envelope = Envelope(event_id, "reflex", event.type, at, event_id, event_id)
    return Delivery(envelope, event, topic, 0, 0, event_id, event.model_dump_json().encode())


def proposal(number: int, at: datetime) -> Delivery:
    row = {"category": '"street-light"', "area": f'"0{number}"', "authority": '"yard-01"'}
    change = RowChange(op="add", row_id=f"row-{number}", after=row, at=0)
    event = ProposeChange(
        actor=Actor(id="misrouting", role="loop"), proposal_id=f"proposal-{number}", title=f"Proposal {number}",
        words="", patch=Patch(layer="north", base_number=1, table="jurisdiction", changes=(change,)),
        values=("effort",), evidence={}, loop="misrouting",
        forecast=Forecast(
            measure="m", expected=1, low=0, high=2, horizon_days=60, review_at=at + STEP, cannot_know="much"
        ),
    )  # fmt: skip
    return delivery(event, at, f"id-{number}", "rules.commands")


def tick(number: int) -> Delivery:
    since = NOON + number * STEP
    return delivery(TimePassed(since=since, until=since + STEP), since + STEP, f"tick-{number}", "clock.ticks")


def _signer(one: Delivery) -> str:
    actor = getattr(one.event, "actor", None)
    return "reflex" if actor is not None and actor.role == "loop" else "portal"


async def hear(db: asyncpg.Connection, batch: Sequence[Delivery]) -> None:
    """What the consumer remembers of a batch before the service sees it."""
    last = await last_tick.latest(db)
    for one in batch:
        if isinstance(one.event, TimePassed | TimeCorrected):
            last = after(one.event, last)
    if last is not None:
        await last_tick.save(db, last)


async def said(db: asyncpg.Connection, *batches: Sequence[Delivery]) -> list[Emit]:
    """What rules say to these batches, in a transaction that is taken back."""
    handler = RulesHandler(load_federation(FEDERATION), _signer)
    change = db.transaction()
    await change.start()
    try:
        await handler.startup(db)
        found = []
        for batch in batches:
            await hear(db, batch)
            found += await handler.handle(batch, db)
        return found
    finally:
        await change.rollback()


async def test_the_order_of_arrival_decides_no_number_of_the_chain(db: asyncpg.Connection) -> None:
    one, two = proposal(1, NOON + STEP), proposal(2, NOON + STEP)
    first = await said(db, [one, two], [tick(0)], [tick(1)])
    second = await said(db, [two, tick(0)], [one], [tick(1)])
    assert first == second
    steps = [e.event for e in first if isinstance(e.event, StepRecorded)]
    assert [(s.step, s.proposal_id) for s in steps] == [
        ("rules.proposal.checked", "proposal-1"), ("rules.proposal.checked", "proposal-2")
    ]  # fmt: skip


async def test_what_a_loop_proposes_at_a_tick_is_judged_at_the_next_and_dated_so(db: asyncpg.Connection) -> None:
    one = proposal(1, NOON + STEP)
    assert await said(db, [one, tick(0)]) == []
    judged = await said(db, [one, tick(0)], [tick(1)])
    assert [e.time for e in judged if isinstance(e.event, ProposalChecked)] == [NOON + 2 * STEP]
