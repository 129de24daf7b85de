"""`python -m tests.evaluation.trials [--runs N] [--seed N] [--only NAME]`: how often the loop `trial` is right.

Towns are simulated, see simulated_trial.py; every run has its own seed, counted from the one that is printed.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from common.contracts.events.rules import ANSWERED_IN_TIME, Forecast

from tests.evaluation.simulated_trial import START, Chances, Outcome, Town, run

NINETY_FIVE = 1.96
QUIET = Town(cases_a_day=20)
"""Nothing wrong: both rules do alike, with a fifth of all cases late and a tenth handed on."""
LATE = Town(table="priority", candidate=Chances(overdue=0.3))
"""Late cases raised from 20 to 30 %, in a half split, 40 cases a day."""
MISROUTED = Town(
    regions=1,
    areas=1,
    longest_days=120,
    least_outcomes=5,
    current=Chances(transferred=0.9),
    candidate=Chances(transferred=0.1),
)
"""One cell whose rule is wrong, and a change that is right."""
RATES, STEPS = (0.3, 1.0, 3.0), ((0.5, 1.0), (0.05, 0.2, 0.5, 1.0))


PROMISE = Forecast(
    measure=ANSWERED_IN_TIME, expected=80, low=70, high=88, horizon_days=60, review_at=START + timedelta(days=150)
)


def district_shock(rng: random.Random) -> float:
    """Districts differ: their late shares have a standard deviation of 9 points (intraclass correlation .05)."""
    return rng.gauss(0, 0.09)


def outcomes(town: Town, runs: int, seed: int) -> Iterator[Outcome]:
    for number in range(runs):
        yield run(town, seed + number)


def interval(hits: int, runs: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z2 = NINETY_FIVE**2
    middle = (hits + z2 / 2) / (runs + z2)
    half = NINETY_FIVE * ((hits * (runs - hits) / runs + z2 / 4) ** 0.5) / (runs + z2)
    return round(middle - half, 4), round(middle + half, 4)


def shares(found: Sequence[Outcome]) -> dict[str, Any]:
    """How trials ended, by guard where they were rolled back."""
    ends = Counter(o.end if o.guard is None else f"{o.end} by {o.guard}" for o in found)
    return {"runs": len(found), "ends": dict(sorted(ends.items()))}


def nothing_wrong(runs: int, seed: int) -> dict[str, Any]:
    """False alarms: roll backs and adoptions of a change that does nothing."""
    found = list(outcomes(QUIET, runs, seed))
    alarms = sum(o.end != "inconclusive" for o in found)
    return {**shares(found), "false_alarms": round(alarms / runs, 4), "interval": interval(alarms, runs)}


def late_cases(runs: int, seed: int) -> dict[str, Any]:
    """Harm of ten points."""
    found = list(outcomes(LATE, runs, seed))
    back = [o for o in found if o.end == "rolled_back"]
    return {
        **shares(found), "rolled_back": round(len(back) / runs, 4), "interval": interval(len(back), runs),
        "days": spread([o.days for o in back]), "cases": spread([sum(o.drawn) for o in back]),
    }  # fmt: skip


def districts(runs: int, seed: int) -> dict[str, Any]:
    """Trials by district: with five of them nothing may be concluded; with sixteen and no effect, as good as never."""
    few = replace(QUIET, unit="area", areas=5, table="priority", candidate=Chances(overdue=0.1))
    alike = replace(QUIET, unit="area", areas=16, table="priority", shock=district_shock)
    better = replace(alike, areas=12, current=Chances(overdue=0.5), candidate=Chances(overdue=0.2))
    return {
        "five_districts_better": shares(list(outcomes(few, runs, seed))),
        "sixteen_districts_no_effect": shares(list(outcomes(alike, runs, seed))),
        "twelve_districts_better_by_30_points": shares(list(outcomes(better, runs, seed))),
    }


def misrouted(runs: int, seed: int) -> dict[str, Any]:
    """Days and cases until a right change of a wrong cell is adopted, by its cases a day and the steps of the plan."""
    found = {}
    for rate in RATES:
        for steps in STEPS:
            ended = list(outcomes(replace(MISROUTED, cases_a_day=rate, steps=steps), runs, seed))
            right = [o for o in ended if o.end == "adopted"]
            found[f"{rate:g} a day, {' '.join(f'{100 * s:g}' for s in steps)}"] = {
                **shares(ended), "days": spread([o.days for o in right]),
                "cases": spread([sum(o.drawn) for o in right]),
            }  # fmt: skip
    return found


def promises(runs: int, seed: int) -> dict[str, Any]:
    """Longer deadlines, of which 70 to 88 % in time are promised; and what is true of the cases with them."""
    town = Town(table="deadline", steps=STEPS[1], promise=PROMISE)
    nearly, plainly = Chances(in_half=0.9), Chances(in_half=0.75)
    true = {
        "80 % kept": town, "55 % kept": replace(town, candidate=Chances(overdue=0.45)),
        "80 % kept, slower": replace(town, candidate=Chances(in_half=0.1)),
        "80 % kept, 72 % by the shorter one": replace(town, current=nearly, candidate=nearly),
        "80 % kept, 60 % by the shorter one": replace(town, current=plainly, candidate=plainly),
    }  # fmt: skip
    return {
        f"{name}, {rate:g} a day": shares(list(outcomes(replace(town, cases_a_day=rate), runs, seed)))
        for name, town in true.items()
        for rate in (3.0, 10.0)
    }


def spread(values: Sequence[float]) -> dict[str, float] | None:
    """Median and 90th percentile."""
    ordered = sorted(values)
    if not ordered:
        return None
    return {"median": ordered[len(ordered) // 2], "p90": ordered[min(int(0.9 * len(ordered)), len(ordered) - 1)]}


PARTS: dict[str, tuple[Callable[[int, int], dict[str, Any]], int]] = {
    "nothing_wrong": (nothing_wrong, 1_000),
    "late_cases": (late_cases, 200),
    "districts": (districts, 100),
    "misrouted": (misrouted, 100),
    "promises": (promises, 100),
}
"""What is measured, and in how many runs."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.trials", description=__doc__)
    parser.add_argument("--runs", type=int, help="of each part, in place of its own number")
    parser.add_argument("--seed", type=int, default=20_300_101)
    parser.add_argument("--only", choices=sorted(PARTS))
    given = parser.parse_args()
    for name, (measure, runs) in PARTS.items():
        if given.only in (None, name):
            began = time.perf_counter()
            figures = {"seed": given.seed, **measure(given.runs or runs, given.seed)}
            figures["seconds"] = round(time.perf_counter() - began, 1)
            print(json.dumps({name: figures}, indent=1), flush=True)


if __name__ == "__main__":
    main()
