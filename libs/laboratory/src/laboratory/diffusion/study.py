"""What is promised of the first half of a log, and what is left of it in the second."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

from common.contracts.events.reflex.observations import FindingMade
from common.rulebook.book import ReleaseBook
from reflex.like_cases import Comparison, Counts, blocks_of
from reflex.loop import LoopContext
from reflex.loops import diffusion

from laboratory.intervals import figure
from laboratory.late_cases import DAY, LateCase, dealt_anew, drive, late_cases, late_shares
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject

POINTS = 0.15
PLANTED = 3
"""Categories in which one region each is better."""
LEAST_LATE, LEAST_CASES = 0.2, 200
"""Of a category in which something is planted."""
SEEN = 0.6
"""Of the log's time, that the loop sees."""
BETTER = Scenario("better_regions", "in three categories one region each is 15 points less late; else nothing differs")
NO_FAULT = Scenario("no_fault", "the log as it is: regions differ, and what is promised of it is held against it later")
SHUFFLED = Scenario("shuffled", "whether a case is late is dealt anew within its category", plants=False)


@dataclass(frozen=True, slots=True)
class Promise:
    """A finding of the first part, and what the second part has of it (None: too few cases)."""

    category: str
    region: str
    promised: float
    seen: float
    kept: float | None


@dataclass(frozen=True, slots=True)
class DiffusionRun:
    promises: Sequence[Promise]
    planted: Sequence[tuple[str, str]] = ()
    """Category and region."""

    @property
    def found(self) -> int:
        told = {(one.category, one.region) for one in self.promises}
        return sum(cell in told for cell in self.planted)


class DiffusionStudy:
    """Nothing is adopted: what a rule would do elsewhere, no log can tell."""

    loop = "diffusion"
    scenarios = (BETTER,)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("told", "told", "regions and categories a run"),
        Column("found", "found", "of what is planted"),
        Column("kept", "kept", "of what was promised, later on"),
        Column("kept_of_seen", "kept of seen", "of what it looked like"),
        Column("turned", "turned", "of promises, not better at all later on"),
    )
    aims = (
        Aim("no_fault", "kept", "kept of what was promised", least=0.8, most=1.2),
        Aim("better_regions", "kept", "kept of what was promised", least=0.8, most=1.2),
        Aim("shuffled", "told", "regions and categories told a run", most=1),
    )
    truth = (
        "What is promised by the first part of the log is held against the second: late for like cases, there and"
        " elsewhere."
    )
    circles = (
        "Lateness is by the deadlines that were learnt, not by those that desks had.",
        "What is kept is reckoned by the same difference as what is promised, on other cases.",
        "That a region stays better says nothing of whether another could do as it does: a trial would.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> DiffusionRun:
        cases = late_cases(subject, seed)
        planted_cells: list[tuple[str, str]] = []
        if scenario != NO_FAULT:
            cases = dealt_anew(cases, seed)
        if scenario == BETTER:
            cases, planted_cells = planted(cases, seed)
        until = cases[0].opened + SEEN * (cases[-1].opened - cases[0].opened)
        loop = diffusion.build(LoopContext(subject.federation, ReleaseBook(subject.federation.base_releases())))
        later = [case for case in cases if case.due + DAY >= until and case.due < cases[-1].opened]
        promises = dict[str, Promise]()
        for _, said in drive(loop, cases, until):
            if isinstance(said, FindingMade):
                n = said.numbers
                kept = better_by(later, n["category"], n["region"], until)
                promises.setdefault(said.key, Promise(n["category"], n["region"], n["promised"], n["seen"], kept))
        return DiffusionRun(list(promises.values()), planted_cells)

    def figures(self, runs: Sequence[DiffusionRun]) -> Mapping[str, Any]:
        found: dict[str, Any] = {
            **dict.fromkeys(column.key for column in self.columns),
            "told": figure(runs, lambda some: sum(len(run.promises) for run in some) / len(some)),
            "kept": figure(runs, lambda some: _of(some, lambda one: one.promised)),
            "kept_of_seen": figure(runs, lambda some: _of(some, lambda one: one.seen)),
            "turned": figure(runs, _turned),
        }
        if runs and runs[0].planted:
            found["found"] = figure(
                runs, lambda some: sum(run.found for run in some) / sum(len(run.planted) for run in some)
            )  # fmt: skip
        return found


def _known(runs: Sequence[DiffusionRun]) -> list[Promise]:
    return [one for run in runs for one in run.promises if one.kept is not None]


def _of(runs: Sequence[DiffusionRun], what: Callable[[Promise], float]) -> float | None:
    known = _known(runs)
    whole = sum(map(what, known))
    return sum(one.kept or 0.0 for one in known) / whole if whole else None


def _turned(runs: Sequence[DiffusionRun]) -> float | None:
    known = _known(runs)
    return sum((one.kept or 0.0) <= 0 for one in known) / len(known) if known else None


def better_by(cases: Sequence[LateCase], category: str, region: str, since: datetime) -> float | None:
    """How much less often cases of a region were late than like ones elsewhere; None where none can be compared."""
    strata: dict[tuple[int, str], dict[str, Counts]] = defaultdict(dict)
    for case in cases:
        if case.category == category:
            stratum = strata[(case.due - since) // (14 * DAY), case.channel]
            whole, late = stratum.get(case.region, (0, 0))
            stratum[case.region] = (whole + 1, late + case.late)
    block = blocks_of(strata.values()).get(region)
    return -Comparison([block]).difference if block is not None and block.weight else None


def planted(cases: Sequence[LateCase], seed: int) -> tuple[list[LateCase], list[tuple[str, str]]]:
    """The cases, and in which category which region is better."""
    random, shares = Random(f"better:{seed}"), late_shares(cases)
    sizes = Counter(case.category for case in cases)
    many = sorted(c for c, n in sizes.items() if n >= LEAST_CASES and shares[c] >= LEAST_LATE)
    categories = random.sample(many, min(PLANTED, len(many)))
    regions = sorted({case.region for case in cases})
    better = {category: random.choice(regions) for category in categories}
    found = []
    for case in cases:
        if case.late and better.get(case.category) == case.region:
            spared = random.random() < min(1.0, POINTS / shares[case.category])
            found.append(replace(case, late=not spared))
        else:
            found.append(case)
    return found, sorted(better.items())
