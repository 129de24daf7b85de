"""The production clock: `python -m common.clock` publishes a tick a minute; one of its replicas, elected by a lock.

A replay publishes its own ticks instead. After a pause of the clock one long tick covers all that was missed: a tick
is an interval of any length, and a deadline inside it fires with its own due time, so sixty short ones would say no
more. A replica that was paused while another was elected may still send one tick; consumers ignore what is not later
than the last they saw.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import uvloop

from common.catalogue import Installation
from common.envelope import Envelope, derived_id, to_headers
from common.events.clock import TimePassed
from common.health import health_routes
from common.http import HttpServer
from common.kafka import new_producer, read_to_end
from common.metric_names import READY, TICKS
from common.retry import PASSING, Backoff
from common.service import configure_logging
from common.settings import Settings, SettingsError, load_settings

log = logging.getLogger(__name__)

TICK = timedelta(minutes=1)
LOCK = 0x07C10C
ELECTION_SECONDS = 5.0
LOOK_SECONDS = 1.0


def next_tick(last: datetime | None, now: datetime) -> TimePassed | None:
    """The tick that is due: up to the last whole minute, from where the last one ended; None when there is none."""
    until = now.replace(second=0, microsecond=0)
    since = last if last is not None else until - TICK
    return TimePassed(since=since, until=until) if until > since else None


def tick_record(event: TimePassed) -> tuple[Envelope, bytes]:
    """Envelope and body of a tick; the same interval has the same id."""
    event_id = derived_id("tick", event.since.isoformat(), event.until.isoformat())
    envelope = Envelope(event_id, "clock", event.type, event.until, "clock", event_id)
    return envelope, event.model_dump_json().encode()


class Clock:
    """One replica: waits to be elected, then ticks until it is told to end or loses what made it the one."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._now = now
        self._topic = Installation(settings.prefix).physical("clock.ticks")
        self._over = asyncio.Event()
        self._last: datetime | None = None
        self._problem: str | None = None
        self.leads = False

    async def run(self) -> None:
        """Until `end`; a database or broker that is away ends the reign, not the clock."""
        backoff = Backoff(self._settings.retry_seconds)
        while not self._over.is_set():
            try:
                await self._reign()
                backoff.reset()
            except PASSING as error:
                self._problem = f"{type(error).__name__}: {error}"
                log.warning("the clock tries again: %s", self._problem)
                await self._wait(backoff.next())

    def end(self) -> None:
        self._over.set()

    async def facts(self) -> dict[str, Any]:
        """What readiness says; a replica that waits for its turn is ready."""
        problems = [self._problem] if self._problem is not None else []
        age = None if self._last is None else round((self._now() - self._last).total_seconds(), 1)
        READY.set(not problems)
        return {"service": self._settings.name, "leads": self.leads, "tick_age": age, "problems": problems}

    async def _reign(self) -> None:
        db = await asyncpg.connect(self._settings.database_url, timeout=10)
        producer = new_producer(self._settings)
        try:
            await producer.start()
            self._problem = None
            while not await db.fetchval("SELECT pg_try_advisory_lock($1::bigint)", LOCK):
                await self._wait(ELECTION_SECONDS)
                if self._over.is_set():
                    return
            self._last = await last_tick(self._settings, self._topic)
            self.leads = True
            log.info("this clock ticks, from %s", self._last or "now")
            while not self._over.is_set():
                await db.execute("SELECT 1")
                event = next_tick(self._last, self._now())
                if event is not None:
                    envelope, body = tick_record(event)
                    await producer.send_and_wait(self._topic, value=body, key=b"clock", headers=to_headers(envelope))
                    self._last = event.until
                    TICKS.inc()
                await self._wait(LOOK_SECONDS)
        finally:
            self.leads = False
            with contextlib.suppress(*PASSING):
                await producer.stop()
            with contextlib.suppress(*PASSING):
                await db.close(timeout=5)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)


async def last_tick(settings: Settings, topic: str) -> datetime | None:
    """Where the latest tick on the topic ends; None when there is none."""
    ends = [TimePassed.model_validate_json(r.value).until for r in await read_to_end(settings, topic) if r.value]
    return max(ends, default=None)


async def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT, with health and metrics over HTTP."""
    clock = Clock(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, clock.end)
    http = HttpServer(settings.http_host, settings.http_port, health_routes(clock.facts))
    await http.start()
    try:
        await clock.run()
    finally:
        await http.stop()


if __name__ == "__main__":
    try:
        loaded = load_settings()
    except SettingsError as error:
        sys.exit(str(error))
    configure_logging(loaded.log_level)
    uvloop.run(run(loaded))
