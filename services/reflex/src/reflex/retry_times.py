"""When a loop that failed is tried again: after one minute of ticks, then twice as long each time, up to a day."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)
MAX_DOUBLINGS = 20


def retry_at(now: datetime, failures: int) -> datetime:
    """The tick from which on to try again, after so many failures in a row."""
    return now + min(FIRST_PAUSE * (1 << min(failures - 1, MAX_DOUBLINGS)), LONGEST_PAUSE)
