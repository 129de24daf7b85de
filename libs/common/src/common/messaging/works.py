"""What a process does beside its records, and how it goes: whatever fails is counted, said, and told by readiness."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from common.messaging.consume.error_text import reason_of
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.telemetry.metrics import LEFT_UNDONE, PERIODIC_FAILING, PERIODIC_FAILURES

log = logging.getLogger(__name__)

SAID_SECONDS = 60.0
"""How long the same kind of failure of the same work is not said again."""
AGAIN_SECONDS = 60.0
"""After this what failed is tried again, however seldom it is done when it is well."""
RESTART_SECONDS = 10.0
STEADY_SECONDS = 60.0
"""A task that has run for so long after it failed is well again."""
PASSING = (TransientError, *DATABASE_AWAY)
"""Failures that pass by themselves."""


class Said:
    """Which kinds of failures were said lately."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}

    def anew(self, error: BaseException) -> bool:
        """Whether this kind is to be said now."""
        kind, now = type(error).__name__, time.monotonic()
        if now - self._at.get(kind, -SAID_SECONDS) < SAID_SECONDS:
            return False
        self._at[kind] = now
        return True

    def forget(self) -> None:
        self._at.clear()


class Work:
    """One thing that a process does again and again, and whether it is done."""

    def __init__(self, name: str, *, matters: bool = False) -> None:
        """`name` says in logs, metrics and readiness what was not done; `matters`: the process is not ready while it
        is not done for long."""
        self.name = name
        self.matters = matters
        self.reason = ""
        self._since: float | None = None
        self._said = Said()
        self._failing = PERIODIC_FAILING.labels(name)
        self._failures = PERIODIC_FAILURES.labels(name)
        self._failing.set(0)

    @property
    def failing_seconds(self) -> float | None:
        """For how long it has not been done; None while it is well."""
        return None if self._since is None else time.monotonic() - self._since

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """One try: what fails in it goes no further, and is done again by whoever tries again."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - it is told whatever it is
            self.failed(error)
        else:
            self.done()

    def failed(self, error: Exception) -> None:
        self._failures.inc()
        self._failing.set(1)
        self.reason = reason_of(error)
        if self._since is None:
            self._since = time.monotonic()
        if self._said.anew(error):
            if isinstance(error, PASSING):
                log.warning("%s was not done and is tried again: %s", self.name, self.reason)
            else:
                log.error("%s failed and is tried again", self.name, exc_info=error)

    def done(self) -> None:
        if self._since is not None:
            log.info("%s is done again, after %.0f s", self.name, time.monotonic() - self._since)
            self._since, self.reason = None, ""
            self._said.forget()
        self._failing.set(0)


class Works:
    """All that one process does beside its records."""

    def __init__(self) -> None:
        self._all: dict[str, Work] = {}

    def watch(self, name: str, *, matters: bool = False) -> Work:
        """The work of this name; the same for all who name it."""
        return self._all.setdefault(name, Work(name, matters=matters))

    def failing(self, seconds: float) -> list[Work]:
        """What has not been done for longer than that, in order of names."""
        found = ((work.failing_seconds, work) for work in self._all.values())
        return sorted((w for since, w in found if since is not None and since > seconds), key=lambda w: w.name)

    def periodically(
        self, name: str, seconds: float, job: Callable[[], Awaitable[Any]], *, matters: bool = False
    ) -> Callable[[], Awaitable[None]]:  # fmt: skip
        """A background task: `job` at once, and again so many seconds after it ended, until cancelled; sooner where it
        failed and is done seldom."""
        work = self.watch(name, matters=matters)

        async def run() -> None:
            while True:
                with work.attempt():
                    await job()
                await asyncio.sleep(seconds if work.failing_seconds is None else min(seconds, AGAIN_SECONDS))

        return run

    async def keep_up(self, job: Callable[[], Awaitable[None]]) -> None:
        """A task that runs until it is cancelled: one that fails is begun anew after a pause."""
        work = self.watch(name_of(job))
        while True:
            task = asyncio.ensure_future(job())
            try:
                await asyncio.wait({task}, timeout=STEADY_SECONDS)
                if not task.done():
                    work.done()
                await task
                return
            except Exception as error:  # noqa: BLE001 - it is told whatever it is
                work.failed(error)
            finally:
                task.cancel()
                await asyncio.wait({task})
            await asyncio.sleep(RESTART_SECONDS)


def name_of(job: Callable[..., Any]) -> str:
    """As logs and metrics call a task."""
    while isinstance(job, partial):
        job = job.func
    return f"{job.__module__.rpartition('.')[2]}.{getattr(job, '__qualname__', type(job).__qualname__)}"


LEFT: dict[str, Said] = {}


@contextmanager
def left_undone(name: str) -> Iterator[None]:
    """Go on without what is done here while the database is away: nobody is told, and it is not done later. It is
    counted and said under this name."""
    try:
        yield
    except DATABASE_AWAY as error:
        LEFT_UNDONE.labels(name).inc()
        if LEFT.setdefault(name, Said()).anew(error):
            log.warning("%s was left undone: %s", name, reason_of(error))
