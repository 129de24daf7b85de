"""The classification loop against a category map that stays: words found, how soon, how many proposals are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from laboratory.classification.driving import Run, drive
from laboratory.classification.planting import CHANGED, NO_FAULT, RENAMED, SHUFFLED, Truth, plant
from laboratory.intervals import figure, median_delay
from laboratory.logged_case import LoggedCase
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import NothingToReplay, Subject
from laboratory.thinning import drawn

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Compared:
    """A run in which proposals bind, and one in which none does. `found`: of each planted word the days until it was
    proposed rightly, or until the run's end, and whether it was."""

    found: tuple[tuple[float, bool], ...]
    right: int
    wrong: int
    harmed: int
    harmed_without: int


class ClassificationStudy:
    """Every proposal binds three days after it was made, if it still applies."""

    loop = "classification"
    scenarios = (CHANGED, RENAMED)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("recall", "words found", "of those planted"),
        Column("days", "until found", "days, median; not found is censored"),
        Column("right", "right", "of proposals"),
        Column("wrong", "wrong proposals", "a run"),
        Column("spared", "cases spared", "of those with a wrong category or an unknown word without the loop"),
    )
    aims = (
        Aim("changed_word", "recall", "changed words found", least=0.9),
        Aim("new_word", "recall", "new words found", least=0.9),
        Aim("changed_word", "right", "right proposals", least=0.9),
        Aim("no_fault", "wrong", "proposals without a fault", most=1),
        Aim("shuffled", "wrong", "proposals, shuffled", most=1),
    )
    truth = (
        "What a word means is what the learnt rules say, or what is planted. People see every case whose word no rule"
        " knows, and one in ten of the others, answer after four hours, and err in one of twenty."
    )
    circles = (
        "People's mistakes are spread over all categories as often as these come; desks that all make the same mistake"
        " would be believed.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Compared:
        random = Random(f"classification:{scenario.name}:{seed}")
        cases = drawn([case for case in subject.cases if case.cell is not None], random)
        if not cases:
            raise NothingToReplay("the rules that were learnt give no case a category: there are no words to learn")
        truth = plant(scenario.name, cases, random)
        with_loop, without = (
            drive(subject.federation, cases, truth, Random(f"people:{scenario.name}:{seed}"), adopt=adopt)
            for adopt in (True, False)
        )
        return _compared(with_loop, without, truth, cases)

    def figures(self, runs: Sequence[Compared]) -> Mapping[str, Any]:
        def of_all(what: str) -> float:
            return float(sum(getattr(run, what) for run in runs))

        return {
            "recall": figure(runs, _recall),
            "days": figure(runs, lambda found: median_delay([one for run in found for one in run.found])),
            "right": figure(runs, _right),
            "wrong": figure(runs, lambda found: sum(run.wrong for run in found) / len(found)),
            "spared": figure(runs, _spared),
            "harmed": of_all("harmed"), "harmed_without": of_all("harmed_without"),
        }  # fmt: skip


def _compared(run: Run, without: Run, truth: Truth, cases: Sequence[LoggedCase]) -> Compared:
    right = [
        (made, said)
        for made, said in run.proposals
        if made >= truth.since and truth.meant.get(said.evidence["given"]) == said.evidence["target"]
    ]
    first = {said.evidence["given"]: made for made, said in reversed(right)}
    whole = (cases[-1].opened_at - truth.since) / DAY
    found = tuple(
        ((first[word] - truth.since) / DAY, True) if word in first else (whole, False) for word in sorted(truth.meant)
    )
    return Compared(
        found, len(right), len(run.proposals) - len(right), run.wrong + run.unknown, without.wrong + without.unknown
    )


def _recall(runs: Sequence[Compared]) -> float | None:
    words = [found for run in runs for _, found in run.found]
    return sum(words) / len(words) if words else None


def _right(runs: Sequence[Compared]) -> float | None:
    right, wrong = sum(run.right for run in runs), sum(run.wrong for run in runs)
    return right / (right + wrong) if right + wrong else None


def _spared(runs: Sequence[Compared]) -> float | None:
    now, before = sum(run.harmed for run in runs), sum(run.harmed_without for run in runs)
    return 1 - now / before if before else None
