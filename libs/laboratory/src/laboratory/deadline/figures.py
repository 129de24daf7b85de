"""Figures of the loop deadline over several runs, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from laboratory.deadline.judging import Forecasted, Judged
from laboratory.intervals import figure, median_delay, rounded

SOON = 60
"""Deadlines within which a slow-down is to be found."""
Figure = Callable[[Sequence[Judged]], float | None]


def figures(runs: Sequence[Judged]) -> dict[str, Any]:
    """By name: `value` and `between` (90 %), or None where the runs have none."""
    delays = [f for run in runs for f in run.found]
    return {
        **{name: figure(runs, of) for name, of in FIGURES.items()},
        "planted_types": len(delays),
        "planted_types_that_show": sum(f.shows for f in delays),
        "delay_deadlines_median": median_delay([(f.deadlines, f.found) for f in delays]),
        "delay_days_median": rounded(median_delay([(f.days, f.found) for f in delays])),
        "forecasts_planted": forecasts([f for run in runs for f in run.forecasts if f.planted]),
        "forecasts_not_planted": forecasts([f for run in runs for f in run.forecasts if not f.planted]),
    }


def forecasts(made: Sequence[Forecasted]) -> dict[str, Any]:
    """How many 90 % intervals held, what was promised and kept in percent, and how wide the intervals are."""
    if not made:
        return {"forecasts": 0}
    return {
        "forecasts": len(made),
        "held": rounded(sum(f.held for f in made) / len(made)),
        "promised": rounded(sum(f.expected for f in made) / len(made)),
        "kept": rounded(sum(f.came for f in made) / len(made)),
        "below": sum(f.came < f.low for f in made),
        "above": sum(f.came > f.high for f in made),
        "median_width": rounded(median(f.high - f.low for f in made)),
    }


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _error(runs: Sequence[Judged]) -> float | None:
    """Median over types and dates."""
    errors = [e for run in runs for e in run.errors]
    return median(errors) if errors else None


def _a_type_and_year(of: Callable[[Judged], int]) -> Figure:
    return lambda runs: _ratio(sum(map(of, runs)), sum(run.large * run.years for run in runs))


def _in_10k(of: Callable[[Judged], int]) -> Figure:
    return lambda runs: _ratio(1e4 * sum(map(of, runs)), sum(run.cases for run in runs))


def _mean(of: Callable[[Judged], float]) -> Figure:
    return lambda runs: sum(map(of, runs)) / len(runs)


def _found(*, soon: bool, showing: bool) -> Figure:
    """Of planted types (of those whose slow-down shows at the deadline) those with an alarm (within SOON deadlines)."""

    def share(runs: Sequence[Judged]) -> float | None:
        asked = [f for run in runs for f in run.found if f.shows or not showing]
        return _ratio(sum(f.found and (f.deadlines <= SOON or not soon) for f in asked), len(asked))

    return share


def _held(runs: Sequence[Judged]) -> float | None:
    made = [f for run in runs for f in run.forecasts]
    return _ratio(sum(f.held for f in made), len(made))


FIGURES: dict[str, Figure] = {
    "quantile_error": _error,
    "changes": _a_type_and_year(lambda run: run.changes),
    "reversals": _a_type_and_year(lambda run: run.reversals),
    "proposals": _mean(lambda run: run.proposals),
    "again": _mean(lambda run: run.again),
    "too_short": _mean(lambda run: run.too_short),
    "too_short_planted": _mean(lambda run: run.too_short_planted),
    "lengthened_late": _mean(lambda run: run.lengthened_late),
    "lengthened": _mean(lambda run: run.lengthened),
    "ratified": _mean(lambda run: run.ratified),
    "capacity": _mean(lambda run: run.capacity),
    "found": _found(soon=False, showing=False),
    "found_soon": _found(soon=True, showing=False),
    "showing_found_soon": _found(soon=True, showing=True),
    "alarms_per_10k": _in_10k(lambda run: run.drifts),
    "false_per_10k": _in_10k(lambda run: run.false),
    "held": _held,
    "in_time": _mean(lambda run: run.in_time),
    "microseconds_a_fact": _mean(lambda run: run.microseconds_a_fact),
}
