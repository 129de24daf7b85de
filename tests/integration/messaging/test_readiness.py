"""Readiness says what is wrong in sentences, and metrics are those that are declared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import federal.app
import httpx
from common.messaging.produce.relay import LOCK_CLASS
from common.messaging.telemetry import metrics as declared_metrics
from common.runtime.context import Context
from common.runtime.service import Build, Service, ServiceSpec
from common.runtime.settings import Settings
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ROOT, Ground
from tests.forwarding import Forward, committed, database, message, routing_service, send, wait_for
from tests.kafka import eventually


async def ready(service: Service) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.get(f"http://127.0.0.1:{service.http_port}/health/ready")
        return answer.status_code, answer.json()


async def metrics(service: Service) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.get(f"http://127.0.0.1:{service.http_port}/metrics")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


async def says(service: Service, words: str) -> bool:
    status, found = await ready(service)
    return status == 503 and any(words in problem for problem in found["problems"])


async def warns(service: Service, words: str) -> bool:
    _, found = await ready(service)
    return any(words in warning for warning in found["warnings"])


async def http_status(service: Service, question: str) -> int:
    async with httpx.AsyncClient(timeout=60) as http:
        return (await http.get(f"http://127.0.0.1:{service.http_port}/health/{question}")).status_code


async def test_a_service_at_rest_is_ready_and_says_where_it_stands(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path) as service:
        await send(ground, [message("case-1", n) for n in range(10)])
        await wait_for(ground, 10)
        await eventually(lambda: _facts(service, lag=0, outbox_pending=0, problems=[]))
        status, found = await ready(service)
    assert status == 200, found
    assert found["assigned_partitions"] > 0
    assert found["database"] is True
    assert found["relay"] == "running"
    assert found["seconds_since_last_batch"] is not None
    assert (found["open_dead_letters"], found["parked_keys"]) == (0, 0)


async def test_records_that_wait_without_a_batch_make_it_unready(ground: Ground, tmp_path: Path) -> None:
    """The handler's failure may pass, so the batch is tried for ever."""
    handler = Forward()
    handler.passing_failures = -1_000_000
    async with routing_service(ground, tmp_path, handler, ready_batch_seconds=0.5) as service:
        await send(ground, [message("case-1", 1, "passing")])
        await eventually(lambda: says(service, "1 records wait and no batch was done"))
        handler.passing_failures = 3
        await eventually(lambda: _facts(service, problems=[]))


async def test_too_much_lag_makes_it_unready(ground: Ground, tmp_path: Path) -> None:
    handler = Forward()
    handler.passing_failures = -1_000_000
    async with routing_service(ground, tmp_path, handler, ready_lag=2) as service:
        await send(ground, [message(f"case-{n}", 1, "passing") for n in range(5)])
        await eventually(lambda: says(service, "5 records wait, over 2"))


async def test_dead_letters_and_parked_keys_over_their_bounds_make_it_unready(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path, ready_dead_letters=1, ready_parked_keys=1) as service:
        await send(ground, [message(f"case-{n}", 1, "permanent") for n in range(2)])
        await send(ground, [message("case-0", 2)])
        await eventually(lambda: says(service, "2 dead letters are open"))
        await eventually(lambda: says(service, "2 keys wait behind a dead letter"))
        await eventually(lambda: _facts(service, parked_records=1))
        assert (await http_status(service, "started")) == 200, "an operator's work keeps no service from starting"
        async with database(ground) as db:
            held = "INSERT INTO outbox_held (slot, topic, key, records) VALUES (0, $1, 'a', '')"
            await db.execute(held, "region.north.assignments")
        await eventually(lambda: warns(service, "1 records for region.north.assignments wait"))
        found = await metrics(service)
    # Services of other tests in this process have samples too.
    held_by_topic = {s.labels["topic"]: s.value for s in found["otklik_outbox_held_records"].samples}
    assert held_by_topic["region.north.assignments"] == 1
    kinds = {s.labels["kind"]: s.value for s in found["otklik_dead_letters"].samples if s.name.endswith("_total")}
    assert kinds["refused"] >= 2


async def test_each_problem_has_its_kind_its_topic_and_what_waits(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path) as service:
        await send(ground, [message(f"case-{n}", 1, "permanent") for n in range(2)])
        await send(ground, [message("case-0", 2)])
        await eventually(lambda: _facts(service, open_dead_letters=2, parked_records=1))
        status, found = await ready(service)
    details = {detail["kind"]: detail for detail in found["details"]}
    assert (status, found["problems"]) == (200, []), "below their bounds they are notes"
    for kind, number in (("dead_letters", 2), ("keys_parked", 1)):
        detail = details[kind]
        assert (detail["level"], detail["topic"], detail["waiting"]) == ("note", "intake.messages", number)
        assert detail["oldest_seconds"] >= 0


