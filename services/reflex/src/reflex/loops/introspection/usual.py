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

    def fade(self, weight: float) -> list[str]:
        """Let all that is known weigh less, forget what weighs hardly anything; returns the names of all strata."""
        names = list(self.strata)
        for name in names:
            faded = [weight * count for count in self.strata[name]]
            if max(faded[::2]) < FORGOTTEN:
                del self.strata[name]
            else:
                self.strata[name] = faded
        return names

    def body(self, name: str) -> dict[str, Any] | None:
        counts = self.strata.get(name)
        return None if counts is None else {"counts": counts}


def expected(whole: Stratum, stratum: Stratum, measure: Measure, least: int) -> float | None:
    """The chance that a case of a stratum is bad, `whole` being its category; None while too few of that are known."""
    at = PLACE[measure]
    cases = whole[at]
    if cases < least:
        return None
    share = (whole[at + 1] + 0.5) / (cases + 1)
    return (stratum[at + 1] + PRIOR_CASES * share) / (stratum[at] + PRIOR_CASES)
