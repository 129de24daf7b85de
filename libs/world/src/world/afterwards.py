"""Time after a log has ended: ticks go on at the pace of the wall clock, so that what people do still takes effect."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path

from common.contracts.events.clock import TimePassed
from common.contracts.signing import Signer
from common.federation.country import load_federation
from common.messaging.clock.tick_topic import TickTopic
from common.runtime.settings import Settings

from world import clock
from world.run import installation_of
from world.sending import Sender

PAUSE_SECONDS = 5.0
"""Between two ticks."""


class NoTimeYet(RuntimeError):
    """There is no tick from which time could go on."""


async def keep_time(
    federation_folder: Path, settings: Settings, reader: Settings, pause: float = PAUSE_SECONDS
) -> None:
    """Publish a tick each `pause` seconds, of as much time as has passed, until cancelled.

    `settings` are those of the principal `world`; `reader` may read the clock's topic. Raises NoTimeYet where there
    is no believed tick.
    """
    federation = load_federation(federation_folder)
    installation = installation_of(federation, settings.prefix)
    topic = TickTopic(reader, installation, federation)
    await topic.follow()
    last = topic.last
    signer = Signer.load(settings.keys, settings.name)
    if last is None or signer is None:
        raise NoTimeYet("the clock's topic holds no tick, or the key of `world` is missing")
    sender = Sender(settings, installation, signer, None)
    await sender.start()
    try:
        began, since = time.monotonic(), last.until
        while True:
            await asyncio.sleep(pause)
            until = later(last, time.monotonic() - began)
            await sender.tell(clock.TOPIC, *clock.tick(since, until))
            since = until
    finally:
        await sender.stop()


def later(last: TimePassed, seconds: float) -> datetime:
    """The time so many seconds after a tick's end, in whole milliseconds."""
    return last.until + timedelta(milliseconds=round(seconds * 1_000))
