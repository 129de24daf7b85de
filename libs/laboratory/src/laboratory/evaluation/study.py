"""The evaluation loop over changes of known effect: what it takes back, whom it holds for good, and who may propose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from laboratory.evaluation.driving import AUTHORS, Change, Driving
from laboratory.evaluation.planting import HARMFUL, NO_FAULT, SHUFFLED
from laboratory.intervals import figure
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject
from laboratory.thinning import drawn


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One run: changes whose review has come, by whether they were right, and of these those taken back."""

    harmful: int
    harmful_back: int
    right: int
    right_back: int
    in_order: bool
    """Whether the published precision puts the three authors in their true order."""
    budgets: Mapping[str, int]
    """Proposals that each author may make in 30 days, at the end."""
    too_bold: int


class EvaluationStudy:
    """Three loops that change cells of the log; half of what does harm is rolled back by its trial."""

    loop = "evaluation"
    scenarios = (HARMFUL,)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("taken_back", "harmful ones taken back", "of those whose review came"),
        Column("wrongly", "others taken back", "of those whose review came"),
        Column("in_order", "authors in their order", "of runs"),
        Column("budget_good", "the good author may propose", "changes in 30 days"),
        Column("budget_middling", "the middling one", "changes in 30 days"),
        Column("budget_bad", "the bad one", "changes in 30 days"),
        Column("too_bold", "called too bold", "findings a run"),
    )
    aims = (
        Aim("harmful_changes", "taken_back", "harmful changes taken back", least=0.9),
        Aim("harmful_changes", "wrongly", "right changes taken back", most=0.05),
        Aim("harmful_changes", "in_order", "authors in their order", least=0.9),
        Aim("harmful_changes", "budget_bad", "the bad author's budget", most=1),
        Aim("no_fault", "wrongly", "right changes taken back", most=0.05),
    )
    truth = (
        "Each change is right or harmful by chance, as often as its author is; nine of ten cases of its cell show it: a"
        " transfer avoided, or one made. Cells and their cases are the log's."
    )
    circles = (
        "Forecasts are made from the month before with an interval that fits; people accept each taking back, and keep"
        " what did no proven harm.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Reviewed:
        random = Random(f"evaluation:{scenario.name}:{seed}")
        cases = drawn(subject.cases, random)
        driving = Driving(subject.federation, scenario.name, random)
        driving.run(cases)
        reviewed = [change for change in driving.changes.values() if change.reviewed]
        right = [change for change in reviewed if change.effect.right]
        harmful = [change for change in reviewed if not change.effect.right]
        known = [driving.records[name].precision for name in AUTHORS if name in driving.records]
        return Reviewed(
            len(harmful), _back(harmful), len(right), _back(right),
            known == sorted(set(known), reverse=True) and len(known) == len(AUTHORS),
            dict(driving.budgets), sum(finding.kind == "too bold" for finding in driving.findings),
        )  # fmt: skip

    def figures(self, runs: Sequence[Reviewed]) -> Mapping[str, Any]:
        return {
            "taken_back": figure(runs, lambda found: _share(found, "harmful_back", "harmful")),
            "wrongly": figure(runs, lambda found: _share(found, "right_back", "right")),
            "in_order": figure(runs, lambda found: sum(run.in_order for run in found) / len(found)),
            **{f"budget_{name}": figure(runs, partial(_budget, author=name)) for name in AUTHORS},
            "too_bold": figure(runs, lambda found: sum(run.too_bold for run in found) / len(found)),
            "reviewed": sum(run.harmful + run.right for run in runs),
        }


def _back(changes: Sequence[Change]) -> int:
    return sum(change.state == "reversed" for change in changes)


def _share(runs: Sequence[Reviewed], some: str, of: str) -> float | None:
    whole = sum(getattr(run, of) for run in runs)
    return sum(getattr(run, some) for run in runs) / whole if whole else None


def _budget(runs: Sequence[Reviewed], author: str) -> float:
    return sum(run.budgets.get(author, 0) for run in runs) / len(runs)
