"""Figures of the whole cycle over several runs, each with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from laboratory.cycle.judging import ALL, Counted, Group, Groups, Judged
from laboratory.intervals import figure, median_delay, rounded

FEWEST_OF_GROUP = 50
"""Cases a run, for a group to be compared."""
MOST_SHOWN = 30
"""Rows of the table of what became of proposals."""
Figure = Callable[[Sequence[Judged]], float | None]
Way = Callable[[Judged], Groups]


def figures(runs: Sequence[Judged]) -> dict[str, Any]:
    """By name: `value` and `between` (90 %), or None where the runs have none."""
    delays = [f for run in runs for f in run.fates]
    return {
        **{name: figure(runs, of) for name, of in FIGURES.items()},
        "planted_in": sum(run.planted for run in runs),
        "planted_cells": len(delays),
        "days_to_proposal": rounded(median_delay([_delay(f.proposed, f.until_end) for f in delays])),
        "days_to_adoption": rounded(median_delay([_delay(f.adopted, f.until_end) for f in delays])),
        "worst_off": worst_off(runs),
        "lost": _shares(_summed(run.lost for run in runs)),
        "proposed": _proposals(runs),
        "forecasts": _forecasts(runs),
        "findings": {name: round(n / len(runs), 1) for name, n in _summed(run.findings for run in runs).most_common()},
        "harm": _harm(runs),
    }


def worst_off(runs: Sequence[Judged]) -> dict[str, Any]:
    """Of every kind of group the one that lost most, or gained least, by the loops: points of its cases that were given
    right the first time and answered by the first day's deadline."""
    found: dict[str, Any] = {}
    groups = {group for run in runs for group in run.nobody if group != ALL}
    for kind, name in sorted(groups):
        cases = sum(_of(run.nobody, (kind, name)).cases for run in runs)
        if cases < FEWEST_OF_GROUP * len(runs):
            continue
        more = sum(_of(run.loops, (kind, name)).good - _of(run.nobody, (kind, name)).good for run in runs)
        points = 100 * more / cases
        if kind not in found or points < found[kind]["points"]:
            found[kind] = {"name": name, "points": round(points, 2)}
    return found


def _of(groups: Groups, group: Group) -> Counted:
    return groups.get(group) or Counted()


def _share(way: Way, what: Callable[[Counted], int]) -> Figure:
    """Percent of all cases."""

    def share(runs: Sequence[Judged]) -> float | None:
        cases = sum(_of(way(run), ALL).cases for run in runs)
        return 100 * sum(what(_of(way(run), ALL)) for run in runs) / cases if cases else None

    return share


def _points(what: Callable[[Counted], int], way: Way = lambda run: run.loops) -> Figure:
    """More than without loops."""
    with_them, without = _share(way, what), _share(lambda run: run.nobody, what)

    def points(runs: Sequence[Judged]) -> float | None:
        both = with_them(runs), without(runs)
        return None if both[0] is None or both[1] is None else both[0] - both[1]

    return points


def _good(one: Counted) -> int:
    return one.good


def _of_possible(runs: Sequence[Judged]) -> float | None:
    """Of what who knows each fault from its first case would gain."""
    gained, possible = _points(_good)(runs), _points(_good, lambda run: run.oracle)(runs)
    return None if gained is None or not possible or possible < LEAST_POSSIBLE else gained / possible


LEAST_POSSIBLE = 0.5
"""Points that there are to be gained, for a share of them to be told."""


def _mean(of: Callable[[Judged], float]) -> Figure:
    return lambda runs: sum(map(of, runs)) / len(runs)


def _worst_area(runs: Sequence[Judged]) -> float | None:
    found = worst_off(runs).get("area")
    return None if found is None else float(found["points"])


def _harmed(of: Callable[[Judged], float | None]) -> Figure:
    def mean(runs: Sequence[Judged]) -> float | None:
        found = [value for run in runs if run.harm is not None and (value := of(run)) is not None]
        return sum(found) / len(found) if found else None

    return mean


def _held(runs: Sequence[Judged]) -> float | None:
    counts = _summed(run.forecasts for run in runs)
    scored = sum(n for (_, verdict), n in counts.items() if verdict in ("held", "below", "above"))
    return sum(n for (_, verdict), n in counts.items() if verdict == "held") / scored if scored else None


TAKEN_BACK = frozenset({"rolled back", "without a result", "rejected", "lapsed", "reversed"})
"""Where a harmful change should come to."""
FIGURES: dict[str, Figure] = {
    "good": _share(lambda run: run.loops, _good),
    "good_nobody": _share(lambda run: run.nobody, _good),
    "good_naive": _share(lambda run: run.naive, _good),
    "good_oracle": _share(lambda run: run.oracle, _good),
    "points": _points(_good),
    "points_as_promised": _points(lambda one: one.good_as_promised),
    "right_points": _points(lambda one: one.right),
    "of_possible": _of_possible,
    "worst_area": _worst_area,
    "covered": _mean(lambda run: 100 * run.covered),
    "slowed": _mean(lambda run: 100 * run.slowed),
    "made": _mean(lambda run: run.made),
    "held_back": _mean(lambda run: run.held_back),
    "argued": _mean(lambda run: run.argued),
    "tried": _mean(lambda run: run.tried),
    "adopted": _mean(lambda run: run.adopted),
    "adopted_wrong": _mean(lambda run: run.adopted_wrong),
    "rolled_back": _mean(lambda run: run.rolled_back),
    "held": _held,
    "harm_ended": _harmed(lambda run: float(run.harm is not None and run.harm.stage in TAKEN_BACK)),
    "harm_adopted": _harmed(lambda run: float(run.harm is not None and run.harm.adopted)),
    "harm_cases": _harmed(lambda run: None if run.harm is None else run.harm.bad),
    "seconds": _mean(lambda run: run.seconds),
}


def _delay(days: float | None, until_end: float) -> tuple[float, bool]:
    return (until_end, False) if days is None else (days, True)


def _summed(counters: Any) -> Counter[Any]:
    return sum(counters, Counter())


def _shares(counts: Counter[str]) -> dict[str, float]:
    total = counts.total()
    return {name: round(n / total, 3) for name, n in counts.most_common()} if total else {}


def _proposals(runs: Sequence[Judged]) -> list[dict[str, Any]]:
    """What became of proposals, a run; those of which there are most first."""
    counts = _summed(run.proposals for run in runs)
    return [
        {"author": author, "stage": stage, "why": why, "a_run": round(n / len(runs), 1)}
        for (author, stage, why), n in counts.most_common(MOST_SHOWN)
    ]


def _forecasts(runs: Sequence[Judged]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (measure, verdict), n in sorted(_summed(run.forecasts for run in runs).items()):
        found.setdefault(measure, {})[verdict] = n
    return found


def _harm(runs: Sequence[Judged]) -> list[dict[str, Any]]:
    """What became of the pushed change in each run."""
    return [
        {
            "stage": run.harm.stage, "why": run.harm.why, "cases": run.harm.cases, "bad": run.harm.bad,
            "days": rounded(run.harm.days),
        }
        for run in runs
        if run.harm is not None
    ]  # fmt: skip
