"""Who is named where one region is later for like cases, and another has cases that are late more often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from common.contracts.events.reflex.observations import FindingMade
from common.rulebook.book import ReleaseBook
from reflex.loop import LoopContext
from reflex.loops import equity

from laboratory.intervals import figure
from laboratory.late_cases import DAY, LateCase, dealt_anew, drive, late_cases, late_shares
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject

POINTS = 0.08
KEPT_OF_EASY = 0.3
"""The region with another mix keeps so many of its cases of the half of categories that are late least often."""
LEAST_SHARE = 0.08
"""Of all cases, that a region must have to be drawn."""
BIASED = Scenario(
    "biased_region", "one region 8 points later for like cases; another with other cases only; else nothing differs"
)
NO_FAULT = Scenario("no_fault", "the log as it is: what is named may be true", plants=False)
SHUFFLED = Scenario("shuffled", "whether a case is late is dealt anew within its category", plants=False)


@dataclass(frozen=True, slots=True)
class Named:
    """One finding of a difference in lateness, told for the first time."""

    dimension: str
    name: str
    days: float
    """From the first case on."""
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class EquityRun:
    named: Sequence[Named]
    biased: str | None = None
    different: str | None = None
    raw: tuple[float, float] = (0.0, 0.0)
    """Late share of the region with other cases, and of those where nothing is planted."""

    @property
    def found(self) -> Named | None:
        return next((one for one in self.named if (one.dimension, one.name) == ("region", self.biased)), None)

    @property
    def confused(self) -> bool:
        return any((one.dimension, one.name) == ("region", self.different) for one in self.named)

    @property
    def others(self) -> int:
        """Named though nothing is planted there."""
        return sum((one.dimension, one.name) != ("region", self.biased) for one in self.named)


class EquityStudy:
    """The loop sees half of a year or less of lateness; it proposes nothing, so nothing changes by it."""

    loop = "equity"
    scenarios = (BIASED,)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("found", "named", "runs with the biased region named"),
        Column("not_confused", "not named", "runs with the merely different one not named"),
        Column("both", "both", "of runs"),
        Column("days", "days", "until it is named, on average of those found"),
        Column("held", "interval holds", "runs with the planted points in the 95 % interval"),
        Column("others", "others named", "places and channels a run"),
    )
    aims = (
        Aim("biased_region", "found", "runs with the biased region named", least=0.9),
        Aim("biased_region", "not_confused", "runs with the merely different one not named", least=0.9),
        Aim("shuffled", "others", "places and channels named a run", most=0.1),
    )
    truth = (
        "Whether a case is late is dealt out anew within its category; then every case of one region is late 8 points"
        " more often."
    )
    circles = (
        "Lateness is by the deadlines that were learnt, not by those that desks had.",
        "Cases of a category are dealt as if they were alike but for their place: so does the loop take them.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> EquityRun:
        cases = late_cases(subject, seed)
        biased = different = None
        raw = (0.0, 0.0)
        if scenario != NO_FAULT:
            cases = dealt_anew(cases, seed)
        if scenario == BIASED and (made := planted(cases, seed)) is not None:
            cases, biased, different = made
            there = [case.late for case in cases if case.region == different]
            rest = [case.late for case in cases if case.region not in (different, biased)]
            raw = (sum(there) / len(there), sum(rest) / max(1, len(rest)))
        loop = equity.build(LoopContext(subject.federation, ReleaseBook(subject.federation.base_releases())))
        first, named = cases[0].opened, dict[str, Named]()
        for at, said in drive(loop, cases, cases[-1].opened):
            if isinstance(said, FindingMade) and said.numbers["measure"] == "late":
                n = said.numbers
                one = Named(n["dimension"], n["name"], (at - first) / DAY, n["low"], n["high"])
                named.setdefault(said.key, one)
        return EquityRun(list(named.values()), biased, different, raw)

    def figures(self, runs: Sequence[EquityRun]) -> Mapping[str, Any]:
        planted_runs = bool(runs and runs[0].biased)
        return {
            **dict.fromkeys(column.key for column in self.columns),
            "others": figure(runs, lambda some: sum(run.others for run in some) / len(some)),
            **(_planted_figures(runs) if planted_runs else {}),
            "named": Counter(f"{one.dimension} {one.name}" for run in runs for one in run.named).most_common(20),
        }


def _planted_figures(runs: Sequence[EquityRun]) -> dict[str, Any]:
    def share(some: Sequence[EquityRun], good: Callable[[EquityRun], bool]) -> float:
        return sum(good(run) for run in some) / len(some)

    def days(some: Sequence[EquityRun]) -> float | None:
        found = [run.found.days for run in some if run.found is not None]
        return sum(found) / len(found) if found else None

    def held(some: Sequence[EquityRun]) -> float | None:
        found = [run.found.low <= POINTS <= run.found.high for run in some if run.found is not None]
        return sum(found) / len(found) if found else None

    return {
        "found": figure(runs, lambda some: share(some, lambda run: run.found is not None)),
        "not_confused": figure(runs, lambda some: share(some, lambda run: not run.confused)),
        "both": figure(runs, lambda some: share(some, lambda run: run.found is not None and not run.confused)),
        "days": figure(runs, days),
        "held": figure(runs, held),
        "raw_of_different": figure(runs, lambda some: sum(run.raw[0] for run in some) / len(some)),
        "raw_of_others": figure(runs, lambda some: sum(run.raw[1] for run in some) / len(some)),
    }


def planted(cases: Sequence[LateCase], seed: int) -> tuple[list[LateCase], str, str] | None:
    """The cases with both regions' faults, the biased region and the merely different one; None where the log has no
    two regions of some size."""
    random, sizes = Random(f"biased:{seed}"), Counter(case.region for case in cases)
    large = sorted(r for r, n in sizes.items() if n >= LEAST_SHARE * len(cases))
    if len(large) < 2:
        return None
    biased, different = random.sample(large, 2)
    shares = late_shares(cases)
    easy = set(sorted(shares, key=lambda category: (shares[category], category))[: len(shares) // 2])
    found = []
    for case in cases:
        if case.region == different and case.category in easy and random.random() > KEPT_OF_EASY:
            continue
        if case.region == biased and not case.late:
            share = shares[case.category]
            found.append(replace(case, late=share < 1 and random.random() < min(1.0, POINTS / (1 - share))))
        else:
            found.append(case)
    return found, biased, different
