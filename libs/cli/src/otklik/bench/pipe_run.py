"""Runs the bare pipe: its topics, databases and processes, and the time records took through it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
from common.runtime.settings import Settings
from confluent_kafka.admin import AdminClient, NewTopic
from embedded.processes import end, spawn
from embedded.stack import Stack

from otklik.bench import pipe
from otklik.bench.measure import Message, Run, ends_of, records_since, run_of, send

PARTITIONS = 3
PATIENCE = 600.0


class PipeFailed(RuntimeError):
    """The bare pipe did not let everything through."""


class Pipe:
    """`pipe.HOPS` processes on an installation's servers, used by nothing else."""

    def __init__(self, stack: Stack, admin: Settings, folder: Path) -> None:
        self._stack, self._admin, self._folder = stack, admin, folder

    async def start(self) -> None:
        """Make topics and databases, start the hops."""
        admin = AdminClient(
            {
                "bootstrap.servers": self._stack.kafka_bootstrap, "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": self._stack.kafka_user,
                "sasl.password": self._stack.kafka_password,
            }
        )  # fmt: skip
        topics = [
            NewTopic(pipe.topic(n), num_partitions=PARTITIONS, replication_factor=1) for n in range(pipe.HOPS + 1)
        ]
        for made in admin.create_topics(topics).values():
            made.result(30)
        db = await asyncpg.connect(self._stack.database_url("postgres"))
        for number in range(pipe.HOPS):
            await db.execute(await db.fetchval("SELECT format('CREATE DATABASE %I', $1::text)", pipe.database(number)))
        await db.close()
        for number in range(pipe.HOPS):
            given = pipe.environment(
                number, self._stack.kafka_bootstrap, self._stack.kafka_user, self._stack.kafka_password,
                self._stack.database_url(pipe.database(number)),
            )  # fmt: skip
            command = [sys.executable, "-W", "ignore", "-m", "otklik.bench.pipe"]
            spawn(command, self._pid(number), self._folder / "logs" / f"pipe-{number}.log", env={**os.environ, **given})

    async def run(self, messages: list[Message]) -> Run:
        """Everything through all hops; raises PipeFailed when it does not come out in time."""
        first, last = pipe.topic(0), pipe.topic(pipe.HOPS)
        before = await ends_of(self._admin, [first, last])
        goal = sum(at for p, at in before.items() if p.topic == last) + len(messages)
        await send(self._admin, first, messages)
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while (out := sum((await ends_of(self._admin, [last])).values())) < goal:
            if asyncio.get_running_loop().time() > deadline:
                raise PipeFailed(f"{goal - out} of {len(messages)} records are missing; look into {self._folder}/logs")
            await asyncio.sleep(0.5)
        inbound, outcome = [await records_since(self._admin, [t], before) for t in (first, last)]
        return run_of(inbound, outcome)

    def stop(self) -> None:
        for number in range(pipe.HOPS):
            end(self._pid(number))

    def _pid(self, number: int) -> Path:
        return self._folder / "pids" / f"pipe-{number}.json"
