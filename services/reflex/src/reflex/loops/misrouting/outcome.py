"""Where counted cases were, and what they weigh beside others of their day.

Cases of one day often are one visit of one inspector, or one pile that a desk hands on: the n-th of a day counts
n ** -DEPENDENCE, so that what a day says grows more slowly than its cases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

DEPENDENCE = 0.5
"""0: each case of a day counts in full; 1: what a day says grows with the logarithm of its cases."""


@dataclass(frozen=True, slots=True)
class CellOutcome:
    """Where one case was when it was counted."""

    end: str
    case_id: str
    opened: str
    """ISO time."""
    late: bool = False
    """It was handed on after it had been counted."""
    by_hand: bool = False
    """A person placed it in triage."""

    @property
    def day(self) -> str:
        """Of its opening, in UTC."""
        return self.opened[:10]


@cache
def _weight(number: int) -> float:
    return float(number**-DEPENDENCE)


@cache
def _day(cases: int) -> float:
    """What the cases of one day weigh together."""
    return sum(_weight(number) for number in range(1, cases + 1))


def weight(outcomes: Sequence[CellOutcome], at: int) -> float:
    """Of one outcome, by those of its day that are kept before it."""
    day, number = outcomes[at].day, 1
    while number <= at and outcomes[at - number].opened.startswith(day):
        number += 1
    return _weight(number)


Known = Callable[[str], float]
"""By case: of what is to be known of a case that still lies where it was given, the share that is known by now."""


def weighed(outcomes: Sequence[CellOutcome], end: str, known: Known | None = None) -> float:
    """How many ended there, each by the mean weight of its day's outcomes; and by what is `known` of it."""
    days: dict[str, list[float]] = {}
    for outcome in outcomes:
        counts = days.setdefault(outcome.day, [0, 0])
        counts[0] += 1
        if outcome.end == end:
            counts[1] += 1 if known is None else known(outcome.case_id)
    return sum(there * _day(all_) / all_ for all_, there in days.values() if there)
