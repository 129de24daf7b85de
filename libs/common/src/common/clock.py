"""The production clock: `python -m common.clock` publishes a tick a minute; one of its replicas, elected by a lock.

A replay publishes its own ticks instead.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from datetime import UTC, datetime, timedelta

import asyncpg
import uvloop

from common.catalogue import Installation
from common.envelope import Envelope, derived_id, to_headers
from common.events.clock import TimePassed
from common.kafka import new_producer, read_to_end
from common.service import configure_logging
from common.settings import Settings, SettingsError, load_settings

log = logging.getLogger(__name__)

TICK = timedelta(minutes=1)
LOCK = 0x07C10C


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


async def run(settings: Settings) -> None:
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    topic = Installation(settings.prefix).physical("clock.ticks")
    db = await asyncpg.connect(settings.database_url)
    producer = new_producer(settings)
    await producer.start()
    try:
        while not over.is_set() and not await db.fetchval("SELECT pg_try_advisory_lock($1::bigint)", LOCK):
            await _wait(over, 5)
        records = [r for r in await read_to_end(settings, topic) if r.value]
        last = TimePassed.model_validate_json(records[-1].value or b"").until if records else None
        while not over.is_set():
            await db.execute("SELECT 1")
            event = next_tick(last, datetime.now(UTC))
            if event is not None:
                envelope, body = tick_record(event)
                await producer.send_and_wait(topic, value=body, key=b"clock", headers=to_headers(envelope))
                last = event.until
            await _wait(over, 1)
    finally:
        await producer.stop()
        await db.close()


async def _wait(over: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(over.wait(), seconds)
    except TimeoutError:
        return


if __name__ == "__main__":
    try:
        loaded = load_settings()
    except SettingsError as error:
        sys.exit(str(error))
    configure_logging(loaded.log_level)
    uvloop.run(run(loaded))
