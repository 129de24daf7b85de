"""Whether the mirror's intervals hold the share that places truly have, where all of them have the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from common.contracts.events.reflex.mirror import MirrorObserved
from common.rulebook.book import ReleaseBook
from reflex.loop import LoopContext
from reflex.loops import introspection

from laboratory.intervals import figure
from laboratory.late_cases import dealt_anew, drive, late_cases
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject

WARM_UP = timedelta(weeks=6)
"""What is usual is not known well before."""
NO_FAULT = Scenario("no_fault", "the log as it is: places differ, and weeks do", plants=False)
SHUFFLED = Scenario("shuffled", "whether a case is late is dealt anew within its category", plants=False)


@dataclass(frozen=True, slots=True)
class MirrorRun:
    """Weeks of regions, areas and channels, and how many have like cases elsewhere within their interval."""

    weeks: int
    held: int
    width: float
    """Mean, of the intervals of regions."""


class IntrospectionStudy:
    """It says what is, so there is nothing to find."""

    loop = "introspection"
    scenarios: Sequence[Scenario] = ()
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("held", "within", "of weeks of places, what is usual for their cases in the 95 % interval"),
        Column("width", "width", "of the intervals of a region's week, as a share"),
        Column("weeks", "weeks", "of places a run"),
    )
    aims = (Aim("shuffled", "held", "of intervals that hold what is true", least=0.92, most=0.99),)
    truth = (
        "Within a category nothing differs between places and weeks, once lateness is dealt anew: seen over expected"
        " is truly 1."
    )
    circles = ("In the log as it is places differ, so that what is usual lies outside of right intervals too.",)

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> MirrorRun:
        cases = late_cases(subject, seed)
        if scenario == SHUFFLED:
            cases = dealt_anew(cases, seed)
        loop = introspection.build(LoopContext(subject.federation, ReleaseBook(subject.federation.base_releases())))
        first = cases[0].opened + WARM_UP
        held, widths = list[bool](), list[float]()
        for at, said in drive(loop, cases, cases[-1].opened):
            if not isinstance(said, MirrorObserved) or not said.ended or at < first:
                continue
            seen = said.measures.get("late")
            if seen is None or said.dimension not in ("region", "area", "channel"):
                continue
            if seen.adjusted and seen.adjusted_low is not None and seen.adjusted_high is not None and seen.expected:
                # What is usual, as a share: the adjusted one over seen through expected.
                usual = seen.adjusted * seen.expected / seen.alike_bad
                held.append(seen.adjusted_low <= usual <= seen.adjusted_high)
                if said.dimension == "region":
                    widths.append(seen.adjusted_high - seen.adjusted_low)
        return MirrorRun(len(held), sum(held), sum(widths) / max(1, len(widths)))

    def figures(self, runs: Sequence[MirrorRun]) -> Mapping[str, Any]:
        return {
            "held": figure(runs, _held),
            "width": figure(runs, lambda some: sum(r.width for r in some) / len(some)),
            "weeks": figure(runs, lambda some: sum(r.weeks for r in some) / len(some)),
        }


def _held(runs: Sequence[MirrorRun]) -> float | None:
    weeks = sum(run.weeks for run in runs)
    return sum(run.held for run in runs) / weeks if weeks else None
