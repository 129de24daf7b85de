"""Is the time that somebody outside gives a record believable: neither from the future nor from long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from common.contracts.events.clock import TimePassed
from common.contracts.refusals import Reason
from common.federation.country import FIRST_YEAR, LAST_YEAR

EARLIEST = datetime(FIRST_YEAR + 1, 1, 1, tzinfo=UTC)
LATEST = datetime(LAST_YEAR - 2, 1, 1, tzinfo=UTC)
"""Within the years of the calendars, with room for the longest deadline on either side."""
SKEW = timedelta(minutes=5)
"""How far a sender's clock may be ahead."""
ORDER_AGE = timedelta(days=30)
"""A command older than this has expired: ids are refused as repeats for longer, so it cannot be given a second time."""
MESSAGE_AGE = timedelta(days=366)
"""A message this old is no report of how things are."""

Time = Literal["wall", "ticks"]


class Timeliness:
    """Judges by the broker's time of the record or, in a replay, by the last tick that was heard.

    Ticks judge no more closely than a day for commands: an interval runs ahead of its own tick, and topics have no
    common order. Before the first tick only years without a calendar are refused.
    """

    def __init__(self, time: Time) -> None:
        self._time = time
        self.by_ticks = time == "ticks"
        self.tick: TimePassed | None = None

    def hear(self, tick: TimePassed) -> None:
        """The last tick as the service knows it now, which a correction may have taken back."""
        self.tick = tick

    def said_at(self, claimed: datetime, appended_at: datetime) -> datetime:
        """When it is, for what is said about a record whose own time is not believed."""
        if self._time == "wall":
            return appended_at
        if self.tick is not None:
            return self.tick.until
        return claimed if EARLIEST <= claimed <= LATEST else EARLIEST

    def untimely(self, moment: datetime, appended_at: datetime, oldest: timedelta, slack: timedelta) -> Reason | None:
        """Why `moment` is not believed; None when it is. `slack` widens what a tick allows ahead of itself."""
        said = moment.isoformat()
        if not EARLIEST <= moment <= LATEST:
            prose = f"its time {said} lies outside {EARLIEST.year} to {LATEST.year - 1}"
            return Reason("time_not_possible", prose, time=said)
        if self._time == "wall":
            now, ahead = appended_at, SKEW
        elif self.tick is not None:
            now, ahead = self.tick.until, max(SKEW, slack, self.tick.until - self.tick.since)
        else:
            return None
        if moment > now + ahead:
            prose = f"its time {said} lies in the future: it is {now.isoformat()}"
            return Reason("time_in_future", prose, time=said, now=now.isoformat())
        if moment < now - oldest:
            prose = f"its time {said} lies too long ago: it is {now.isoformat()}"
            return Reason("expired", prose, time=said, now=now.isoformat())
        return None
