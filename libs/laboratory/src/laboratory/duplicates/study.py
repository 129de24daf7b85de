"""The duplicates loop against rules that stay: how many refusals it spares, how many true pairs it loses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from laboratory.duplicates.driving import Run, drive
from laboratory.duplicates.planting import GOOD, NEAR, NO_FAULT, NONE, RECENT, TRUTHS
from laboratory.intervals import figure
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject
from laboratory.thinning import drawn


@dataclass(frozen=True, slots=True)
class Compared:
    """A run in which proposals bind, and one in which none does."""

    refused: int
    refused_without: int
    same: int
    same_without: int
    proposals: int
    adopted: int


class DuplicatesStudy:
    """Every proposal binds three days after it was made, if it still applies."""

    loop = "duplicates"
    scenarios = (NEAR, RECENT, NONE)
    always = (NO_FAULT, GOOD)
    columns = (
        Column("spared", "refusals spared", "of those without the loop"),
        Column("lost", "true pairs lost", "of those without the loop"),
        Column("proposals", "proposals", "a run"),
        Column("adopted", "adopted", "a run"),
    )
    aims = (Aim("no_fault", "proposals", "proposals a run", most=1), Aim("shuffled", "proposals", "proposals", most=1))
    truth = (
        "Which of the suggested pairs are the same is planted by how near and how recent they are; people say so of"
        " seven in ten. The log's own links of duplicates are not used: they were read from notes, and miss many."
    )
    circles = (
        "Pairs lie where the log's cases lie, and are suggested by the federation's own rules; what people would say of"
        " them is the laboratory's, sharper than in truth.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Compared:
        random = Random(f"duplicates:{scenario.name}:{seed}")
        cases = drawn(subject.cases, random)
        with_loop, without = (
            drive(
                subject.federation, cases, TRUTHS[scenario.name], Random(f"words:{scenario.name}:{seed}"), adopt=adopt
            )
            for adopt in (True, False)
        )
        return _compared(with_loop, without)

    def figures(self, runs: Sequence[Compared]) -> Mapping[str, Any]:
        return {
            "spared": figure(runs, lambda found: _less(found, "refused")),
            "lost": figure(runs, lambda found: _less(found, "same")),
            "proposals": figure(runs, _proposals),
            "adopted": figure(runs, lambda found: sum(run.adopted for run in found) / len(found)),
        }


def _compared(run: Run, without: Run) -> Compared:
    return Compared(run.refused, without.refused, run.same, without.same, len(run.proposals), run.adopted)


def _proposals(runs: Sequence[Compared]) -> float | None:
    """A run; None where no pair was suggested, as in a log without points."""
    suggested = any(run.same_without + run.refused_without for run in runs)
    return sum(run.proposals for run in runs) / len(runs) if suggested else None


def _less(runs: Sequence[Compared], what: str) -> float | None:
    """By how much there are fewer than without the loop, as a share of those."""
    now, before = (float(sum(getattr(run, name) for run in runs)) for name in (what, f"{what}_without"))
    return 1 - now / before if before else None
