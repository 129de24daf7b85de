"""The loop `trial` on the real Kafka and PostgreSQL: harm is ordered back once, whatever is told twice or dies; a wrong
tick that adopted is answered by a pause."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import reflex.app
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, derived_id, header_map, to_headers
from common.contracts.events import clock, region, rules
from common.contracts.events.base import Actor, Event
from common.contracts.events.reflex.observations import TrialObserved
from common.contracts.mandates import Mandates
from common.contracts.patch import Patch
from common.contracts.signing import Signer
from common.contracts.trial import ArmDrawn, TrialPlan
from common.federation.country import Federation
from common.messaging.postgres import PLUMBING, migrate, open_pool
from common.rulebook.book import ReleaseBook
from common.runtime.service import Service
from reflex.handlers import ReflexHandler
from reflex.loop import LoopContext
from reflex.loops import trial

from tests.conftest import ROOT, Ground
from tests.databases import Databases
from tests.integration.reflex.replica import Failed, deliver, delivery
from tests.kafka import all_of, at_rest, records_of, send

START = datetime(2011, 7, 5, 14, tzinfo=UTC)
STEP, DAY = timedelta(hours=6), timedelta(days=1)
DUE = 10 * DAY


def started(table: str = "priority") -> rules.TrialStarted:
    patch = Patch(layer="national", base_number=1, table=table, changes=())
    plan = TrialPlan(
        proposal_id="p-1", patch=patch, reversal=patch, unit="case", share=0.5, steps=(0.5, 1.0), salt="s",
        least_outcomes=5, started_at=START,
    )  # fmt: skip
    return rules.TrialStarted(
        proposal_id="p-1", layer="national", number=2, effective_at=START, plan=plan
    )  # fmt: skip


def opened(case_id: str, at: datetime, *, candidate: bool, table: str = "priority") -> region.CaseOpened:
    arm = ArmDrawn(
        proposal_id="p-1", table=table, unit="case", unit_id=case_id, arm="candidate" if candidate else "current",
        probability=0.5, salt="s", current={"priority": 1}, candidate={"priority": 2},
    )  # fmt: skip
    return region.CaseOpened(
        case_id=case_id, region="north", authority="yard-01", actor="routing", state="assigned", reference=case_id,
        message_id=case_id, area="01", category="pothole", priority=1, channel="web", citizen="c", text="a hole",
        received_at=at, due_at=at + DUE, release="national:1", arms=(arm,),
    )  # fmt: skip


def overdue(case_id: str, due: datetime) -> region.CaseOverdue:
    return region.CaseOverdue(
        case_id=case_id, region="north", authority="yard-01", actor="clock", state="in_work", due_at=due
    )


def harm() -> list[tuple[Event, datetime]]:
    """Fifty cases of each rule; under the candidate nine in ten miss their deadline, under the other one in ten."""
    found: list[tuple[Event, datetime]] = []
    for number in range(100):
        candidate, at = number % 2 == 1, START + number * timedelta(minutes=1)
        found.append((opened(f"case-{number:03}", at, candidate=candidate), at))
        if (number // 2) % 10 < (9 if candidate else 1):
            found.append((overdue(f"case-{number:03}", at + DUE), at + DUE))
    return found


@asynccontextmanager
async def running(ground: Ground) -> AsyncIterator[None]:
    service = Service(ground.settings("reflex"), reflex.app.build)
    await service.start()
    try:
        yield
    finally:
        await service.stop()


async def tell(ground: Ground, principal: str, topic: str, key: str, event: Event, at: datetime) -> None:
    body = event.wire()
    name = derived_id("test", topic, key, event.type, at.isoformat())
    mandates = Mandates.load(ground.keys)
    assert mandates is not None
    envelope = Envelope(name, principal, event.type, at, key, name, mandate=mandates.of(key, "north"))
    if event.signed:
        signer = Signer.load(ground.keys, principal)
        assert signer is not None
        envelope = signer.sign(topic, key, envelope, body)
    await send(ground, principal, topic, [(key, to_headers(envelope), body)])


async def tell_harm(ground: Ground) -> None:
    await tell(ground, "rules", "rules.proposals", "p-1", started(), START)
    for event, at in harm():
        await tell(ground, "regional-north", "region.north.cases", event.model_dump()["case_id"], event, at)


async def test_planted_harm_is_ordered_back_once_though_all_is_told_twice_and_the_service_starts_anew(
    ground: Ground,
) -> None:
    end = START + 12 * DAY
    first = clock.TimePassed(since=START, until=end)
    for release in Federation(ground.federation).base_releases():
        published = rules.ReleasePublished.model_validate(release.model_dump())
        key = f"{release.layer}:{release.number}"
        await tell(ground, "rules", "rules.releases", key, published, START)
    async with running(ground):
        await tell_harm(ground)
        await at_rest(ground, "reflex")
        await tell(ground, "world", "clock.ticks", "clock", first, end)
        (record,) = await records_of(ground, "rules", "rules.commands", 1)
        order = rules.RollBackTrial.model_validate_json(record.value or b"")
        assert (order.proposal_id, order.guard, order.actor) == ("p-1", "overdue", Actor(id="trial", role="loop"))
        assert order.numbers["evidence"] >= order.numbers["bound"]
        assert order.numbers["candidate_overdue"] == 0.9
        assert header_map(record.headers)["ce_signature"]
        seen = [r for r in await all_of(ground, "portal", "reflex.observations") if b"gain_bound" in (r.value or b"")]
        assert TrialObserved.model_validate_json(seen[-1].value or b"").candidate.outcomes == 50
    async with running(ground):
        await tell_harm(ground)
        await tell(ground, "world", "clock.ticks", "clock", first, end)
        await tell(ground, "world", "clock.ticks", "clock", clock.TimePassed(since=end, until=end + STEP), end + STEP)
        await at_rest(ground, "reflex")
        assert len(await all_of(ground, "rules", "rules.commands")) == 1


@pytest.fixture
async def pool(databases: Databases) -> asyncpg.Pool:
    pool = await open_pool(databases["reflex"])
    await migrate(pool, [PLUMBING, reflex.app.MIGRATIONS])
    return pool


def replica() -> ReflexHandler:
    federation, book = Federation(ROOT / "tests" / "federation"), ReleaseBook()
    for release in federation.base_releases():
        book.add(release)
    return ReflexHandler([trial.build(LoopContext(federation, book))], lambda delivery: "portal")


def in_batches(ticks: int = 52) -> list[list[Delivery]]:
    """What is told before each tick, and the tick."""
    waiting = [(at, delivery(event, at, f"fact{n}")) for n, (event, at) in enumerate(harm())]
    found = []
    for number in range(ticks):
        since, until = START + number * STEP, START + (number + 1) * STEP
        batch = [d for at, d in waiting if since <= at < until]
        if number == 0:
            batch.insert(0, delivery(started(), START, "started"))
        found.append([*batch, delivery(clock.TimePassed(since=since, until=until), until, f"tick{number}")])
    return found


def orders(emits: Sequence[Emit]) -> list[Emit]:
    return [emit for emit in emits if isinstance(emit.event, rules.TrialOrder)]


async def test_restarts_and_failed_batches_give_the_same_orders_and_observations(pool: asyncpg.Pool) -> None:
    one = replica()
    expected = [emit for batch in in_batches() for emit in await deliver(one, pool, batch)]
    assert [emit.event.type for emit in orders(expected)] == [rules.RollBackTrial.type]
    rows = await pool.fetch("SELECT * FROM loop_state ORDER BY loop, key")
    await pool.execute("TRUNCATE tick_batch, loop_state, last_tick, long_tick, declared_loop CASCADE")
    said: list[Emit] = []
    for number, batch in enumerate(in_batches()):
        anew = replica()
        if number % 5 == 2:
            with pytest.raises(Failed):
                await deliver(anew, pool, batch, fail=True)
        said += await deliver(anew, pool, batch)
    assert said == expected
    assert await pool.fetch("SELECT * FROM loop_state ORDER BY loop, key") == rows


def gain() -> list[tuple[Event, datetime]]:
    """Twelve cases of each rule of jurisdiction; those of the rule in force are all handed on."""
    found: list[tuple[Event, datetime]] = []
    for number in range(24):
        candidate, at = number % 2 == 1, START + number * timedelta(minutes=1)
        found.append((opened(f"case-{number:03}", at, candidate=candidate, table="jurisdiction"), at))
        if not candidate:
            moved = region.CaseTransferred(
                case_id=f"case-{number:03}", region="north", authority="lighting", actor="desk", state="assigned",
                from_authority="yard-01",
            )  # fmt: skip
            found.append((moved, at + timedelta(hours=1)))
    return found


async def test_a_change_that_a_wrong_tick_adopted_is_paused_when_the_clock_is_put_right(pool: asyncpg.Pool) -> None:
    one = replica()
    right, wrong = START + 2 * STEP, START + 60 * DAY
    first = [delivery(started("jurisdiction"), START, "started")]
    first += [delivery(event, at, f"fact{n}") for n, (event, at) in enumerate(gain())]
    assert orders(await deliver(one, pool, [*first, _tick(START, START + STEP)])) == []
    assert orders(await deliver(one, pool, [_tick(START + STEP, right)])) == []
    (early,) = orders(await deliver(one, pool, [_tick(right, wrong)]))
    assert isinstance(early.event, rules.AdoptTrial)
    centre = Actor(id="federal:centre", role="federal")
    corrected = clock.TimeCorrected(wrong_until=wrong, until=right, reason="ahead", actor=centre)
    (back,) = orders(await deliver(one, pool, [delivery(corrected, right, "corrected")]))
    assert isinstance(back.event, rules.PauseTrial)
    assert (back.event.proposal_id, back.event.actor) == ("p-1", Actor(id="trial", role="loop"))
    # Nothing that was counted too early counts: the loop waits for the cases' own time again.
    assert orders(await deliver(one, pool, [_tick(right, right + STEP)])) == []


def _tick(since: datetime, until: datetime) -> Delivery:
    return delivery(clock.TimePassed(since=since, until=until), until, f"tick{until.isoformat()}")
