"""Where the installation lives by the wall clock, a tick is believed only as far as the broker's own time goes."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import regional.app
from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events import region, routing
from common.contracts.events.clock import TimePassed
from common.runtime.service import Service
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Ground
from tests.end_to_end.system import fact
from tests.kafka import eventually, records_of, send, types_of

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def assigned(case_id: str, now: datetime, due: timedelta) -> routing.CaseAssigned:
    return routing.CaseAssigned(
        case_id=case_id, reference=case_id.upper(), message_id=f"m-{case_id}", region="north", area="01",
        border_set="1",
        authority="yard-01", category="pothole", priority=2, answer_minutes=960, extension_minutes=0, channel="web",
        citizen="c", text="A hole", language="en", received_at=now, release="national:1+north:1", because=(),
        due_at=now + due,
    )  # fmt: skip


async def tick(ground: Ground, principal: str, since: datetime, until: datetime) -> None:
    await fact(ground, principal, "clock.ticks", "clock", TimePassed(since=since, until=until), until)


async def unsigned(ground: Ground, since: datetime, until: datetime) -> None:
    """As the clock's next tick would be named."""
    event = TimePassed(since=since, until=until)
    name = derived_id("fact", "clock.ticks", "clock", event.model_dump_json())
    envelope = Envelope(name, "clock", event.type, until, "clock", name)
    await send(ground, "clock", "clock.ticks", [("clock", to_headers(envelope), event.wire())])


async def test_a_tick_that_cannot_be_is_refused_and_the_next_right_one_goes_on(ground: Ground) -> None:
    """Sixty days ahead, by a principal that may not tick, unsigned, beginning before the last: none is believed."""
    now = datetime.now(UTC)
    settings = ground.settings("regional-north", time="wall", lateness_seconds=0)
    async with AsyncExitStack() as stack:
        db = await asyncpg.connect(ground.urls["regional-north"])
        stack.push_async_callback(db.close)
        service = Service(settings, regional.app.build)
        await service.start()
        stack.push_async_callback(service.stop)
        await fact(ground, "routing", "region.north.assignments", "late", assigned("late", now, -MINUTE), now)
        await fact(ground, "routing", "region.north.assignments", "early", assigned("early", now, 30 * DAY), now)
        await records_of(ground, "world", "region.north.cases", 4)
        await tick(ground, "clock", now - 10 * MINUTE, now - 2 * MINUTE)
        await eventually(lambda: _heard(db, now - 2 * MINUTE))

        # A minute under sixty days, so that the length reads the same however soon the broker takes it.
        await tick(ground, "clock", now - 2 * MINUTE, now + 60 * DAY - MINUTE)
        await tick(ground, "world", now - 2 * MINUTE, now)
        await tick(ground, "operator", now - 2 * MINUTE, now)
        await unsigned(ground, now - 2 * MINUTE, now)
        await tick(ground, "clock", now - 5 * MINUTE, now)
        await tick(ground, "clock", now, now - MINUTE)
        await tick(ground, "clock", now - 3000 * DAY * 3, now)
        await eventually(lambda: _refused(db, 7))
        # Readiness looks once a second.
        every = ("ends 59 d 23 h", "compare the time of the clock's machine with the broker's")
        await eventually(lambda: _warns(service, *every))
        await eventually(lambda: _warns_of_one(service, "only clock may say what time it is", "not signed"))
        await eventually(lambda: _warns_of_one(service, "begins before the last one ended", "goes backwards"))
        async with httpx.AsyncClient(timeout=60) as http:
            found = await http.get(f"http://127.0.0.1:{service.http_port}/metrics")
        metrics = {f.name: f for f in text_string_to_metric_families(found.text)}
        by_reason = {s.labels["why"]: s.value for s in metrics["otklik_ticks_refused"].samples}
        assert {"future", "forged", "backwards", "years"} <= set(by_reason)
        assert await db.fetchval("SELECT count(*) FROM dead_letter") == 0
        assert await db.fetchval("SELECT until FROM heard_tick") == now - 2 * MINUTE

        await tick(ground, "clock", now - 2 * MINUTE, now)
        await eventually(lambda: _heard(db, now))
        cases = await records_of(ground, "world", "region.north.cases", 5)

        # A tick that got through while the broker's own clock was wrong, which is right again.
        await db.execute("UPDATE heard_tick SET until = now() + interval '60 days'")
        await eventually(lambda: _says(service, "after the database's time", "`otklik clock`"))
    overdue = [r.key for r in cases if types_of([r]) == [region.CaseOverdue.type]]
    assert overdue == [b"late"]


async def _warnings(service: Service) -> str:
    """While it stays ready."""
    async with httpx.AsyncClient(timeout=60) as http:
        ready = await http.get(f"http://127.0.0.1:{service.http_port}/health/ready")
    return " ".join(ready.json()["warnings"]) if ready.status_code == 200 else ""


async def _warns(service: Service, *words: str) -> bool:
    warnings = await _warnings(service)
    return all(one in warnings for one in words)


async def _warns_of_one(service: Service, *words: str) -> bool:
    warnings = await _warnings(service)
    return any(one in warnings for one in words)


async def _says(service: Service, *words: str) -> bool:
    async with httpx.AsyncClient(timeout=60) as http:
        ready = await http.get(f"http://127.0.0.1:{service.http_port}/health/ready")
    return ready.status_code == 503 and any(all(w in p for w in words) for p in ready.json()["problems"])


async def _heard(db: asyncpg.Connection, until: datetime) -> bool:
    return await db.fetchval("SELECT until FROM heard_tick") == until


async def _refused(db: asyncpg.Connection, number: int) -> bool:
    return await db.fetchval("SELECT coalesce(sum(number), 0) FROM refused_tick") == number
