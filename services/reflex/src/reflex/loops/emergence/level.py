"""How many reports a region brings lately beside what it used to bring, all categories together.

Where all of them come many times as often as ever before, what is usual is not known: a log of samples begins,
entries of weeks are made up for, a channel was opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reflex.loops.emergence.decayed import Decayed
from reflex.loops.emergence.recent import WINDOWS_DAYS

KEPT_HOURS = round(WINDOWS_DAYS[-1] * 24)
"""Reports older than this enter what is usual."""
NOT_KNOWN = 2.0
"""Up to so many times what is usual is weather, a season or a busy day."""
PRIOR = 5.0
"""Reports that come as usual and stand beside those seen."""


@dataclass(slots=True)
class Level:
    """Of a region. Times are days since 1970; hours are counted from then too."""

    began: float | None = None
    """When its first report came."""
    hours: dict[int, float] = field(default_factory=dict)
    """Reports of the last three days, by their weights."""
    total: Decayed = field(default_factory=lambda: Decayed(0.0, 0.0))
    """Of those before."""
    _hour: int = -1
    _before: tuple[float, ...] = ()
    """Reports in each window without those of the hour; made once an hour."""

    def add(self, t: float, weight: float, tau: float) -> None:
        if self.began is None:
            self.began = t
        hour = int(t * 24)
        if hour in self.hours:
            self.hours[hour] += weight
            return
        self.hours[hour] = weight
        for old in [one for one in self.hours if one < hour - KEPT_HOURS]:
            self.total.add(old / 24, tau, self.hours.pop(old))

    def times(self, t: float, own: Sequence[float], usual: Sequence[float]) -> list[float]:
        """By how much more than usual the others come in each window up to a time, 1.0 where that is within reason.

        `own` are the reports that are left out, `usual` how many others are usual.
        """
        hour = int(t * 24)
        if hour != self._hour:
            spans = [(hour - days * 24, hour) for days in WINDOWS_DAYS]
            self._before = tuple(sum(n for h, n in self.hours.items() if since <= h < end) for since, end in spans)
            self._hour = hour
        now = self.hours.get(hour, 0.0)
        return [
            max(1.0, times_as_many(before + now - left, expected) / NOT_KNOWN)
            for before, left, expected in zip(self._before, own, usual, strict=True)
        ]

    def body(self) -> dict[str, Any]:
        return {"began": self.began, "hours": sorted(self.hours.items()), "total": [self.total.weight, self.total.t]}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Level:
        return cls(body["began"], dict(map(tuple, body["hours"])), Decayed(*body["total"]))


def times_as_many(came: float, usual: float) -> float:
    return (came + PRIOR) / (max(usual, 0.0) + PRIOR)
