"""The trial loop over changes of known effect: harm that it takes back, gain that it adopts, and nothing of either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from laboratory.intervals import figure
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject
from laboratory.thinning import drawn
from laboratory.trial.driving import LEFT, LONGEST_DAYS, Driving
from laboratory.trial.planting import HARMFUL, HELPFUL, NO_FAULT, SHUFFLED, SLIGHTLY

CATEGORIES = 10
"""That are on trial at once: the busiest whose cases are due within half a trial."""
SPAN_DAYS = LONGEST_DAYS + LEFT.days


@dataclass(frozen=True, slots=True)
class Ended:
    """How one trial ended. `days`: from its beginning; of one that still runs all that were seen."""

    end: str
    guard: str
    days: float
    cases: int


class TrialStudy:
    """Ten trials a run, each of 60 days at most, by the terms of the demonstration."""

    loop = "trial"
    scenarios = (HARMFUL, SLIGHTLY, HELPFUL)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("rolled_back", "rolled back", "of trials"),
        Column("adopted", "adopted", "of trials"),
        Column("inconclusive", "without a result", "of trials"),
        Column("days", "until rolled back", "days, mean"),
        Column("cases", "until rolled back", "cases of both arms, mean"),
    )
    aims = (
        Aim("no_fault", "rolled_back", "A/A rolled back", most=0.05),
        Aim("no_fault", "adopted", "A/A adopted", most=0.05),
        Aim("shuffled", "rolled_back", "A/A rolled back, shuffled", most=0.05),
        Aim("harmful_change", "rolled_back", "harm taken back", least=0.9),
    )
    truth = (
        "What the change does is planted: some of the cases that follow it, and would be closed in time, are closed a"
        " day after their deadline, or late ones in time. All else is the log's; deadlines are those of the"
        " learnt rules."
    )
    circles = (
        "Harm falls on single cases by chance, as the loop's bets assume; a harm of whole days or districts would be"
        " seen less surely.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> tuple[Ended, ...]:
        random = Random(f"trial:{scenario.name}:{seed}")
        cases = drawn(subject.cases, random)
        driving = Driving(subject.federation, scenario.name, random)
        courses = driving.run(cases, driving.busiest(cases, CATEGORIES))
        return tuple(
            Ended(
                course.end or "running", course.guard,
                SPAN_DAYS if course.ended is None else (course.ended - course.began).total_seconds() / 86_400,
                course.cases,
            )
            for course in courses
        )  # fmt: skip

    def figures(self, runs: Sequence[tuple[Ended, ...]]) -> Mapping[str, Any]:
        return {
            "rolled_back": figure(runs, lambda found: _share(found, "rolled_back")),
            "adopted": figure(runs, lambda found: _share(found, "adopted")),
            "inconclusive": figure(runs, lambda found: _share(found, "inconclusive")),
            "days": figure(runs, lambda found: _mean([t.days for run in found for t in run if _harmed(t)])),
            "cases": figure(runs, lambda found: _mean([t.cases for run in found for t in run if _harmed(t)])),
            "guards": dict(Counter(t.guard for run in runs for t in run if t.guard)),
        }


def _harmed(trial: Ended) -> bool:
    return trial.end == "rolled_back"


def _share(runs: Sequence[tuple[Ended, ...]], end: str) -> float | None:
    ends = [trial.end for run in runs for trial in run]
    return ends.count(end) / len(ends) if ends else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
