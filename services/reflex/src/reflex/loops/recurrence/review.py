"""What came at a place after its order, beside what came at places that just missed one.

High scores fall by themselves, so that a place that quietens says nothing of the order alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from reflex.loops.recurrence.place import Place
from reflex.loops.recurrence.settings import Settings


@dataclass(frozen=True, slots=True)
class Window:
    """Days as ordinals: of the order, and from `first` on, before `end`, those that are looked at."""

    ordered: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Compared:
    days: int
    """Days with reports at the place."""
    places: int
    """With which it is compared."""
    expected: float | None
    """Their days on average; None of too few."""
    returned: float | None
    """The share of them at which the problem came again."""


def compare(
    place: Place | None, category: str, window: Window, places: Iterable[Place], settings: Settings
) -> Compared:
    """With places of its category that were just under the cut on the day of the order; of any where those are few."""
    # Each day weighs at most 1, so that a place of fewer days has no such score.
    known = [p for p in places if len(p.days) >= settings.score - settings.compared_below]
    others = [p for p in known if p.category == category and _just_under(p, window, settings)]
    if len(others) < settings.min_compared:
        others = [p for p in known if _just_under(p, window, settings)]
    days = [p.days_in(window.first, window.end) for p in others]
    enough = len(days) >= settings.min_compared
    return Compared(
        place.days_in(window.first, window.end) if place is not None else 0,
        len(days),
        fmean(days) if enough else None,
        sum(day > 0 for day in days) / len(days) if enough else None,
    )


def _just_under(place: Place, window: Window, settings: Settings) -> bool:
    # One that was ordered about since is left in: to take out those at which the problem came again would flatter.
    if place.ordered is not None and 0 <= window.ordered - place.ordered < settings.pause_days:
        return False
    score = place.score(window.ordered, settings.tau_days)
    return settings.score - settings.compared_below <= score < settings.score
