"""Figures of the misrouting loop over several runs, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from laboratory.intervals import figure, median_delay, rounded
from laboratory.misrouting.judging import Counted, Forecasted, Group, Judged

FEWEST_OF_GROUP = 50


@dataclass(frozen=True, slots=True)
class Compared:
    """One run with the loop, and the same without it, with the naive rule, and with an oracle."""

    loop: Judged
    nobody: Judged
    naive: Judged
    oracle_misrouted: int
    """Misroutes in planted cells that remain to who knows each fault from its first case."""
    batches_taken: int = 0
    """Batches of entries that a route was proposed for."""


Figure = Callable[[Sequence[Compared]], float | None]


def figures(runs: Sequence[Compared]) -> dict[str, Any]:
    """By name: `value` and `between` (90 %), or None where the runs have none."""
    found = {name: figure(runs, of) for name, of in FIGURES.items()}
    delays = [(f.cases, f.days, f.proposed) for p in runs for f in p.loop.found]
    return {
        **found,
        "planted_in": sum(p.loop.planted for p in runs),
        "planted_cells": len(delays),
        "delay_cases_median": median_delay([(cases, found_) for cases, _, found_ in delays]),
        "delay_days_median": rounded(median_delay([(days, found_) for _, days, found_ in delays])),
        "worst_off": worst_off(runs),
        "forecasts_planted": forecasts([f for p in runs for f in p.loop.forecasts if f.planted]),
        "forecasts_not_planted": forecasts([f for p in runs for f in p.loop.forecasts if not f.planted]),
    }


def worst_off(runs: Sequence[Compared]) -> dict[str, Any]:
    """Of every kind of group the one that lost most, or gained least, by the loop: points of its cases that were given
    right the first time. Groups of fewer than FEWEST_OF_GROUP cases a run are left out."""
    with_loop: dict[Group, Counted] = {}
    without: dict[Group, Counted] = {}
    for pair in runs:
        for judged, sums in ((pair.loop, with_loop), (pair.nobody, without)):
            for group, counted in judged.groups.items():
                total = sums.setdefault(group, Counted())
                total.cases += counted.cases
                total.misrouted += counted.misrouted
    found: dict[str, Any] = {}
    for (kind, name), counted in sorted(with_loop.items()):
        if counted.cases < FEWEST_OF_GROUP * len(runs):
            continue
        points = 100 * (without[(kind, name)].misrouted - counted.misrouted) / counted.cases
        if kind not in found or points < found[kind]["points"]:
            found[kind] = {"name": name, "points": round(points, 2)}
    return found


def forecasts(made: Sequence[Forecasted]) -> dict[str, Any]:
    """How many 90 % intervals held, what was promised and kept, and how wide the intervals are."""
    if not made:
        return {"forecasts": 0}
    kept = sum(f.came for f in made)
    promised = sum(f.expected for f in made)
    return {
        "forecasts": len(made),
        "held": rounded(sum(f.held for f in made) / len(made)),
        "promised": round(promised),
        "kept": kept,
        "promised_to_kept": round(promised / kept, 2) if kept > 0 else None,
        "median_relative_width": rounded(median((f.high - f.low) / max(abs(f.expected), 1.0) for f in made)),
    }


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def recall(runs: Sequence[Compared]) -> float | None:
    """Of planted cells with enough cases, those whose right authority was proposed."""
    found = [f for p in runs for f in p.loop.found]
    return _ratio(sum(f.proposed for f in found), len(found))


def _avoided(left: Callable[[Compared], int]) -> Figure:
    """Of the misroutes in planted cells that there are without a loop, those that are not among what is `left`."""

    def figure(runs: Sequence[Compared]) -> float | None:
        share = _ratio(sum(map(left, runs)), sum(p.nobody.planted_misrouted for p in runs))
        return None if share is None else 1 - share

    return figure


def right_first(runs: Sequence[Compared]) -> float | None:
    """Points of all cases that were given right the first time, more than without a loop."""
    cases = sum(p.loop.cases for p in runs)
    fewer = sum(p.nobody.misrouted - p.loop.misrouted for p in runs)
    return _ratio(100 * fewer, cases)


def false_per_10k(runs: Sequence[Compared]) -> float | None:
    """Proposals for 10,000 cases that mend nothing planted and that the log's next cases do not bear out."""
    return _ratio(1e4 * sum(p.loop.false for p in runs), sum(p.loop.cases for p in runs))


def unheard_per_10k(runs: Sequence[Compared]) -> float | None:
    """Of the false ones, those that the log's next cases neither bear out nor contradict."""
    return _ratio(1e4 * sum(p.loop.unheard for p in runs), sum(p.loop.cases for p in runs))


def _mean(of: Callable[[Compared], float]) -> Figure:
    return lambda runs: sum(map(of, runs)) / len(runs)


FIGURES: dict[str, Figure] = {
    "recall": recall,
    "avoided": _avoided(lambda p: p.loop.planted_misrouted),
    "avoided_naive": _avoided(lambda p: p.naive.planted_misrouted),
    "avoided_oracle": _avoided(lambda p: p.oracle_misrouted),
    "right_first_points": right_first,
    "false_per_10k": false_per_10k,
    "unheard_per_10k": unheard_per_10k,
    "flips": _mean(lambda p: p.loop.flips),
    "flips_naive": _mean(lambda p: p.naive.flips),
    "proposals": _mean(lambda p: p.loop.proposals),
    "proposals_naive": _mean(lambda p: p.naive.proposals),
    "unplanted": _mean(lambda p: p.loop.unplanted),
    "wrong_in_planted": _mean(lambda p: p.loop.wrong_in_planted),
    "clarified": _mean(lambda p: p.loop.clarified),
    "kept": _mean(lambda p: p.loop.kept),
    "batches_taken": _mean(lambda p: p.batches_taken),
    "microseconds_a_fact": _mean(lambda p: p.loop.microseconds_a_fact),
}
