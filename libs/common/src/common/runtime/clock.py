"""The production clock, `python -m common.runtime.clock`: a tick a minute from one replica, elected by a lock.

A replay publishes its own ticks instead. After a pause of the clock one long tick covers all that was missed: a tick
is an interval of any length, and a deadline inside it fires with its own due time, so sixty short ones would say no
more. A replica that was paused while another was elected may still send one tick; consumers ignore what is not later
than the last they saw.

Nothing is published while this machine's time differs from the broker's or the database's by more than a setting,
was set back, or has jumped ahead: see `clock_check`.
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
from aiokafka import AIOKafkaProducer

from common.contracts.catalogue import Installation
from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events.clock import TimeAsked, TimePassed
from common.contracts.signing import Signer
from common.federation.country import FederationError, load_federation
from common.messaging.clock.tick_topic import TOPIC, TickTopic
from common.messaging.consume.error_text import reason_of
from common.messaging.kafka import new_producer
from common.messaging.problems import Problem
from common.messaging.retry import PASSING, Backoff
from common.messaging.settings import SettingsError
from common.messaging.telemetry.log_lines import configure_logging
from common.messaging.telemetry.metrics import READY, TICKS
from common.runtime.clock_check import Moment, elapsed, wrong_time
from common.runtime.health import health_routes
from common.runtime.http.app import HttpServer
from common.runtime.http.limits import HttpLimits
from common.runtime.settings import Settings, load_settings

log = logging.getLogger(__name__)

TICK = timedelta(minutes=1)
LOCK = 0x07C10C
ELECTION_SECONDS = 5.0
LOOK_SECONDS = 1.0
FOLLOW_SECONDS = 5.0
"""How long a correction may lie unseen."""


def next_tick(last: datetime | None, now: datetime) -> TimePassed | None:
    """The tick that is due: up to the last whole minute, from where the last one ended; None when there is none."""
    until = now.replace(second=0, microsecond=0)
    since = last if last is not None else until - TICK
    return TimePassed(since=since, until=until) if until > since else None


def tick_record(event: TimePassed, signer: Signer, at: datetime) -> tuple[Envelope, bytes]:
    """Envelope and body of a tick published at `at`, signed.

    An interval that is told again, after it was refused or taken back, is no repeat: `at` makes its id another.
    """
    event_id = derived_id("tick", event.since.isoformat(), event.until.isoformat(), at.isoformat())
    body = event.wire()
    envelope = Envelope(event_id, signer.principal, event.type, event.until, "clock", event_id)
    return signer.sign(TOPIC, "clock", envelope, body), body


class Clock:
    """One replica: waits to be elected, then ticks until it is told to end or loses what made it the one.

    In wall time each tick is preceded by a look at the broker's and the database's clocks. In simulated time, which
    tests have, nothing but the ticks says what time it is.
    """

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        counter: Callable[[], float] = elapsed,
    ) -> None:
        """Raises SettingsError where this principal has no key to sign ticks with."""
        self._settings = settings
        self._now = now
        self._counter = counter
        federation = load_federation(settings.federation)
        self._installation = Installation(settings.prefix)
        self._ticks = TickTopic(settings, self._installation, federation)
        signer = Signer.load(settings.keys, settings.name)
        if signer is None:
            raise SettingsError(f"{settings.keys}/private/{settings.name}.pem is missing: ticks must be signed")
        self._signer = signer
        self._over = asyncio.Event()
        self._right: Moment | None = None
        """When the time here was last found right."""
        self._followed = 0.0
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
                self._problem = reason_of(error)
                log.warning("the clock tries again: %s", self._problem)
                await self._wait(backoff.next())

    def end(self) -> None:
        self._over.set()

    async def facts(self, _within: float | None = None) -> dict[str, Any]:
        """What readiness says; a replica that waits for its turn is ready."""
        problems = [self._problem] if self._problem is not None else []
        last = self._ticks.last
        age = None if last is None else round((self._now() - last.until).total_seconds(), 1)
        READY.set(not problems)
        return {
            "service": self._settings.name,
            "leads": self.leads,
            "tick_age": age,
            "last_tick": None if last is None else last.until.isoformat(),
            "problems": problems,
            "details": [Problem("clock_silent", words).facts() for words in problems],
        }

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
            await self._follow()
            self.leads = True
            log.info("this clock ticks, from %s", self._ticks.last.until if self._ticks.last is not None else "now")
            while not self._over.is_set():
                await self._look(db, producer)
                await self._wait(LOOK_SECONDS)
        finally:
            self.leads = False
            with contextlib.suppress(*PASSING):
                await producer.stop()
            with contextlib.suppress(*PASSING):
                await db.close(timeout=5)

    async def _look(self, db: asyncpg.Connection, producer: AIOKafkaProducer) -> None:
        """Tick when one is due and the time here is right; say what is wrong when it is not."""
        others = {"database": await db.fetchval("SELECT clock_timestamp()")}
        if next_tick(self._last_until, self._now()) is not None or self._counter() - self._followed >= FOLLOW_SECONDS:
            # Another clock may have ticked, or an operator taken ticks back.
            await self._follow()
        event = next_tick(self._last_until, self._now())
        if self._settings.time == "wall":
            if event is not None:
                others["broker"] = await self._ask_broker(producer)
            now = Moment(self._now(), self._counter())
            wrong = wrong_time(now, others, self._right, self._last_until, self._settings.tick_skew)
            if wrong is None:
                self._right = now
            elif wrong != self._problem:
                log.error("%s", wrong)
            self._problem = wrong
            if wrong is not None:
                return
        if event is None:
            return
        envelope, body = tick_record(event, self._signer, self._now())
        await producer.send_and_wait(
            self._installation.physical(TOPIC), value=body, key=b"clock", headers=to_headers(envelope)
        )
        TICKS.inc()
        await self._follow()

    @property
    def _last_until(self) -> datetime | None:
        return None if self._ticks.last is None else self._ticks.last.until

    async def _follow(self) -> None:
        for step in await self._ticks.follow():
            if step.wrong is not None:
                log.warning("not believed: %s", step.wrong.words)
        self._followed = self._counter()

    async def _ask_broker(self, producer: AIOKafkaProducer) -> datetime:
        """The broker's time, from a record that it takes now."""
        at = self._now()
        event = TimeAsked(at=at)
        event_id = derived_id("asked", at.isoformat())
        envelope = Envelope(event_id, "clock", event.type, at, "clock", event_id)
        sent = await producer.send_and_wait(
            self._installation.physical("clock.probes"), value=event.wire(), key=b"clock", headers=to_headers(envelope)
        )
        return datetime.fromtimestamp(sent.timestamp / 1000, UTC)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)


async def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT, with health and metrics over HTTP."""
    clock = Clock(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, clock.end)
    http = HttpServer(settings.http_host, settings.http_port, health_routes(clock.facts), HttpLimits.of(settings))
    await http.start()
    try:
        await clock.run()
    finally:
        await http.stop()


if __name__ == "__main__":
    try:
        loaded = load_settings(Settings)
    except SettingsError as error:
        sys.exit(str(error))
    configure_logging(loaded.log_level, loaded.log_format, loaded.name)
    try:
        uvloop.run(run(loaded))
    except (SettingsError, FederationError) as error:
        sys.exit(str(error))
