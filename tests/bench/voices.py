"""`python -m tests.bench.voices [--voices N]`: so many citizens speak about one proposal at once, on the real Kafka and
PostgreSQL; how long until each voice is counted and published, how long the page of the proposal takes meanwhile, and
whether an outsider counts the same."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
from common.contracts.events.intake import VoiceGiven
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from embedded.processes import free_port
from embedded.stack import start, stop

from tests.conftest import KEY, ROOT, Ground
from tests.deliberations import DAY, NOON, STEP, backtest, proposal, word
from tests.integration.deliberation.on_kafka import deliberating, running, tell, tick
from tests.kafka import admin, at_rest, eventually
from tests.server_folder import new_server_folder

OPEN = NOON + STEP
CHUNK = 10_000


def voice(number: int) -> VoiceGiven:
    """Of ten citizens seven support, two object in their own words and one asks."""
    text = {0: "Против, потому что далеко", 1: "against: it is too dark there", 2: "Who pays for it?"}
    return VoiceGiven(
        voice_id=f"voice-{number}", citizen=f"citizen-{number}", channel=("web", "telegram", "sms")[number % 3],
        proposal="p", text=text.get(number % 10, "Поддерживаю"), given_at=OPEN,
    )  # fmt: skip


@asynccontextmanager
async def process(ground: Ground, name: str, port: int = 0) -> AsyncIterator[psutil.Process]:
    """A service as a process of its own, as it runs elsewhere."""
    settings = ground.settings(name)
    assert settings.kafka_password is not None
    given = {
        "NAME": name, "PREFIX": settings.prefix, "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "KAFKA_USER": name, "KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
        "DATABASE_URL": settings.database_url, "FEDERATION": str(settings.federation), "KEYS": str(settings.keys),
        "TIME": "ticks", "HTTP_PORT": str(port), **({"VOICE_KEY": KEY} if name == "deliberation" else {}),
    }  # fmt: skip
    variables = {**os.environ, **{f"OTKLIK_{name}": value for name, value in given.items()}}
    made = await asyncio.create_subprocess_exec(sys.executable, "-m", f"{name}.app", env=variables)
    try:
        yield psutil.Process(made.pid)
    finally:
        made.terminate()
        await made.wait()


@asynccontextmanager
async def page_asked_for(port: int) -> AsyncIterator[None]:
    """The proposal's page is asked for all the time; how long that took is printed at the end."""

    async def stands() -> bool:
        async with httpx.AsyncClient(timeout=60) as http:
            with contextlib.suppress(httpx.TransportError):
                return "deliberation.recount" in (await http.get(f"http://127.0.0.1:{port}/proposals/p")).text
        return False

    await eventually(stands, 120)
    asking = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.page_times", f"http://127.0.0.1:{port}/proposals/p", cwd=ROOT
    )
    try:
        yield
    finally:
        asking.terminate()
        await asking.wait()


async def shown(port: int, voices: int) -> None:
    """Wait until the page has every voice."""

    async def all_of_them() -> bool:
        async with httpx.AsyncClient(timeout=60) as http:
            return f"{voices:,}</td>" in (await http.get(f"http://127.0.0.1:{port}/proposals/p")).text

    await eventually(all_of_them, 600)


def published(client: AdminClient, name: str) -> int:
    """How many records a topic has had."""
    places = [TopicPartition(name, number) for number in client.list_topics(name).topics[name].partitions]
    found = client.list_offsets({place: OffsetSpec.latest() for place in places})
    return sum(each.result().offset for each in found.values())


async def recount(ground: Ground) -> int:
    """The program for outsiders compares with the closing; returns its exit code."""
    topics = {name: ground.installation.physical(f"deliberation.{name}") for name in ("voices", "proceedings")}
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deliberation.recount", "p", "--bootstrap", ground.stack.kafka_bootstrap,
        "--topic", topics["voices"], "--closings", topics["proceedings"], "--user", "operator",
        env={**os.environ, "RECOUNT_PASSWORD": ground.passwords["operator"], "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return await made.wait()


async def measure(ground: Ground, voices: int) -> None:
    port = free_port()
    async with (
        running(ground, "rules"), process(ground, "deliberation") as measured, process(ground, "portal", port),
    ):  # fmt: skip
        await tell(ground, "rules.proposals", [(proposal("p"), NOON)])
        await tell(ground, "archive.backtests", [(backtest("p"), NOON)])
        await at_rest(ground, "deliberation")
        await tick(ground, OPEN)
        await at_rest(ground, "deliberation")
        async with page_asked_for(port):
            cpu = sum(measured.cpu_times()[:2])
            began = time.perf_counter()
            for at in range(0, voices, CHUNK):
                said = [(voice(number), OPEN) for number in range(at, min(voices, at + CHUNK))]
                await tell(ground, "intake.voices", said)
            sent = time.perf_counter()
            await at_rest(ground, "deliberation")
            read = time.perf_counter()
            await tick(ground, OPEN + STEP)
            client, later = admin(ground), OPEN + 2 * STEP
            topics = [ground.installation.physical(f"deliberation.{name}") for name in ("voices", "notices")]

            async def all_published() -> bool:
                # A country is never silent: what others say lets what is left go on before the next tick.
                await tell(ground, "intake.voices", [(word("other", str(time.time()), later, about=None), later)])
                return min([await asyncio.to_thread(published, client, name) for name in topics]) >= voices

            await eventually(all_published, 600)
            counted = time.perf_counter()
            peak = measured.memory_info().rss
            print(
                f"{voices:,} voices: sent in {sent - began:.1f} s, read by {read - began:.1f} s, counted, published and"
                f" answered {counted - read:.1f} s after the tick; {counted - began:.1f} s in all;"
                f" {(sum(measured.cpu_times()[:2]) - cpu):.1f} s of core time, {peak / 1e6:.0f} MB resident"
            )
            began = time.perf_counter()
            await shown(port, voices)
            print(f"the page has all of them {time.perf_counter() - began:.1f} s later")
        began = time.perf_counter()
        await tick(ground, OPEN + 15 * DAY)
        await at_rest(ground, "deliberation")
        print(f"closed {time.perf_counter() - began:.1f} s after its tick")
        began = time.perf_counter()
        code = await recount(ground)
        print(f"the recount {'agrees' if code == 0 else 'DIFFERS'}, {time.perf_counter() - began:.1f} s")


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.voices", description=__doc__)
    parser.add_argument("--voices", type=int, default=100_000)
    given = parser.parse_args()
    servers = new_server_folder("otklik-bench-voices-")
    try:
        with tempfile.TemporaryDirectory() as folder:
            stack = await asyncio.to_thread(start, servers)
            async with deliberating(stack, Path(folder)) as ground:
                await measure(ground, given.voices)
    finally:
        await asyncio.to_thread(stop, servers)
        shutil.rmtree(servers, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