async def test_who_cannot_wait_is_told_what_is_waited_for(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path) as service, database(ground) as db, db.transaction():
        await db.execute("LOCK TABLE parked IN ACCESS EXCLUSIVE MODE")
        async with httpx.AsyncClient(timeout=60) as http:
            answer = await http.get(f"http://127.0.0.1:{service.http_port}/health/ready?within=0.1")
    assert answer.status_code == 503
    kinds = [(d["kind"], d["words"]) for d in answer.json()["details"]]
    assert kinds == [("database_away", "the database has not answered within 0.1 s")]


async def test_what_is_decided_but_not_published_makes_it_unready(ground: Ground, tmp_path: Path) -> None:
    async with database(ground) as holder:
        await holder.execute("SELECT pg_advisory_lock($1::int, slot) FROM generate_series(0, 3) AS slot", LOCK_CLASS)
        async with routing_service(ground, tmp_path, ready_outbox_seconds=0.5) as service:
            await send(ground, [message("case-1", 1)])
            await eventually(lambda: says(service, "is not published yet"))
            await holder.execute("SELECT pg_advisory_unlock_all()")
            await eventually(lambda: _facts(service, problems=[]))


async def test_a_database_that_is_away_is_said_and_so_is_its_return(ground: Ground, tmp_path: Path) -> None:
    name = ground.database("routing")
    async with routing_service(ground, tmp_path) as service:
        db = await asyncpg.connect(ground.stack.database_url("postgres"))
        try:
            await db.execute(
                await db.fetchval("SELECT format('ALTER DATABASE %I ALLOW_CONNECTIONS false', $1::text)", name)
            )
            await db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            await eventually(lambda: says(service, "the database cannot be reached"))
            await db.execute(
                await db.fetchval("SELECT format('ALTER DATABASE %I ALLOW_CONNECTIONS true', $1::text)", name)
            )
            await eventually(lambda: _facts(service, problems=[]))
        finally:
            await db.close()


@asynccontextmanager
async def federal_service(
    ground: Ground, build: Build = federal.app.build, **changes: object
) -> AsyncIterator[Service]:  # fmt: skip
    service = Service(ground.settings("federal", **changes), build)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def test_that_no_tick_came_is_said_in_wall_time_and_not_in_a_replay(ground: Ground) -> None:
    async with federal_service(ground, ready_tick_seconds=0.2, time="wall") as service:
        await eventually(lambda: says(service, "does the clock run?"))
    async with federal_service(ground, ready_tick_seconds=0.2, time="ticks") as service:
        await eventually(lambda: _facts(service, problems=[]))


async def test_work_that_fails_for_long_is_said_and_keeps_it_unready_where_it_matters(ground: Ground) -> None:
    async def fails() -> None:
        raise KeyError("ours")

    def build(context: Context[Settings]) -> ServiceSpec:
        jobs = [context.works.periodically(f"matters {m}", 0.01, fails, matters=m) for m in (True, False)]
        return replace(federal.app.build(context), background=jobs)

    async with federal_service(ground, build, ready_work_seconds=0.05, time="ticks") as service:
        await eventually(lambda: says(service, "matters True has not been done for"))
        await eventually(lambda: warns(service, "matters False has not been done for"))
        assert (await http_status(service, "started")) == 200
        assert (await http_status(service, "ready")) == 503


async def test_a_topic_that_ends_before_what_was_read_is_said(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path) as service:
        await send(ground, [message("case-1", 1)])
        await wait_for(ground, 1)
        await eventually(lambda: _committed(ground, 1))
        async with database(ground) as db:
            await db.execute("UPDATE position SET next_offset = next_offset + 100")
        await eventually(lambda: says(service, "was made anew or has lost records"))


async def test_what_a_running_service_exports_is_what_is_declared(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path) as service:
        await send(ground, [message("case-1", 1)])
        await wait_for(ground, 1)

        async def lag_is_told() -> bool:
            await ready(service)
            return bool((await metrics(service))["otklik_lag_records"].samples)

        await eventually(lag_is_told)
        found = await metrics(service)
    declared = {m._name for m in vars(declared_metrics).values() if isinstance(m, Counter | Gauge | Histogram)}
    assert {name for name in found if name.startswith("otklik_")} == declared
    assert found["otklik_lag_records"].samples
    routes = {s.labels.get("route") for s in found["otklik_http_requests"].samples}
    assert "/health/ready" in routes


def test_metrics_are_declared_in_one_file_alone() -> None:
    elsewhere = []
    for folder in ("libs", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            if ".venv" in path.parts or path.name == "metrics.py":
                continue
            text = path.read_text()
            if "prometheus_client" in text and any(
                f'{kind}("otklik' in text for kind in ("Counter", "Gauge", "Histogram")
            ):
                elsewhere.append(path)
    assert elsewhere == []


async def _facts(service: Service, **wanted: object) -> bool:
    _, found = await ready(service)
    return all(found.get(name) == value for name, value in wanted.items())


async def _committed(ground: Ground, count: int) -> bool:
    return await committed(ground) == count


async def _allow_connections(db: asyncpg.Connection, name: str, word: str) -> None:
    form = "ALTER DATABASE %I ALLOW_CONNECTIONS %s"
    await db.execute(await db.fetchval("SELECT format($1::text, $2::text, $3::text)", form, name, word))
