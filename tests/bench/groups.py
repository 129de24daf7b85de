"""`python -m tests.bench.groups [--people N]`: so many citizens take a side and judge fifty words of others each, on
the real Kafka and PostgreSQL; how long until all of it is counted and published, and until opinion groups are."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from common.contracts.events.intake import VoiceGiven
from embedded.stack import start, stop

from tests.bench.voices import CHUNK, OPEN, process, published, recount
from tests.conftest import Ground
from tests.deliberations import DAY, NOON, STEP, backtest, proposal, word
from tests.integration.deliberation.on_kafka import deliberating, running, tell, tick
from tests.kafka import admin, at_rest, eventually
from tests.server_folder import new_server_folder

STATEMENTS = 50
CAMPS = 3
OTHERWISE = 0.15
"""Share of the verdicts in which somebody differs from the own camp."""


def verdicts(people: int) -> list[VoiceGiven]:
    """Each of some camps likes words of its own; a third of the people are against."""
    draw = np.random.default_rng(1)
    likes = draw.random((CAMPS, STATEMENTS)) < 0.5
    numbers = np.arange(1, STATEMENTS + 1)
    found = []
    for n, camp in enumerate(draw.integers(0, CAMPS, people)):
        yes = likes[camp] ^ (draw.random(STATEMENTS) < OTHERWISE)
        side = {"stance": "support", "text": ""} if n % 3 else {"stance": "object", "text": "too far"}
        given = {
            "voice_id": f"verdict-{n}", "citizen": f"citizen-{n}", "channel": "web", "proposal": "p", **side,
            "agree": numbers[yes].tolist(), "disagree": numbers[~yes].tolist(), "given_at": OPEN + STEP,
        }  # fmt: skip
        found.append(VoiceGiven.model_validate(given))
    return found


async def measure(ground: Ground, people: int) -> None:
    async with running(ground, "rules"), process(ground, "deliberation") as measured:
        await tell(ground, "rules.proposals", [(proposal("p"), NOON)])
        await tell(ground, "archive.backtests", [(backtest("p"), NOON)])
        await at_rest(ground, "deliberation")
        await tick(ground, OPEN)
        await at_rest(ground, "deliberation")
        words = [(word(f"author{n}", f"comment: words {n}", OPEN), OPEN) for n in range(STATEMENTS)]
        await tell(ground, "intake.voices", words)
        await at_rest(ground, "deliberation")
        await tick(ground, OPEN + STEP)
        said = verdicts(people)
        for at in range(0, people, CHUNK):
            await tell(ground, "intake.voices", [(one, one.given_at) for one in said[at : at + CHUNK]])
        await at_rest(ground, "deliberation")
        client, later = admin(ground), OPEN + 3 * STEP
        voices, proceedings = (ground.installation.physical(f"deliberation.{n}") for n in ("voices", "proceedings"))

        def spent() -> float:
            return sum(measured.cpu_times()[:2])

        cpu, began = spent(), time.perf_counter()
        await tick(ground, OPEN + 2 * STEP)

        async def all_published() -> bool:
            # A country is never silent: what others say lets what is left go on before the next tick.
            await tell(ground, "intake.voices", [(word("other", str(time.time()), later, about=None), later)])
            return await asyncio.to_thread(published, client, voices) >= 2 * people + STATEMENTS

        await eventually(all_published, 600)
        print(
            f"{people:,} voices and as many judgements of {STATEMENTS} words: counted, published and answered"
            f" {time.perf_counter() - began:.1f} s after the tick; {spent() - cpu:.1f} s of core time",
            flush=True,
        )
        before, cpu, began = published(client, proceedings), spent(), time.perf_counter()
        await tick(ground, OPEN + 3 * STEP)

        async def found() -> bool:
            return await asyncio.to_thread(published, client, proceedings) > before

        await eventually(found, 600)
        print(
            f"groups published {time.perf_counter() - began:.1f} s after the next tick, which came at once;"
            f" {spent() - cpu:.1f} s of core time, {measured.memory_info().rss / 1e6:.0f} MB resident",
            flush=True,
        )
        await tick(ground, OPEN + 15 * DAY)
        await at_rest(ground, "deliberation")
        print(f"the recount {'agrees' if await recount(ground) == 0 else 'DIFFERS'}")


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.groups", description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    given = parser.parse_args()
    servers = new_server_folder("otklik-bench-groups-")
    try:
        with tempfile.TemporaryDirectory() as folder:
            stack = await asyncio.to_thread(start, servers)
            async with deliberating(stack, Path(folder), formula='"group_aware"') as ground:
                await measure(ground, given.people)
    finally:
        await asyncio.to_thread(stop, servers)
        shutil.rmtree(servers, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
