"""`otklik bench`: the pipe, the product, the pipe again, then latency at a third of the load and of single messages,
and the HTTP edge."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from common.federation.country import Federation
from common.messaging.kafka import client_options
from common.runtime.settings import Settings
from embedded.processes import running
from embedded.stack import Stack
from pydantic import SecretStr
from world.quiescence import Watch

from otklik.bench.edge_run import post_all
from otklik.bench.messages import Citizens
from otklik.bench.pipe_run import Pipe
from otklik.bench.product_run import CHANNEL, Drained, Product
from otklik.locate import PREFIX
from otklik.process_plan import edge_url, installation_of

WARM_UP = 5_000
PACED_SECONDS = 20
SINGLE_MESSAGES = 60
SINGLE_A_SECOND = 3.0
"""So few that each comes into a system at rest."""
POSTS = 4_000
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much to measure."""

    records: int = 100_000
    seed: int = 1


def processes_of(folder: Path) -> dict[str, psutil.Process]:
    """Every running process of an installation by its name: services and both servers."""
    files = {f.stem: f for f in sorted((folder / "pids").glob("*.json"))}
    files |= {name: folder / name / "pid.json" for name in ("kafka", "postgres")}
    return {name: process for name, file in files.items() if (process := running(file)) is not None}


async def bench(plan: Plan, stack: Stack, federation: Federation, first_port: int, say: Say) -> dict[str, Any]:
    """Measure an installation that runs and is at rest; returns the figures. Bounded by its number of records."""
    admin = Settings(
        name="bench", prefix=PREFIX, kafka_bootstrap=stack.kafka_bootstrap, kafka_user=stack.kafka_user,
        kafka_password=SecretStr(stack.kafka_password), database_url="postgresql://none", federation=federation.folder,
        keys=stack.folder / "keys",
    )  # fmt: skip
    installation = installation_of(federation)
    citizens = Citizens(federation, plan.seed)
    services = processes_of(stack.folder)
    watch = Watch(installation, client_options(admin), None)
    async with contextlib.AsyncExitStack() as opened:
        await watch.start()
        opened.push_async_callback(watch.stop)
        product = Product(admin, installation, watch, citizens, services)
        pipe = Pipe(stack, admin, stack.folder)
        opened.callback(pipe.stop)
        await pipe.start()
        say("warming up")
        await pipe.run(product.messages("warm-pipe", WARM_UP))
        await product.drain(product.messages("warm", WARM_UP))
        half = plan.records // 2
        say(f"{half} records through the bare pipe")
        first = await pipe.run(product.messages("pipe-1", half))
        say(f"{plan.records} messages through the product")
        drained = await product.drain(product.messages("drain", plan.records))
        say(f"{half} records through the bare pipe again")
        second = await pipe.run(product.messages("pipe-2", half))
        pipe.stop()
        pace = drained.accepted.rate / 3
        say(f"{PACED_SECONDS} s at {pace:.0f} messages/s")
        paced = await product.paced(product.messages("paced", int(pace * PACED_SECONDS)), pace)
        say(f"{SINGLE_MESSAGES} single messages")
        single = await product.paced(product.messages("single", SINGLE_MESSAGES), SINGLE_A_SECOND)
        say(f"{POSTS} posts to the HTTP edge")
        bodies = [(k.decode(), b) for k, _, b in product.messages("post", POSTS)]
        posted = await post_all(edge_url(first_port), CHANNEL, bodies)
        await watch.rest(600)
    return figures(plan, [first.rate, second.rate], drained) | {
        "latency_at_a_third_ms": {"p50": round(paced.quantile(0.5), 1), "p99": round(paced.quantile(0.99), 1)},
        "latency_single_ms": {"p50": round(single.quantile(0.5), 1), "p99": round(single.quantile(0.99), 1)},
        "http_edge": {
            "posts_a_second": round(posted.rate), "p50_ms": round(posted.quantile(0.5), 1),
            "p99_ms": round(posted.quantile(0.99), 1),
        },
    }  # fmt: skip


def figures(plan: Plan, pipes: list[float], drained: Drained) -> dict[str, Any]:
    """The main figures; the pipe before and after brackets the noise of the machine."""
    pipe = statistics.mean(pipes)
    cost = drained.spent.microseconds_a_message()
    return {
        "ratio": round(drained.accepted.rate / pipe, 3),
        "pipe_a_second": round(pipe),
        "pipe_runs": [round(rate) for rate in pipes],
        "product_a_second": round(drained.accepted.rate),
        "product_to_rest_a_second": round(drained.at_rest.rate),
        "accepted": drained.accepted.count,
        "records": plan.records,
        "seed": plan.seed,
        "core_us_a_message": {name: round(us) for name, us in sorted(cost.items(), key=lambda kv: -kv[1])},
        "core_us_a_message_total": round(sum(cost.values())),
        "memory_mb": round(sum(drained.memory.values())),
        "memory_mb_by_process": {name: round(mb) for name, mb in sorted(drained.memory.items(), key=lambda kv: -kv[1])},
    }
