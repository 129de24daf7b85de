"""A loop that fails is stopped alone: the others say what they would have said, it is shown, tried again after growing
pauses, and gets in order what it has missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

import asyncpg
import httpx
import pytest
import reflex.app
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events import clock
from common.contracts.events.base import Actor
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.signing import Signer
from common.messaging.postgres import PLUMBING, migrate, open_pool
from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.service import Service, ServiceSpec
from reflex.facts import CaseOpened, CaseTransferred, Fact
from reflex.handlers import ReflexHandler
from reflex.loop import LoopOutput, LoopSettings
from reflex.loop_readiness import LoopWatch

from tests.conftest import Ground
from tests.databases import Databases
from tests.integration.reflex.replica import START, STEP, Failed, batches, deliver, delivery, handler
from tests.kafka import eventually, send

Fault = Literal["observe", "tick", "output", "state", "load", ""]
FIRST_BROKEN, MENDED = 3, 12
"""Ticks."""


class FragileLoop:
    """Remembers the facts it was given; breaks at the place that `fault` names."""

    name: ClassVar[str] = "fragile"
    facts: ClassVar[frozenset[type[Fact]]] = frozenset({CaseOpened, CaseTransferred})
    settings: ClassVar[type[LoopSettings]] = LoopSettings

    def __init__(self, fault: Fault = "") -> None:
        self.fault: Fault = fault
        self.tries: list[datetime] = []
        self._seen: list[str] = []

    def observe(self, fact: Fact) -> None:
        self._seen.append(f"{fact.at.isoformat()} {fact.id}")
        if self.fault == "observe":
            raise KeyError("a secret")

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        self.tries.append(now)
        if self.fault == "tick":
            raise ZeroDivisionError
        numbers = {"unwritable": object()} if self.fault == "output" else {}
        return [FindingMade(loop=self.name, key="k", kind="alarm", words="seen", numbers=numbers, found_at=now)]

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        if self.fault == "load":
            raise KeyError("of another version")
        self._seen = list(state["all"]["seen"]) if "all" in state else []

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        return {"a\x00b" if self.fault == "state" else "all": {"seen": self._seen}}


@pytest.fixture
async def pool(databases: Databases) -> asyncpg.Pool:
    pool = await open_pool(databases["reflex"])
    await migrate(pool, [PLUMBING, reflex.app.MIGRATIONS])
    return pool


async def emptied(pool: asyncpg.Pool) -> None:
    await pool.execute(
        "TRUNCATE tick_batch, loop_state, last_tick, long_tick, stopped_loop, fact_missed, fact_taken, declared_loop"
        " CASCADE"
    )


def of_loop(emits: Sequence[Emit], loop: str) -> list[Emit]:
    return [e for e in emits if getattr(e.event, "loop", None) == loop]


def kinds(emits: Sequence[Emit]) -> list[str]:
    return [e.event.kind for e in of_loop(emits, "fragile") if isinstance(e.event, FindingMade)]


async def state(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    return list(await pool.fetch("SELECT * FROM loop_state ORDER BY loop, key"))


async def undisturbed(pool: asyncpg.Pool) -> tuple[list[Emit], list[asyncpg.Record]]:
    """What is said and kept when nothing fails; empties the tables."""
    replica = handler(FragileLoop())
    said = [emit for batch in batches() for emit in await deliver(replica, pool, batch)]
    rows = await state(pool)
    await emptied(pool)
    return said, rows


@pytest.mark.parametrize("fault", ["observe", "tick", "output", "state"])
async def test_the_others_go_on_and_a_mended_loop_has_seen_everything_once_and_in_order(
    pool: asyncpg.Pool, fault: Fault
) -> None:
    expected, rows = await undisturbed(pool)
    fragile = FragileLoop()
    replica = handler(fragile)
    said: list[Emit] = []
    for number, batch in enumerate(batches()):
        fragile.fault = fault if FIRST_BROKEN <= number < MENDED else ""
        said += await deliver(replica, pool, batch)
    assert of_loop(said, "misrouting") == of_loop(expected, "misrouting")
    assert kinds(said)[:FIRST_BROKEN] == ["alarm"] * FIRST_BROKEN
    assert kinds(said)[FIRST_BROKEN] == "stopped"
    assert kinds(said).count("stopped") == kinds(said).count("resumed") == 1
    assert await state(pool) == rows
    assert await pool.fetchval("SELECT count(*) FROM fact_missed") == 0


async def test_a_loop_that_cannot_read_its_saved_state_stops_alone_and_misses_nothing(pool: asyncpg.Pool) -> None:
    expected, rows = await undisturbed(pool)
    said: list[Emit] = []
    for number, batch in enumerate(batches()):
        # A process that begins reads what others have saved.
        replica = handler(FragileLoop("load" if FIRST_BROKEN <= number < MENDED else ""))
        said += await deliver(replica, pool, batch)
    assert of_loop(said, "misrouting") == of_loop(expected, "misrouting")
    assert kinds(said)[FIRST_BROKEN] == "stopped"
    assert kinds(said).count("stopped") == kinds(said).count("resumed") == 1
    assert await state(pool) == rows


async def test_no_value_of_a_fact_is_in_the_reason(pool: asyncpg.Pool) -> None:
    replica = handler(FragileLoop("observe"))
    said = of_loop(await deliver(replica, pool, batches()[0]), "fragile")
    (found,) = [emit.event for emit in said if isinstance(emit.event, FindingMade)]
    assert "KeyError at" in found.words
    assert "secret" not in found.words


async def test_it_is_tried_again_after_pauses_that_grow(pool: asyncpg.Pool) -> None:
    fragile = FragileLoop("tick")
    replica = handler(fragile)
    minute = timedelta(minutes=1)
    for number in range(40):
        tick = clock.TimePassed(since=START + number * minute, until=START + (number + 1) * minute)
        await deliver(replica, pool, [delivery(tick, tick.until, f"tick{number}")])
    assert [(at - START) // minute for at in fragile.tries] == [1, 2, 4, 8, 16, 32]


async def test_failed_batches_and_other_replicas_change_nothing_for_a_stopped_loop(pool: asyncpg.Pool) -> None:
    expected, rows = await undisturbed(pool)
    loops = [FragileLoop(), FragileLoop()]
    replicas = [handler(loop) for loop in loops]
    said: list[Emit] = []
    for number, batch in enumerate(batches()):
        for loop in loops:
            loop.fault = "observe" if FIRST_BROKEN <= number < MENDED else ""
        replica = replicas[number // 3 % 2]
        if number % 4 == 1:
            with pytest.raises(Failed):
                await deliver(replica, pool, batch, fail=True)
        said += await deliver(replica, pool, batch)
    assert of_loop(said, "misrouting") == of_loop(expected, "misrouting")
    assert await state(pool) == rows


@pytest.mark.parametrize("mended", [10, 11, 14])
async def test_a_wrong_tick_is_taken_back_for_a_stopped_loop_too(pool: asyncpg.Pool, mended: int) -> None:
    """Stopped before a tick sixty days ahead; mended at that tick, at the next right one, or later."""
    _, rows = await undisturbed(pool)
    fragile = FragileLoop()
    replica = handler(fragile)
    for number, batch in enumerate(batches()):
        fragile.fault = "observe" if FIRST_BROKEN <= number < mended else ""
        if number == 10:
            right = START + number * STEP
            wrong = right + timedelta(days=60)
            tick = clock.TimePassed(since=right, until=wrong)
            await deliver(replica, pool, [*batch[:-1], delivery(tick, wrong, "wrong")])
            event = clock.TimeCorrected(
                wrong_until=wrong, until=right, reason="ahead", actor=Actor(id="federal:centre", role="federal")
            )
            await deliver(replica, pool, [delivery(event, right, "corrected")])
            batch = batch[-1:]
        await deliver(replica, pool, batch)
    assert await state(pool) == rows
    assert await pool.fetchval("SELECT count(*) FROM fact_missed") == 0


async def test_a_stopped_loop_that_is_no_longer_run_misses_nothing(pool: asyncpg.Pool) -> None:
    first, second, *_ = batches()
    await deliver(handler(FragileLoop("observe")), pool, first)
    assert await pool.fetchval("SELECT count(*) FROM fact_missed") == 2
    await deliver(handler(), pool, second)
    assert await pool.fetchval("SELECT count(*) FROM fact_missed") == 0
    assert await pool.fetchval("SELECT count(*) FROM stopped_loop") == 0


async def test_a_service_with_a_stopped_loop_is_ready_and_says_which_one_in_readiness_and_metrics(
    ground: Ground,
) -> None:
    fragile = FragileLoop("tick")

    def build(context: Context) -> ServiceSpec:
        return ServiceSpec(
            "reflex", ReflexHandler([fragile], lambda delivery: "portal"), reflex.app.MIGRATIONS, releases=Releases(),
            warnings=LoopWatch(["fragile"]),
        )  # fmt: skip

    service = Service(ground.settings("reflex"), build)
    await service.start()
    try:
        event = clock.TimePassed(since=START, until=START + STEP)
        name = derived_id("test", "tick")
        signer = Signer.load(ground.keys, "world")
        assert signer is not None
        envelope = Envelope(name, "world", event.type, event.until, "clock", name)
        envelope = signer.sign("clock.ticks", "clock", envelope, event.wire())
        await send(ground, "world", "clock.ticks", [("clock", to_headers(envelope), event.wire())])

        async def told() -> bool:
            return any("loop fragile is stopped" in words for words in (await service.facts())["warnings"])

        await eventually(told)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.http_port}", timeout=60) as http:
            metrics = (await http.get("/metrics")).text
            ready = await http.get("/health/ready")
        assert 'otklik_loop_stopped{loop="fragile"} 1.0' in metrics
        assert 'otklik_loop_failures_total{loop="fragile"}' in metrics
        assert not any("fragile" in words for words in ready.json()["problems"])
    finally:
        await service.stop()
