"""Figures of the misrouting loop over several runs, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from laboratory.evaluating import Result
from laboratory.intervals import interval, median_delay
from laboratory.misrouting.judging import Counted, Forecasted, Group

FEWEST_OF_GROUP = 50
Figure = Callable[[Sequence["Pair"]], float | None]


class Pair:
    """A run of the loop and those of the same seed without it."""

    def __init__(self, loop: Result, nobody: Result, naive: Result) -> None:
        self.loop, self.nobody, self.naive = loop, nobody, naive


def figures(pairs: Sequence[Pair]) -> dict[str, Any]:
    """By name: `value` and `between` (90 %), or None where the runs have none."""
    found = {name: _with_interval(pairs, figure) for name, figure in FIGURES.items()}
    delays = [(f.cases, f.days, f.proposed) for p in pairs for f in p.loop.judged.found]
    return {
        **found,
        "planted_in": sum(p.loop.judged.planted for p in pairs),
        "planted_cells": len(delays),
        "delay_cases_median": median_delay([(cases, found_) for cases, _, found_ in delays]),
        "delay_days_median": _rounded(median_delay([(days, found_) for _, days, found_ in delays])),
        "worst_off": worst_off(pairs),
        "forecasts_planted": forecasts([f for p in pairs for f in p.loop.judged.forecasts if f.planted]),
        "forecasts_not_planted": forecasts([f for p in pairs for f in p.loop.judged.forecasts if not f.planted]),
    }


def worst_off(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Of every kind of group the one that lost most, or gained least, by the loop: points of its cases that were given
    right the first time. Groups of fewer than FEWEST_OF_GROUP cases a run are left out."""
    with_loop: dict[Group, Counted] = {}
    without: dict[Group, Counted] = {}
    for pair in pairs:
        for judged, sums in ((pair.loop.judged, with_loop), (pair.nobody.judged, without)):
            for group, counted in judged.groups.items():
                total = sums.setdefault(group, Counted())
                total.cases += counted.cases
                total.misrouted += counted.misrouted
    found: dict[str, Any] = {}
    for (kind, name), counted in sorted(with_loop.items()):
        if counted.cases < FEWEST_OF_GROUP * len(pairs):
            continue
        points = 100 * (without[(kind, name)].misrouted - counted.misrouted) / counted.cases
        if kind not in found or points < found[kind]["points"]:
            found[kind] = {"name": name, "points": round(points, 2)}
    return found


def _with_interval(pairs: Sequence[Pair], figure: Figure) -> dict[str, Any] | None:
    value = figure(pairs)
    if value is None:
        return None
    between = interval(pairs, figure)
    return {
        "value": _rounded(value),
        "between": None if between is None else [_rounded(between[0]), _rounded(between[1])],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def forecasts(made: Sequence[Forecasted]) -> dict[str, Any]:
    """How many 90 % intervals held, what was promised and kept, and how wide the intervals are."""
    if not made:
        return {"forecasts": 0}
    kept = sum(f.came for f in made)
    promised = sum(f.expected for f in made)
    return {
        "forecasts": len(made),
        "held": _rounded(sum(f.held for f in made) / len(made)),
        "promised": round(promised),
        "kept": kept,
        "promised_to_kept": round(promised / kept, 2) if kept > 0 else None,
        "median_relative_width": _rounded(median((f.high - f.low) / max(abs(f.expected), 1.0) for f in made)),
    }


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def recall(pairs: Sequence[Pair]) -> float | None:
    """Of planted cells with enough cases, those whose right authority was proposed."""
    found = [f for p in pairs for f in p.loop.judged.found]
    return _ratio(sum(f.proposed for f in found), len(found))


def _avoided(left: Callable[[Pair], int]) -> Figure:
    """Of the misroutes in planted cells that there are without a loop, those that are not among what is `left`."""

    def figure(pairs: Sequence[Pair]) -> float | None:
        share = _ratio(sum(map(left, pairs)), sum(p.nobody.judged.planted_misrouted for p in pairs))
        return None if share is None else 1 - share

    return figure


def right_first(pairs: Sequence[Pair]) -> float | None:
    """Points of all cases that were given right the first time, more than without a loop."""
    cases = sum(p.loop.judged.cases for p in pairs)
    fewer = sum(p.nobody.judged.misrouted - p.loop.judged.misrouted for p in pairs)
    return _ratio(100 * fewer, cases)


def false_per_10k(pairs: Sequence[Pair]) -> float | None:
    """Proposals for 10,000 cases that mend nothing planted and that the log's next cases do not bear out."""
    return _ratio(1e4 * sum(p.loop.judged.false for p in pairs), sum(p.loop.judged.cases for p in pairs))


def _mean(of: Callable[[Pair], float]) -> Figure:
    return lambda pairs: sum(map(of, pairs)) / len(pairs)


FIGURES: dict[str, Figure] = {
    "recall": recall,
    "avoided": _avoided(lambda p: p.loop.judged.planted_misrouted),
    "avoided_naive": _avoided(lambda p: p.naive.judged.planted_misrouted),
    "avoided_oracle": _avoided(lambda p: p.nobody.oracle_misrouted),
    "right_first_points": right_first,
    "false_per_10k": false_per_10k,
    "flips": _mean(lambda p: p.loop.judged.flips),
    "flips_naive": _mean(lambda p: p.naive.judged.flips),
    "proposals": _mean(lambda p: p.loop.judged.proposals),
    "proposals_naive": _mean(lambda p: p.naive.judged.proposals),
    "unplanted": _mean(lambda p: p.loop.judged.unplanted),
    "wrong_in_planted": _mean(lambda p: p.loop.judged.wrong_in_planted),
    "clarified": _mean(lambda p: p.loop.judged.clarified),
    "microseconds_a_fact": _mean(lambda p: p.loop.judged.microseconds_a_fact),
}
