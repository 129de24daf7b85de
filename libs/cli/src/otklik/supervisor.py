"""Starts every process of an installation, watches them, and ends them in order."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import psutil
from common.contracts.provisioning import principals
from common.federation.check import checked_federation
from embedded.errors import EmbeddedError
from embedded.processes import check_port, end, free_port, running, spawn, started_as
from embedded.provision import check_partitions, provision_kafka, provision_postgres
from embedded.stack import Stack, start, status, stop
from provision.identities import make_keys

from otklik.disk import DiskWatch
from otklik.locate import Installed, write_down
from otklik.loop_sets import LoopSets, begun_in, in_words, with_begun
from otklik.options import FIRST_PORT
from otklik.process_plan import Process, installation_of, processes, set_processes
from otklik.restarts import Restarts
from otklik.supervisor_lock import leave, take

READY_SECONDS = 120.0
Say = Callable[[str], None]


class Crashed(RuntimeError):
    """A service ended by itself; the message holds the end of its log."""


class Supervisor:
    """All of one installation under one folder."""

    def __init__(
        self, folder: Path, federation: Path, *, time: str = "wall", clock: bool = True, first_port: int = FIRST_PORT,
        one_source: bool = False, loop_sets: LoopSets | None = None,
    ) -> None:  # fmt: skip
        """With `one_source` all citizens post from this machine, as in a replay or a measurement. `loop_sets` run as
        processes of their own, beside reflex with the other loops."""
        self.folder = folder.resolve()
        self.federation = checked_federation(federation)
        self._time = time
        self._one_source = one_source
        self._clock = clock
        self._loop_sets = loop_sets or {}
        self.first_port = first_port
        self._processes: list[Process] = []
        self._restarts: dict[str, Restarts] = {}
        self._disk = DiskWatch(self.folder)
        self._reigns = False

    def start(self, say: Say) -> Stack:
        """Start what does not run; returns when every service is ready. Raises EmbeddedError or Crashed."""
        take(self.folder)
        self._reigns = True
        say("starting Kafka and PostgreSQL")
        stack = start(self.folder)
        # Only a replay has an outside world that acts for every desk.
        installation = replace(installation_of(self.federation), demo=self._time == "ticks")
        say("users, rights, topics and databases")
        growing = check_partitions(stack, installation)
        if growing is not None:
            say(growing)
        kafka = provision_kafka(stack, installation)
        make_keys(self.folder / "keys", principals(installation))
        urls = asyncio.run(provision_postgres(stack, [*installation.instances(), "clock", "exporter"]))
        sets = with_begun(self._loop_sets, asyncio.run(begun_in(urls["reflex"])))
        planned = processes(
            stack,
            self.federation,
            kafka,
            urls,
            time=self._time,
            clock=self._clock,
            first_port=self.first_port,
            one_source=self._one_source,
        )
        beside = set_processes(planned, sets)
        ports = {p.name: p.port for p in (*planned, *beside) if p.port is not None}
        write_down(Installed(self.folder, self.federation.folder, ports))
        say(f"starting {len(planned)} services")
        self._bring_up(planned)
        if beside:
            # A set takes its loops over from reflex, which must have made its tables by then.
            told = "; ".join(in_words(sets, name) for name in sorted(sets))
            say(f"starting {len(beside)} set{'' if len(beside) == 1 else 's'} of loops beside reflex: {told}")
            self._bring_up(beside)
        self._say_left_over(say)
        return stack

    def _bring_up(self, more: Sequence[Process]) -> None:
        """Start these too; returns when all that were started work."""
        for process in more:
            self._adopt_or_spawn(process)
        self._processes = [*self._processes, *more]
        self._wait_started()

    def _adopt_or_spawn(self, process: Process) -> None:
        """A service left by a supervisor that was killed goes on if it was started just so, else it is replaced."""
        pid_file = self._pid_file(process.name)
        if running(pid_file) is not None and started_as(pid_file, _command(process), process.environment):
            return
        end(pid_file)
        if process.port is not None:
            check_port(process.port, process.name)
        self._spawn(process)

    def _spawn(self, process: Process) -> None:
        environment = {**os.environ, **process.environment}
        spawn(
            _command(process), self._pid_file(process.name), self.log_of(process.name), env=environment,
            fingerprint=process.environment, niceness=process.niceness,
        )  # fmt: skip

    def _wait_started(self) -> None:
        """Until every service works. Work left over for an operator keeps none from starting.

        Raises EmbeddedError when READY_SECONDS pass in which none has come up: how long all take depends on the
        machine.
        """
        deadline = time.monotonic() + READY_SECONDS
        waiting = [p for p in self._processes if p.port is not None]
        while waiting:
            self.check_alive()
            left = [p for p in waiting if not _answers_well(p.port, "started")]
            if len(left) < len(waiting):
                deadline = time.monotonic() + READY_SECONDS
            waiting = left
            if time.monotonic() > deadline:
                names = ", ".join(p.name for p in waiting)
                raise EmbeddedError(f"not started within {READY_SECONDS:.0f} s: {names}; look into {self.folder}/logs")
            time.sleep(0.1)

    def _say_left_over(self, say: Say) -> None:
        for process in self._processes:
            if process.port is not None:
                for words in left_over(process.port):
                    say(f"{process.name}: {words}")

    def check_alive(self) -> None:
        """Raises Crashed when a process that was started has ended."""
        for process in self._processes:
            if running(self._pid_file(process.name)) is None:
                tail = "\n".join(self.log_of(process.name).read_text(errors="replace").splitlines()[-15:])
                raise Crashed(f"{process.name} has ended; the end of {self.log_of(process.name)}:\n{tail}")

    def tend(self, say: Say) -> None:
        """Look after what was started, to be called every second or so: a server or service that has ended is started
        again, at once at first and then after ever longer pauses, and `say` is told. Nothing is given up, and a full
        disk ends nothing here: what could not be started for want of room is tried again.
        """
        self._disk.look(say)
        for name, alive in status(self.folder).items():
            # Data folders outlive their servers, so a start is all that is needed.
            self._tend_one(name, alive, lambda: start(self.folder), say)
        self.tend_services(say)

    def tend_services(self, say: Say) -> None:
        """As `tend`, for services alone."""
        for process in self._processes:
            alive = running(self._pid_file(process.name)) is not None
            self._tend_one(process.name, alive, partial(self._spawn, process), say)

    def _tend_one(self, name: str, alive: bool, begin: Callable[[], object], say: Say) -> None:
        now = time.monotonic()
        held = self._restarts.setdefault(name, Restarts(now))
        if alive:
            held.due_at = None
        elif held.due_at is None:
            pause = held.ended(now)
            say(f"{name} has ended; starting it again in {pause:.0f} s (its log: {self.log_of(name)})")
        elif held.due_at <= now:
            try:
                begin()
            except (EmbeddedError, OSError) as error:
                pause = held.ended(time.monotonic())
                words = str(error).partition("\n")[0]
                log = self.log_of(name)
                say(f"{name} cannot be started and is tried again in {pause:.0f} s: {words} (its log: {log})")
            else:
                held.started(time.monotonic())

    def add_replica(self, name: str) -> str:
        """Start one more process of a service, in the same group, on a free port; returns the replica's own name."""
        original = next(p for p in self._processes if p.name == name)
        number = 2 + sum(p.name.startswith(f"{name}@") for p in self._processes)
        port = free_port()
        environment = original.environment | {"OTKLIK_HTTP_PORT": str(port)}
        replica = replace(original, name=f"{name}@{number}", environment=environment, port=port)
        self._spawn(replica)
        self._processes.append(replica)
        return replica.name

    def remove_replica(self, name: str) -> None:
        """End a replica in order; it is no longer looked after."""
        self._processes = [p for p in self._processes if p.name != name]
        self._restarts.pop(name, None)
        end(self._pid_file(name))

    def pid_of(self, name: str) -> int | None:
        """The process id of a service or replica; None while it does not run."""
        process = running(self._pid_file(name))
        return None if process is None else int(process.pid)

    def ready(self, name: str) -> bool:
        """Whether a service or replica says that it is ready."""
        return any(p.name == name and is_ready(p.port) for p in self._processes)

    def facts(self, name: str) -> str:
        """What a service or replica says of its readiness, in its own words; empty when it does not answer."""
        port = next((p.port for p in self._processes if p.name == name), None)
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).text
        except httpx.HTTPError:
            return ""

    def stop(self, say: Say) -> None:
        """End services, then the servers they use; nothing when another process looks after them."""
        if self._reigns:
            stop_all(self.folder, say)
            self.leave()

    def leave(self) -> None:
        """Let everything run on without anybody who looks after it."""
        leave(self.folder)
        self._reigns = False

    def log_of(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _pid_file(self, name: str) -> Path:
        return self.folder / "pids" / f"{name}.json"


def _command(process: Process) -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", process.module]


def stop_all(folder: Path, say: Say) -> None:
    """End whatever runs under a folder."""
    folder = folder.resolve()
    say("stopping services")
    files = sorted((folder / "pids").glob("*.json"))
    live = [p for f in files if (p := running(f)) is not None]
    for process in live:
        process.terminate()
    psutil.wait_procs(live, 20)
    for file in files:
        end(file)
    say("stopping Kafka and PostgreSQL")
    stop(folder)


def is_ready(port: int | None) -> bool:
    return _answers_well(port, "ready")


def _answers_well(port: int | None, question: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/{question}", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


def left_over(port: int) -> list[str]:
    """What a service that works has to say all the same: problems and warnings in its own words."""
    try:
        facts = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).json()
    except (httpx.HTTPError, ValueError):
        return []
    return [str(words) for words in (*facts.get("problems", ()), *facts.get("warnings", ()))]


def named(folder: Path) -> Sequence[tuple[str, bool]]:
    """Each service that was started under a folder, and whether it still runs."""
    files = sorted((folder.resolve() / "pids").glob("*.json"))
    return [(f.stem, running(f) is not None) for f in files]
