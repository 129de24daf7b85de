"""What a fact costs each loop: to observe it, its share of the ticks, and its share of saving state.

`python -m tests.bench.loop_costs [--loops NAME,...] [--weeks 25] [--profile]`

Facts are those of the Boston log under its own federation, each case opened, begun, late where its deadline passed,
answered and rated as the log and a seed have it; a tick is six hours. Every loop is driven alone, as the service would,
but for the database: state is brought into the texts that would be written. Beside each tick the same facts are read
from their texts, which the service does once for all loops: work that is the same for every loop and version, by which
costs compare however busy the machine is. `quiet` is the ratio of both times the least that reading took at a tick of
many facts: what the loop costs where nobody else uses the core. `median` is over ticks, without what few of them do.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from common.rulebook.book import ReleaseBook
from common.rulebook.placement import Placed, place
from common.runtime.service import tune_gc
from laboratory.subject import Source, Subject
from reflex import store
from reflex.facts import (
    CaseAnswered,
    CaseConfirmed,
    CaseOpened,
    CaseOverdue,
    CaseTransferred,
    Fact,
    Point,
    WorkStarted,
    fact_of_text,
)
from reflex.facts.fact import TABLES_OF_ROWS
from reflex.loop import Loop, LoopContext, LoopOutput, LoopSettings
from reflex.loops import LOOPS

FEDERATION = Path(__file__).parents[2] / "deploy" / "federations" / "boston"
LOG = FEDERATION / "log" / "boston_2011_h2.csv.gz"
TICK = timedelta(hours=6)
DEFAULT = ("introspection", "prediction", "equity", "diffusion", "recurrence")
HANDED_ON, RATED = 0.1, 0.4
"""Shares of cases."""
MANY = 100
"""Facts of a tick, over which a mean of what reading took says something."""


class BareLoop:
    """Does nothing: what it costs is the driving."""

    name: ClassVar[str] = "bare"
    facts: ClassVar[frozenset[type[Fact]]] = frozenset(
        (CaseOpened, WorkStarted, CaseTransferred, CaseOverdue, CaseAnswered, CaseConfirmed)
    )
    settings: ClassVar[type[LoopSettings]] = LoopSettings

    def observe(self, fact: Fact) -> None:
        pass

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        return ()

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        pass

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        return {}


@dataclass(slots=True)
class Cost:
    """Seconds of a core over a run; rows and bytes of state that would have been written."""

    facts: int = 0
    observed: float = 0.0
    ticked: float = 0.0
    saved: float = 0.0
    read: float = 0.0
    """The same facts from their texts."""
    least_read: float = inf
    """Of a fact, at a tick."""
    rows: int = 0
    written: int = 0
    by_tick: list[float] = field(default_factory=list)
    """Of a fact, at each tick."""

    def a_fact(self, seconds: float) -> float:
        """Microseconds."""
        return 1e6 * seconds / self.facts

    @property
    def whole(self) -> float:
        return self.a_fact(self.observed + self.ticked + self.saved)

    @property
    def ratio(self) -> float:
        """To reading a fact."""
        return self.whole / self.a_fact(self.read)

    @property
    def quiet(self) -> float:
        """Microseconds of a fact, where nobody else uses the core."""
        return self.ratio * 1e6 * self.least_read

    @property
    def median(self) -> float:
        """The same over ticks."""
        return median(self.by_tick) / (self.read / self.facts) * 1e6 * self.least_read


def boston(weeks: int, seed: int) -> tuple[Subject, list[Fact]]:
    """Facts in order of time and id."""
    with TemporaryDirectory() as scratch:
        subject = Source(LOG, FEDERATION, "UTC").subject(Path(scratch))
    book, random = ReleaseBook(subject.federation.base_releases()), Random(seed)
    authorities = [authority.id for authority in subject.federation.authorities]
    cases = [*subject.earlier, *subject.cases]
    until, found = cases[0].opened_at + timedelta(weeks=weeks), list[Fact]()
    for case in cases:
        if case.cell is None or case.ruled is None or case.opened_at >= until:
            continue
        region, at = case.where.region, case.opened_at
        placed = place(case.case_id, case.type, case.where, book.in_force(region, at))
        assert isinstance(placed, Placed)
        decided = {row.table: f"{row.table}|{row.layer}|{row.row_id}" for row in placed.because}
        rows = tuple(decided[table] for table in TABLES_OF_ROWS if table in decided)
        due = subject.federation.calendar(region).add(at, placed.answer_minutes)
        about: dict[str, Any] = {"case_id": case.case_id, "region": region, "authority": case.ruled}
        found.append(
            CaseOpened(
                id=f"{case.case_id}-a", at=at, **about, category=placed.category, area=case.where.area,
                channel=case.channel, priority=1, received_at=at, due_at=due, rows=rows,
                point=None if case.point is None else Point(*case.point),
            )
        )  # fmt: skip
        end = None if case.closed_at is None else max(case.closed_at, at + timedelta(minutes=30))
        begun = at + ((end or due) - at) / 2
        found.append(WorkStarted(id=f"{case.case_id}-b", at=begun, **about))
        if random.random() < HANDED_ON:
            about["authority"] = random.choice(authorities)
            found.append(CaseTransferred(id=f"{case.case_id}-c", at=begun, **about, from_authority=case.ruled))
        if end is None or end > due:
            found.append(CaseOverdue(id=f"{case.case_id}-d", at=due, **about, due_at=due))
        if end is not None:
            found.append(CaseAnswered(id=f"{case.case_id}-e", at=end, **about))
            if random.random() < RATED:
                found.append(
                    CaseConfirmed(
                        id=f"{case.case_id}-f", at=end + timedelta(hours=20), **about, rating=random.randint(1, 5)
                    )
                )
    return subject, sorted((fact for fact in found if fact.at < until), key=lambda fact: (fact.at, fact.id))


def run(loop: Loop, facts: Sequence[Fact]) -> Cost:
    """Every fact that the loop takes, tick by tick."""
    cost, clock = Cost(), time.process_time
    wanted = [fact for fact in facts if type(fact) in loop.facts]
    texts = [fact.model_dump_json(exclude_none=True) for fact in wanted]
    now, at = facts[0].at, 0
    while at < len(wanted):
        now += TICK
        first = at
        while at < len(wanted) and wanted[at].at < now:
            at += 1
        reading = clock()
        for text in texts[first:at]:
            fact_of_text(text)
        began = clock()
        for fact in wanted[first:at]:
            loop.observe(fact)
        observed = clock()
        loop.on_tick(now)
        ticked = clock()
        rows = store.texts_of((loop.name, key, body) for key, body in loop.changed().items())
        saved = clock()
        cost.observed += observed - began
        cost.ticked += ticked - observed
        cost.saved += saved - ticked
        cost.read += began - reading
        if at > first:
            cost.by_tick.append((saved - began) / (at - first))
        if at - first >= MANY:
            cost.least_read = min(cost.least_read, (began - reading) / (at - first))
        cost.rows += len(rows)
        cost.written += sum(len(row[2]) for row in rows)
    cost.facts = len(wanted)
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loops", default=",".join(DEFAULT))
    parser.add_argument("--weeks", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", action="store_true", help="where the time goes, by function, instead of a table")
    given = parser.parse_args()
    subject, facts = boston(given.weeks, given.seed)
    tune_gc()

    def built(name: str) -> Loop:
        return LOOPS[name](LoopContext(subject.federation, ReleaseBook(subject.federation.base_releases())))

    print(f"{len(facts)} facts of {given.weeks} weeks, seed {given.seed}; microseconds of a core a fact")
    if given.profile:
        for name in given.loops.split(","):
            profile = cProfile.Profile()
            profile.runcall(run, built(name), facts)
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    heads = ("observe", "tick", "save", "whole", "read", "/ read", "quiet", "median", "rows", "bytes")
    print(f"{'loop':<14}{'facts':>8}" + "".join(f"{head:>9}" for head in heads))
    for name in ("bare", *given.loops.split(",")):
        cost = run(BareLoop() if name == "bare" else built(name), facts)
        times = (cost.observed, cost.ticked, cost.saved, cost.observed + cost.ticked + cost.saved, cost.read)
        print(
            f"{name:<14}{cost.facts:>8}" + "".join(f"{cost.a_fact(seconds):>9.2f}" for seconds in times)
            + f"{cost.ratio:>9.2f}{cost.quiet:>9.1f}{cost.median:>9.1f}"
            + f"{cost.rows / cost.facts:>9.2f}{cost.written / cost.facts:>9.0f}",
            flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
