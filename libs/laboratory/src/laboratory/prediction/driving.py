"""The prediction loop's own code over cases: it sees what opens, with a deadline by the rules, and what is answered."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from common.contracts.events.reflex.forecasts import ArrivalsScored, HorizonScore
from common.contracts.events.reflex.observations import FindingMade
from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.placement import Placed, place
from reflex.facts import CaseAnswered, CaseOpened, Fact
from reflex.local_days import LocalDays
from reflex.loops.prediction.loop import PredictionLoop
from reflex.loops.prediction.settings import Settings
from reflex.loops.prediction.wording import Titles
from world import clock

from laboratory.logged_case import LoggedCase

SCORED_DAYS = 366
"""The most that the loop can be asked to score together; a longer log is scored in parts of so many days."""
LEAST_MEAN = 0.2
"""Cases a day of a region; a part with fewer is left out: who says that nothing comes is nearly always right there."""


@dataclass(slots=True)
class Run:
    """What the loop said, and which deadlines were missed."""

    scores: list[HorizonScore] = field(default_factory=list)
    """Of the whole run, by region and part."""
    findings: list[FindingMade] = field(default_factory=list)
    late: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    """Deadlines that passed before an answer, by region and authority."""
    facts: int = 0
    loop_seconds: float = 0.0


def drive(federation: Federation, cases: Sequence[LoggedCase]) -> Run:
    """Ticks of six hours, to the last case."""
    days, settings, run = LocalDays(federation), Settings(scored_days=SCORED_DAYS), Run()
    loop = PredictionLoop(lambda now: settings, days.day_of, days.works, Titles(str, str))
    facts = _facts(federation, cases, run)
    newest: dict[tuple[str, int], ArrivalsScored] = {}
    first, last = cases[0].opened_at.date(), cases[-1].opened_at.date() - timedelta(days=1)
    for _, until in clock.intervals(cases[0].opened_at, cases[-1].opened_at):
        began = time.process_time()
        while facts and facts[0][0] < until:
            loop.observe(heapq.heappop(facts)[2])
            run.facts += 1
        words = loop.on_tick(until)
        loop.changed()
        run.loop_seconds += time.process_time() - began
        for said in words:
            if isinstance(said, FindingMade):
                run.findings.append(said)
            elif isinstance(said, ArrivalsScored):
                newest[said.region, _part(said.day, last)] = said
    came = Counter((case.where.region, _part(case.opened_at.date(), last)) for case in cases)
    for (region, part), found in newest.items():
        length = min(SCORED_DAYS, (last - first).days + 1 - SCORED_DAYS * part)
        if came[region, part] >= LEAST_MEAN * length:
            run.scores += found.horizons
    return run


def _part(day: date, last: date) -> int:
    """Counted from the end, so that the newest scores of each are those of its days."""
    return max(0, (last - day).days) // SCORED_DAYS


def _facts(federation: Federation, cases: Sequence[LoggedCase], run: Run) -> list[tuple[datetime, str, Fact]]:
    book = ReleaseBook(federation.base_releases())
    minutes: dict[tuple[str, str], int] = {}
    found: list[tuple[datetime, str, Fact]] = []
    until = cases[-1].opened_at
    for case in cases:
        if case.cell is None or case.really is None:
            continue
        region, at = case.where.region, case.opened_at
        kind = (case.type, region)
        if kind not in minutes:
            placed = place(case.case_id, case.type, case.where, book.in_force(region, at))
            minutes[kind] = placed.answer_minutes if isinstance(placed, Placed) else 0
        due = federation.calendar(region).add(at, minutes[kind])
        opened = CaseOpened(
            id=f"{case.case_id}:0", at=at, case_id=case.case_id, region=region, authority=case.really,
            category=case.cell[0], area=case.where.area, channel=case.channel, priority=1, received_at=at, due_at=due,
        )  # fmt: skip
        found.append((opened.at, opened.id, opened))
        closed = case.closed_at
        if closed is not None and closed >= at:
            ends = max(closed, at + timedelta(seconds=1))
            answered = CaseAnswered(
                id=f"{case.case_id}:1", at=ends, case_id=case.case_id, region=region, authority=case.really
            )
            found.append((answered.at, answered.id, answered))
        if due <= until and (closed is None or closed > due):
            run.late.setdefault((region, case.really), []).append(due)
    heapq.heapify(found)
    return found
