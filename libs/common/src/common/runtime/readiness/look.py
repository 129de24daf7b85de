"""Readiness checks: everything that is looked at, together, at most once a second."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import asyncpg

from common.contracts.catalogue import Installation, known_types, role_of
from common.contracts.events.clock import TimePassed
from common.messaging.consume.consumer import BatchConsumer
from common.messaging.problems import Level, Problem
from common.messaging.produce.relay import Relay
from common.messaging.release_cache import Releases
from common.messaging.telemetry.metrics import READY, RELEASE, TICK_AGE
from common.messaging.works import Works
from common.runtime.readiness.database import DatabaseLook, Warnings
from common.runtime.readiness.records import RecordsLook, Subscribed
from common.runtime.readiness.seen import Seen, TopicOrigin
from common.runtime.settings import Settings

CACHE_SECONDS = 1.0
KAFKA_PATIENCE_SECONDS = 2.0
"""With DATABASE_PATIENCE_SECONDS below what a probe waits: who asks is told, not kept waiting."""


class Readiness:
    """Looks at most once a second, however often it is asked."""

    def __init__(
        self,
        settings: Settings,
        installation: Installation,
        pool: asyncpg.Pool,
        subscriber: Subscribed,
        consumer: BatchConsumer,
        relay: Relay,
        releases: Releases | None,
        warnings: Warnings | None = None,
        works: Works | None = None,
    ) -> None:
        self._settings = settings
        self._consumer = consumer
        self._relay = relay
        self._releases = releases
        self._works = works or Works()
        origin = TopicOrigin(one_region=role_of(settings.name) == "regional")
        self._database = DatabaseLook(settings, pool, relay, origin, warnings)
        self._records = RecordsLook(settings, installation, subscriber, consumer, origin)
        self._lives_by_ticks = TimePassed in known_types(settings.name)
        self._since = time.monotonic()
        self._looking = asyncio.Lock()
        self._looked = 0.0
        self._last = Seen()
        self._database_answered = False
        """In the look that goes on, or in the last one."""
        self._unfinished: set[asyncio.Task[dict[str, Any]]] = set()

    async def look(self, within: float | None = None) -> dict[str, Any]:
        """The facts, with `problems`: sentences about what is wrong, empty when ready; `warnings`: what others brought
        and cannot make this service unready; `details`: both and notes, each with its kind and what waits; `started`:
        whether it works, whatever is left over. Sets the gauges.

        Answers `within` so many seconds: then with what was seen last and, as a problem, which server is waited for.
        """
        if within is None:
            return await self._look_once()
        looking = asyncio.ensure_future(self._look_once())
        self._unfinished.add(looking)
        looking.add_done_callback(self._unfinished.discard)
        done, _ = await asyncio.wait([looking], timeout=within)
        return looking.result() if done else self._seen_so_far(within)

    async def _look_once(self) -> dict[str, Any]:
        async with self._looking:
            if self._last.facts and time.monotonic() - self._looked < CACHE_SECONDS:
                return self._last.facts
            return await self._look()

    async def _look(self) -> dict[str, Any]:
        seen = Seen()
        self._database_answered = False
        positions = await self._database.look(seen)
        self._database_answered = positions is not None
        try:
            await asyncio.wait_for(self._records.look(seen, positions), KAFKA_PATIENCE_SECONDS)
        except TimeoutError:
            seen.problem("kafka_away", _no_word_from_kafka(KAFKA_PATIENCE_SECONDS))
        self._outputs(seen)
        self._rules(seen)
        self._time(seen)
        self._undone(seen)
        problems = seen.words("problem")
        seen.facts |= {
            "problems": problems,
            "warnings": seen.words("warning"),
            "details": [problem.facts() for problem in seen.details],
            "started": len(problems) == seen.left_over,
        }
        READY.set(not problems)
        self._last, self._looked = seen, time.monotonic()
        return seen.facts

    def _seen_so_far(self, seconds: float) -> dict[str, Any]:
        if self._database_answered:
            problem = Problem("kafka_away", _no_word_from_kafka(seconds))
        else:
            problem = Problem("database_away", f"the database has not answered within {seconds:.1f} s")
        return self._last.facts | {
            "problems": [problem.words],
            "warnings": self._last.words("warning"),
            "details": [problem.facts(), *(p.facts() for p in self._last.details if p.kind != problem.kind)],
            "started": False,
        }

    def _outputs(self, seen: Seen) -> None:
        relay = self._relay
        seen.facts["relay"] = "failing" if relay.failing_since is not None else "running" if relay.alive else "ended"
        if not relay.alive:
            seen.problem("relay_ended", "the relay has ended: nothing is published; restart this service")
        if relay.failing_since is not None:
            seen.problem("relay_fails", f"the relay cannot publish: {relay.failure}")

    def _rules(self, seen: Seen) -> None:
        if self._releases is None:
            return
        newest = self._releases.newest()
        seen.facts["releases"] = newest
        for layer, number in newest.items():
            RELEASE.labels(layer).set(number)
        if not newest and not self._records.young:
            seen.problem("release_missing", "no release of the rulebook is known: does the rules service run?")

    def _time(self, seen: Seen) -> None:
        at = self._consumer.last_tick_at
        age = None if at is None else max(0.0, time.time() - at)
        seen.facts["tick_age"] = None if age is None else round(age, 1)
        if age is not None:
            TICK_AGE.set(age)
        if self._settings.time != "wall" or not self._lives_by_ticks:
            return
        silence = age if age is not None else time.monotonic() - self._since
        if silence > self._settings.ready_tick_seconds:
            words = f"no tick for {silence:.0f} s: deadlines do not fire; does the clock run?"
            seen.problem("clock_silent", words, oldest=round(silence, 1))

    def _undone(self, seen: Seen) -> None:
        """What this process does beside its records, and has not done for long."""
        failing = self._works.failing(self._settings.ready_work_seconds)
        seen.facts["work_undone"] = [work.name for work in failing]
        for work in failing:
            since = round(work.failing_seconds or 0.0, 1)
            words = f"{work.name} has not been done for {since:.0f} s and is tried again: {work.reason}"
            level: Level = "problem" if work.matters else "warning"
            seen.left("work_undone", words, None, level=level, oldest=since)


def _no_word_from_kafka(seconds: float) -> str:
    return f"Kafka has not said within {seconds:.0f} s how far its topics go: does it run?"
