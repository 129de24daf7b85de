"""Time goes on when a log has ended."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from common.contracts.events.clock import TimePassed
from world import clock
from world.afterwards import NoTimeYet, keep_time

from tests.conftest import Ground
from tests.end_to_end.system import fact
from tests.kafka import records_of

ENDED = datetime(2011, 12, 31, 18, tzinfo=UTC)


async def test_ticks_follow_on_from_the_logs_last_one_at_the_pace_of_the_clock(ground: Ground) -> None:
    world, reader = ground.settings("world"), ground.settings("portal")
    with pytest.raises(NoTimeYet):
        await keep_time(ground.federation, world, reader)
    last = TimePassed(since=ENDED - clock.INTERVAL, until=ENDED)
    await fact(ground, "world", clock.TOPIC, "clock", last, ENDED)
    going = asyncio.create_task(keep_time(ground.federation, world, reader, pause=0.01))
    try:
        records = await records_of(ground, "portal", clock.TOPIC, 4)
    finally:
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going
    ticks = [TimePassed.model_validate_json(r.value or b"") for r in records]
    assert [t.since for t in ticks[1:]] == [t.until for t in ticks[:-1]]
    assert all(t.since < t.until for t in ticks)
    assert ticks[-1].until - ENDED < clock.INTERVAL
