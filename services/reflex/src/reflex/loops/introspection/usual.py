"""What is usual for like cases: the nation's shares by measure and stratum, of the past only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reflex.case_outcomes.measures import MEASURES, Measure

FORGOTTEN = 0.5
"""A stratum with fewer cases than that is dropped."""
PRIOR_CASES = 20.0
"""A stratum's own share weighs as much as its category's when it has so many cases."""
PLACE = {measure: 2 * n for n, measure in enumerate(MEASURES)}
"""Where a measure's cases stand in a stratum; behind them its bad ones."""

Stratum = list[float]


class Usual:
    """Strata are named `category|kind|name`, such as `pothole|channel|web`; `category||` holds all of a category."""

    def __init__(self) -> None:
        self.strata: dict[str, Stratum] = {}

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved strata by name."""
        self.strata = {name: list(body["counts"]) for name, body in bodies.items()}

    def stratum(self, name: str) -> Stratum:
        found = self.strata.get(name)
        if found is None:
            found = self.strata[name] = [0.0] * (2 * len(MEASURES))
        return found

    def fade(self, weight: float) -> dict[str, dict[str, Any] | None]:
        """Let all that is known weigh less, forget what weighs hardly anything; returns all strata as they are to be
        saved, None for those forgotten."""
        saved: dict[str, dict[str, Any] | None] = {}
        for name, counts in list(self.strata.items()):
            faded = [weight * count for count in counts]
            if max(faded[::2]) < FORGOTTEN:
                del self.strata[name]
                saved[name] = None
            else:
                self.strata[name] = faded
                saved[name] = {"counts": tuple(faded)}
        return saved


def expected(
    whole: Stratum, strata: tuple[Stratum, Stratum], measure: Measure, least: int
) -> tuple[float, float] | None:
    """The chance that a case of each of two strata is bad, `whole` being their category; None while too few cases of
    that are known."""
    at = PLACE[measure]
    cases = whole[at]
    if cases < least:
        return None
    prior = PRIOR_CASES * (whole[at + 1] + 0.5) / (cases + 1)
    one, other = strata
    return (one[at + 1] + prior) / (one[at] + PRIOR_CASES), (other[at + 1] + prior) / (other[at] + PRIOR_CASES)
