"""The archive on the real Kafka and PostgreSQL: killed while it reads, told twice, and begun anew from the topics."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import archive.app
import asyncpg
import httpx
import rules.app
from archive.open_data import FILES
from common.contracts.envelope import header_map
from common.contracts.events.archive import ForecastScored, ProposalBacktested
from common.messaging.kafka import Record
from common.runtime.service import Service

from tests.conftest import ROOT, Ground
from tests.integration.archive.told import ADOPTED, REVIEWED, STEP, Told
from tests.kafka import admin, at_rest, eventually, records_of
from tests.past import START

ALL = "SELECT * FROM journal ORDER BY case_id, happened_at, sequence"


@asynccontextmanager
async def running(ground: Ground, *names: str) -> AsyncIterator[list[Service]]:
    services: list[Service] = []
    try:
        for name in names:
            build = {"rules": rules.app.build, "archive": archive.app.build}[name]
            services.append(Service(ground.settings(name), build))
            await services[-1].start()
        yield services
    finally:
        for service in services:
            await service.stop()


@asynccontextmanager
async def database(ground: Ground) -> AsyncIterator[asyncpg.Connection]:
    db = await asyncpg.connect(ground.urls["archive"])
    try:
        yield db
    finally:
        await db.close()


async def backtests(ground: Ground, count: int) -> list[Record]:
    return await records_of(ground, "archive", "archive.backtests", count)


async def scores(ground: Ground, count: int) -> list[Record]:
    return await records_of(ground, "archive", "archive.scores", count)


def public_files(service: Service) -> list[bytes]:
    """The public log of cases, as anybody may fetch it."""
    found = [httpx.get(f"http://127.0.0.1:{service.http_port}/open-data/{name}", timeout=60) for name in FILES[:2]]
    assert [answer.status_code for answer in found] == [200, 200]
    return [answer.content for answer in found]


async def killed_after(ground: Ground, rows: int) -> None:
    """The archive as a process of its own, until it has written more rows than these: then SIGKILL."""
    settings = ground.settings("archive")
    assert settings.kafka_password is not None
    given = {
        "NAME": "archive", "PREFIX": settings.prefix, "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "KAFKA_USER": "archive", "KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
        "DATABASE_URL": settings.database_url, "FEDERATION": str(settings.federation), "KEYS": str(settings.keys),
        "TIME": "ticks", "BATCH_RECORDS": "7", "HTTP_PORT": "0",
    }  # fmt: skip
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **{f"OTKLIK_{name}": value for name, value in given.items()}}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "archive.app", env=variables, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with database(ground) as db:

            async def written() -> bool:
                assert process.returncode is None, "the archive ended by itself"
                try:
                    return int(await db.fetchval("SELECT count(*) FROM journal")) > rows
                except asyncpg.UndefinedTableError:
                    return False

            await eventually(written)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_kills_repeats_and_a_new_beginning_give_the_same_answer(ground: Ground) -> None:
    told = Told(ground)
    async with running(ground, "rules"):
        await told.cases(range(60))
        await killed_after(ground, 0)
        await told.cases(range(60, 90))
        await killed_after(ground, 20)
    async with running(ground, "archive") as (service,):
        await at_rest(ground, "archive")
        repeated = Told(ground)
        await repeated.cases(range(90))
        await at_rest(ground, "archive")
        await told.proposal("p", START + 2 * STEP)
        await at_rest(ground, "archive")
        for number in range(5):
            await told.tick(number)
            await at_rest(ground, "archive")
        async with database(ground) as db:
            rows = await db.fetch(ALL)
            assert await db.fetchval("SELECT count(*) FROM waiting_proposal") == 0
        public = await asyncio.to_thread(public_files, service)
        assert public[0].count(b"yard-01,lighting") == 30
    (first,) = await backtests(ground, 1)
    found = ProposalBacktested.model_validate_json(first.value or b"")
    assert (found.verdict, found.total.decisions, found.total.saved, found.known) == ("known", 90, 30, 90)
    assert len(rows) == 90 * 2 + 60
    assert not [row for row in rows if "secret" in repr(row)]

    await told.followed_cases(range(30))
    await told.adoption("p")
    await killed_after(ground, len(rows))
    async with running(ground, "archive") as (service,):
        await told.adoption("p")
        for number in range(5, 16):
            await told.tick(number)
        await at_rest(ground, "archive")
        assert await records_of(ground, "archive", "archive.scores", 0) == []
        for number in (16, 17):
            await told.tick(number)
            await at_rest(ground, "archive")
        async with database(ground) as db:
            rows = await db.fetch(ALL)
            assert await db.fetchval("SELECT count(*) FROM waiting_proposal") == 0
        public = await asyncio.to_thread(public_files, service)
    (score,) = await scores(ground, 1)
    said = ForecastScored.model_validate_json(score.value or b"")
    assert (said.verdict, said.decisions, said.newly_right, said.newly_wrong) == ("held", 30, 20, 10)
    assert (said.since, said.until, said.actual, said.held_days) == (ADOPTED, REVIEWED, 10, 1)

    async with database(ground) as db:
        await db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    group = f"{ground.installation.prefix}.archive"
    client = admin(ground)
    client.delete_consumer_groups([group])[group].result(60)
    async with running(ground, "archive") as (service,):
        await at_rest(ground, "archive")
        for number in range(18, 21):
            await told.tick(number)
            await at_rest(ground, "archive")
        async with database(ground) as db:
            assert await db.fetch(ALL) == rows
        assert await asyncio.to_thread(public_files, service) == public
    same = ("ce_id", "ce_time", "ce_sequence", "ce_causationid")
    for before, again in ((first, (await backtests(ground, 2))[-1]), (score, (await scores(ground, 2))[-1])):
        assert again.value == before.value
        assert [header_map(again.headers)[n] for n in same] == [header_map(before.headers)[n] for n in same]
