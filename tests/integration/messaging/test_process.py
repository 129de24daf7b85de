"""A whole service process: a real SIGTERM in the middle of a batch, and spans that reach a collector."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from tests.conftest import ROOT, Ground
from tests.forwarding import committed, database, message, routing_service, send, sequences, wait_for
from tests.kafka import eventually

PROGRAM = """
import asyncio
from pathlib import Path
import tests.forwarding as forwarding
from common.runtime.service import ServiceSpec, main
from common.runtime.settings import Settings

class Slow(forwarding.Forward):
    async def handle(self, batch, db):
        Path({started!r}).touch()
        while not Path({released!r}).exists():
            await asyncio.sleep(0.02)
        return await super().handle(batch, db)

main(lambda context: ServiceSpec("routing", Slow(), Path({migrations!r})), Settings)
"""


def environment(ground: Ground) -> dict[str, str]:
    settings = ground.settings("routing")
    assert settings.kafka_password is not None
    given = {
        "NAME": "routing",
        "PREFIX": settings.prefix,
        "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "KAFKA_USER": "routing",
        "KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
        "DATABASE_URL": settings.database_url,
        "FEDERATION": str(settings.federation),
        "KEYS": str(settings.keys),
    }
    return {**os.environ, "PYTHONPATH": str(ROOT), **{f"OTKLIK_{name}": value for name, value in given.items()}}


async def test_sigterm_in_the_middle_of_a_batch_finishes_it_commits_and_ends(ground: Ground, tmp_path: Path) -> None:
    started, released, migrations = tmp_path / "started", tmp_path / "released", tmp_path / "migrations"
    migrations.mkdir()
    program = PROGRAM.format(started=str(started), released=str(released), migrations=str(migrations))
    await send(ground, [message("case-1", n) for n in range(20)])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", program, env=environment(ground), stderr=asyncio.subprocess.PIPE
    )
    try:
        await eventually(lambda: _is(started.exists()))
        process.send_signal(signal.SIGTERM)
        released.touch()
        _, errors = await asyncio.wait_for(process.communicate(), 240)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, errors.decode()
    assert sequences(await wait_for(ground, 20)) == {"case-1": list(range(1, 21))}
    assert await committed(ground) == 20
    async with database(ground) as db:
        assert await db.fetchval("SELECT count(*) FROM outbox") == 0
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

        async def alone() -> bool:
            """A session's server process ends a moment after its client."""
            return not await db.fetch(others)

        await eventually(alone)


@asynccontextmanager
async def collector() -> AsyncIterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """An OTLP/HTTP receiver of the least kind: keeps what it is sent."""
    got: list[ExportTraceServiceRequest] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/v1/traces":
                got.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("sample", [1.0, 0.0])
async def test_sampled_spans_reach_the_collector(ground: Ground, tmp_path: Path, sample: float) -> None:
    async with collector() as (endpoint, got):
        async with routing_service(ground, tmp_path, otlp_endpoint=endpoint, trace_sample=sample):
            await send(ground, [message("case-1", n) for n in range(3)])
            await wait_for(ground, 3)
        spans = [
            (_name(resource), span.name)
            for request in got
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
    assert spans.count(("routing", "process intake.messages")) == (3 if sample else 0)
    assert bool(spans) is bool(sample)


def _name(spans: ResourceSpans) -> str:
    return next(a.value.string_value for a in spans.resource.attributes if a.key == "service.name")


async def _is(value: bool) -> bool:
    return value
