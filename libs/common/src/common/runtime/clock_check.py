"""Is this machine's time right: it is compared with the broker's, the database's, the last tick's and its own counter
of elapsed seconds. Pure."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from common.contracts.frozen import value

MEND = "set the machines' time (NTP); no tick is published until they agree"


def elapsed() -> float:
    """Seconds since the machine started, also while it slept; setting the time does not change it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@value
class Moment:
    """What a machine's clock showed, and its counter then, in seconds."""

    at: datetime
    counter: float


def wrong_time(
    now: Moment, others: dict[str, datetime], before: Moment | None, last_until: datetime | None, skew: timedelta
) -> str | None:
    """Why `now` must not be published as the time; None when it may be.

    `others` holds the time by whose clock, `before` the last moment that was right, `last_until` the end of the last
    tick.
    """
    for whose, theirs in others.items():
        if abs(now.at - theirs) > skew:
            return f"it is {now.at.isoformat()} here and {theirs.isoformat()} by the {whose}'s clock: {MEND}"
    if last_until is not None and now.at < last_until - skew:
        return (
            f"it is {now.at.isoformat()} here, and the last tick ended at {last_until.isoformat()}: was the time here"
            " set back, or was that tick wrong? `otklik clock` says more"
        )
    if before is not None:
        jump = now.at - before.at - timedelta(seconds=now.counter - before.counter)
        if jump > skew:
            return (
                f"the time here jumped ahead by {jump.total_seconds():.0f} s, to {now.at.isoformat()}: if it is right,"
                " restart the clock, else set it (NTP); no tick is published until then"
            )
    return None
