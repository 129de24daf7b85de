"""How sure a figure over several seeds is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

RESAMPLES = 1_000
T = TypeVar("T")


def interval(runs: Sequence[T], figure: Callable[[Sequence[T]], float | None]) -> tuple[float, float] | None:
    """90 %, from whole runs drawn again (bootstrap); None where there is one run, or no figure in some draw."""
    if len(runs) < 2:
        return None
    random = Random("runs drawn again")
    found = [figure(random.choices(runs, k=len(runs))) for _ in range(RESAMPLES)]
    known = sorted(value for value in found if value is not None)
    if len(known) < RESAMPLES:
        return None
    return known[RESAMPLES // 20], known[-RESAMPLES // 20 - 1]


def median_delay(delays: Sequence[tuple[float, bool]]) -> float | None:
    """Kaplan-Meier median of (delay, found); who was not found is censored. None where fewer than half are found."""
    left, surviving = len(delays), 1.0
    for delay, found in sorted(delays, key=lambda d: (d[0], not d[1])):
        if found:
            surviving *= 1 - 1 / left
            if surviving <= 0.5:
                return delay
        left -= 1
    return None


def figure(runs: Sequence[T], of: Callable[[Sequence[T]], float | None]) -> dict[str, Any] | None:
    """A figure of all runs and between what it lies, as the report has it; None where the runs have none."""
    value = of(runs)
    if value is None:
        return None
    between = interval(runs, of)
    return {
        "value": rounded(value),
        "between": None if between is None else [rounded(between[0]), rounded(between[1])],
    }


def rounded(value: float | None) -> float | None:
    """To three places."""
    return None if value is None else round(value, 3)
