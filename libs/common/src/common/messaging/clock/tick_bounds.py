"""May a tick, or a correction of ticks, be believed: signed by whom it must be, in order, and bounded by the broker's
own time of the record where the installation lives by the wall clock. Pure.

Every consumer of `clock.ticks` and the clock itself judge alike, so all of them stand at the same time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from common.contracts.delivery import Delivery
from common.contracts.events.base import Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.frozen import value
from common.contracts.rights import HasPeople, denial
from common.messaging.consume.time_bounds import EARLIEST, LATEST, Time

LONGEST_REPLAY_TICK = timedelta(days=31)
"""A replay's interval is six hours, and some days where a log fills all years of the calendars."""
Why = Literal["forged", "future", "backwards", "years", "long", "pointless"]
CLOCKS: dict[Time, frozenset[str]] = {"wall": frozenset({"clock"}), "ticks": frozenset({"clock", "world"})}
"""Principals that may tick."""
CORRECTORS = frozenset({"operator"})
"""Principals that may take ticks back."""


@value
class Wrong:
    """Why a tick or correction is refused: in a word for metrics, and in words with what to do."""

    why: Why
    words: str


class TickBounds:
    """Judges by the last tick that was believed. `skew` is how far the clock may be ahead of the broker."""

    def __init__(self, time: Time, skew: timedelta, federation: HasPeople) -> None:
        self._time = time
        self._skew = skew
        self._federation = federation

    def wrong(self, delivery: Delivery, last: TimePassed | None) -> Wrong | None:
        """Why a tick or correction is refused; None when it may be believed."""
        event = delivery.event
        assert delivery.appended_at is not None
        if delivery.refused is not None:
            return Wrong("forged", f"{_named(event)}: {delivery.refused}")
        if isinstance(event, TimePassed):
            return self._wrong_tick(event, delivery.principal, delivery.appended_at, last)
        assert isinstance(event, TimeCorrected)
        return self._wrong_correction(event, delivery, delivery.appended_at, last)

    def _wrong_tick(
        self, tick: TimePassed, principal: str | None, appended_at: datetime, last: TimePassed | None
    ) -> Wrong | None:
        name = _named(tick)
        if principal not in CLOCKS[self._time]:
            allowed = " or ".join(sorted(CLOCKS[self._time]))
            return Wrong("forged", f"{name} is signed by {principal!r}: only {allowed} may say what time it is")
        if not EARLIEST <= min(tick.since, tick.until) <= max(tick.since, tick.until) <= LATEST:
            return Wrong("years", f"{name} lies outside {EARLIEST.year} to {LATEST.year - 1}, the calendars' years")
        if tick.until <= tick.since:
            return Wrong("backwards", f"{name} goes backwards")
        if self._time == "wall":
            ahead = tick.until - appended_at
            if ahead > self._skew:
                return Wrong(
                    "future",
                    f"{name} ends {_length(ahead)} after the broker took it, at {appended_at.isoformat()}:"
                    " compare the time of the clock's machine with the broker's",
                )
        elif tick.until - tick.since > LONGEST_REPLAY_TICK:
            return Wrong("long", f"{name} is longer than {LONGEST_REPLAY_TICK.days} days, which no replay needs")
        if last is not None and tick.since < last.until < tick.until:
            return Wrong(
                "backwards",
                f"{name} begins before the last one ended, at {last.until.isoformat()}: are there two clocks?",
            )
        return None

    def _wrong_correction(
        self, event: TimeCorrected, delivery: Delivery, appended_at: datetime, last: TimePassed | None
    ) -> Wrong | None:
        name = _named(event)
        if delivery.principal not in CORRECTORS:
            return Wrong("forged", f"{name} is signed by {delivery.principal!r}: only an operator may correct the time")
        no = denial(self._federation, event.actor, TimeCorrected, principal=delivery.principal)
        if no is not None:
            return Wrong("forged", f"{name}: {no}")
        if self._time == "wall" and abs(delivery.envelope.time - appended_at) > self._skew:
            return Wrong(
                "future", f"{name} was given at {delivery.envelope.time.isoformat()}, the broker took it at"
                f" {appended_at.isoformat()}: give it again when both clocks are right",
            )  # fmt: skip
        if self._time == "wall" and event.until > appended_at + self._skew:
            return Wrong("future", f"{name} names a time after the broker's own, {appended_at.isoformat()}")
        if not EARLIEST <= event.until <= LATEST:
            return Wrong("years", f"{name} lies outside {EARLIEST.year} to {LATEST.year - 1}, the calendars' years")
        if last is None or event.until >= last.until:
            heard = "no tick was heard yet" if last is None else f"the last tick ended at {last.until.isoformat()}"
            return Wrong("pointless", f"{name} takes nothing back: {heard}")
        if event.wrong_until != last.until:
            return Wrong(
                "pointless", f"{name} names {event.wrong_until.isoformat()} as the end of the last tick, which ended at"
                f" {last.until.isoformat()}: look with `otklik clock` and give it again",
            )  # fmt: skip
        return None


def after(event: Event, last: TimePassed | None) -> TimePassed | None:
    """The last tick after a tick or correction that is believed; one that is not later changes nothing."""
    if isinstance(event, TimeCorrected):
        since = event.until if last is None else min(last.since, event.until)
        return TimePassed(since=since, until=event.until)
    assert isinstance(event, TimePassed)
    return event if last is None or event.until > last.until else last


def _named(event: Event) -> str:
    if isinstance(event, TimePassed):
        return f"the tick from {event.since.isoformat()} to {event.until.isoformat()}"
    assert isinstance(event, TimeCorrected)
    return f"the correction to {event.until.isoformat()}"


def _length(span: timedelta) -> str:
    """In days, hours and minutes."""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"), (seconds, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
