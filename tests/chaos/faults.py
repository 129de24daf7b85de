"""What is done to a running installation, and the seeded order in which it is done."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from embedded.kafka_server import KafkaServer
from embedded.postgres_server import PostgresServer
from embedded.stack import passwords, start
from otklik.supervisor import Supervisor

Say = Callable[[str], None]
FROZEN_SECONDS = 13.0
"""Longer than a consumer group waits for a member: its partitions move while it holds a batch."""
REPLICATED = (
    "channels", "intake", "routing", "regional-north", "federal", "rules", "deliberation", "archive", "portal",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at a beat; `act` returns when it is over."""

    beat: int
    words: str
    act: Callable[[], None]


class Victim:
    """The installation under test. Every method blocks, and touches only processes that the supervisor started."""

    def __init__(self, supervisor: Supervisor, say: Say) -> None:
        self._supervisor = supervisor
        self._say = say
        self._folder = supervisor.folder
        self._replicas: list[str] = []

    def kill(self, name: str) -> None:
        """SIGKILL; whoever tends the installation starts it again."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process(name).kill()

    def freeze(self, name: str, seconds: float = FROZEN_SECONDS) -> None:
        """Stop a process in whatever it does and let it go on later, as if nothing had happened."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = self._process(name)
            process.suspend()
            time.sleep(seconds)
            process.resume()

    def _process(self, name: str) -> psutil.Process:
        """The running process; raises NoSuchProcess while it is away."""
        pid = self._supervisor.pid_of(name)
        if pid is None:
            raise psutil.NoSuchProcess(0, name)
        return psutil.Process(pid)

    def add_replica(self, name: str) -> None:
        self._replicas.append(self._supervisor.add_replica(name))

    def remove_replica(self, hard: bool) -> None:
        """End the oldest replica, in order or not."""
        if self._replicas:
            name = self._replicas.pop(0)
            if hard:
                self.kill(name)
            self._supervisor.remove_replica(name)

    def restart_broker(self, hard: bool, away: float) -> None:
        """End Kafka, leave it away for some seconds, start it on its old data and port."""
        _restart_kafka(self._folder, hard, away)

    def restart_postgres(self, hard: bool, away: float) -> None:
        """End PostgreSQL, leave it away for some seconds, start it on its old data and port."""
        _restart_postgres(self._folder, hard, away)


def _restart_kafka(folder: Path, hard: bool, away: float) -> None:
    server = KafkaServer(folder)
    server.kill() if hard else server.stop()
    time.sleep(away)
    start(folder)


def _restart_postgres(folder: Path, hard: bool, away: float) -> None:
    server = PostgresServer(folder)
    server.kill() if hard else server.stop()
    time.sleep(away)
    server.start(passwords(folder, ["postgres:superuser"])["postgres:superuser"])


def schedule(seed: int, beats: int, services: list[str], victim: Victim) -> list[Fault]:
    """Every service killed once, broker and database restarted, replicas added, frozen and removed."""
    draw = random.Random(f"faults {seed}")
    found: list[Fault] = []

    def at(low: float, high: float, words: str, act: Callable[[], None]) -> None:
        found.append(Fault(int(beats * draw.uniform(low, high)), words, act))

    for name in draw.sample(services, len(services)):
        at(0.1, 0.9, f"SIGKILL {name}", lambda name=name: victim.kill(name))  # type: ignore[misc]
    for name, act in (("broker", victim.restart_broker), ("PostgreSQL", victim.restart_postgres)):
        hard, away = draw.random() < 0.5, draw.uniform(0.5, 4)
        words = f"{'kill' if hard else 'restart'} the {name}, away for {away:.1f} s"
        at(0.15, 0.85, words, lambda act=act, hard=hard, away=away: act(hard, away))  # type: ignore[misc]
    for name in draw.sample(REPLICATED, 3):
        at(0.05, 0.35, f"add a replica of {name}", lambda name=name: victim.add_replica(name))  # type: ignore[misc]
        at(0.4, 0.7, f"freeze {name} for {FROZEN_SECONDS:.0f} s", lambda name=name: victim.freeze(name))  # type: ignore[misc]
        hard = draw.random() < 0.5
        at(0.72, 0.95, "remove a replica", lambda hard=hard: victim.remove_replica(hard))  # type: ignore[misc]
    return sorted(found, key=lambda fault: fault.beat)
