"""When a delivery is tried again, and when it is given up. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)


def next_try(
    now: datetime, taken_at: datetime, tries: int, after: timedelta | None, term: timedelta
) -> datetime | None:
    """The time of the try after so many; pauses double. None when the notice's term is over: it is given up.

    `after` is the far side's own word on how long to wait. The last try is made at the end of the term.
    """
    end = taken_at + term
    if now >= end:
        return None
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 30))
    return min(end, now + max(pause, after or timedelta()))
