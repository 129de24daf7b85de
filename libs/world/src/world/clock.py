"""The replay's ticks: one interval at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.clock import TimePassed

INTERVAL = timedelta(hours=6)
MAX_INTERVALS = 1_500
"""A log that is longer takes longer steps: years of a few cases a day are not worth thousands of ticks."""
TOPIC = "clock.ticks"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def floor(moment: datetime, step: timedelta) -> datetime:
    """The last whole `step` since the epoch that is not after `moment`."""
    return EPOCH + (moment - EPOCH) // step * step


def step_for(first: datetime, last: datetime) -> timedelta:
    """The tick's length for a log: six hours, or as many times six as keep the ticks few enough."""
    return INTERVAL * max(1, -(-((last - first) // INTERVAL) // MAX_INTERVALS))


def intervals(first: datetime, last: datetime, step: timedelta = INTERVAL) -> Iterator[tuple[datetime, datetime]]:
    """(since, until] from before `first` until `last` is over."""
    since = floor(first, step)
    if since == first:
        since -= step
    while since < last:
        yield since, since + step
        since += step


def tick(since: datetime, until: datetime) -> tuple[Envelope, TimePassed]:
    """The tick that ends an interval; the same interval has the same id."""
    event = TimePassed(since=since, until=until)
    event_id = derived_id("tick", since.isoformat(), until.isoformat())
    return Envelope(event_id, "world", event.type, until, "clock", event_id), event
