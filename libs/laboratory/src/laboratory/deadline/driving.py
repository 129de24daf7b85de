"""The loop's own code driven over cases: the rulebook gives each its limit, the log its answer; no service, no broker.

A tick is six hours. A proposal is adopted three days after it was made, if it still applies, also one that needs a
person: people agree to everything.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange
from common.federation.country import Federation
from common.rulebook.trial import NO_UNIT
from reflex.facts import CaseAnswered, CaseJoined, CaseOpened, CaseReopened, Fact
from reflex.loop import LoopContext
from reflex.loops import deadline
from world import clock

from laboratory import adopting
from laboratory.adopting import Adopting
from laboratory.deadline.planting import Course
from laboratory.logged_case import LoggedCase

JOINED_AFTER = timedelta(hours=1)


@dataclass(slots=True)
class Timed:
    """One case of its own: when it was received, its limit in working minutes, and the time that it really took."""

    case_id: str
    category: str
    received: datetime
    due: datetime
    limit: int
    minutes: int
    """Working minutes to the answer that stood in the end; where there was none, to the end of the log."""
    answered: datetime | None
    """When that answer was given."""

    @property
    def missed(self) -> bool:
        """Whether there was no answer that stood by the deadline."""
        return self.answered is None or self.minutes > self.limit


class Made(adopting.Made):
    """One proposal about the limit of a category."""

    @property
    def category(self) -> str:
        return str(self.command.evidence["category"])

    @property
    def limits(self) -> tuple[int, int]:
        """The one before, and the one proposed."""
        return int(self.command.evidence["limit"]), int(self.command.evidence["proposed"])


@dataclass
class Run:
    """Cases in order of opening, proposals and findings in order of being made."""

    since: datetime
    until: datetime
    cases: list[Timed] = field(default_factory=list)
    proposals: list[Made] = field(default_factory=list)
    findings: list[FindingMade] = field(default_factory=list)
    facts: int = 0
    loop_seconds: float = 0.0


class Drive:
    """One run."""

    def __init__(self, federation: Federation, cases: Sequence[LoggedCase], courses: Mapping[str, Course]) -> None:
        self._federation, self._cases, self._courses = federation, cases, courses
        self._adopting = Adopting(federation)
        self._book = self._adopting.book
        self._loop = deadline.build(LoopContext(federation, self._book))
        self._facts: list[tuple[datetime, str, Fact]] = []
        self._known: set[str] = set()
        self._run = Run(cases[0].opened_at, cases[-1].opened_at)

    def run(self) -> Run:
        """Every interval of the log, in order."""
        sent = 0
        for _, until in clock.intervals(self._run.since, self._run.until):
            while sent < len(self._cases) and self._cases[sent].opened_at <= until:
                self._open(self._cases[sent])
                sent += 1
            for fact in self._adopting.decide(until):
                self._say(fact)
            self._tick(until)
        return self._run

    def _tick(self, until: datetime) -> None:
        began = time.process_time()
        while self._facts and self._facts[0][0] < until:
            self._loop.observe(heapq.heappop(self._facts)[2])
            self._run.facts += 1
        words = self._loop.on_tick(until)
        self._loop.changed()
        self._run.loop_seconds += time.process_time() - began
        for said in words:
            if isinstance(said, ProposeChange):
                made = Made(until, said)
                self._run.proposals.append(made)
                self._adopting.wait(made)
            elif isinstance(said, FindingMade):
                self._run.findings.append(said)

    def _say(self, fact: Fact) -> None:
        heapq.heappush(self._facts, (fact.at, fact.id, fact))

    def _open(self, case: LoggedCase) -> None:
        if case.cell is None or case.ruled is None:
            return
        category, area = case.cell
        region, at, name = case.where.region, case.opened_at, case.case_id
        rulebook, calendar = self._book.in_force(region, at), self._federation.calendar(region)
        by_priority = rulebook.decide("priority", {"category": category}, NO_UNIT)
        priority = int(by_priority.outputs["priority"]) if by_priority is not None else 1
        decided = rulebook.decide("deadline", {"category": category, "priority": priority}, NO_UNIT)
        if decided is None:
            return
        limit = int(decided.outputs["answer_minutes"])
        due = calendar.add(at, limit)
        about = {"case_id": name, "region": region, "authority": case.ruled}
        self._say(
            CaseOpened(
                id=f"{name}:0", at=at, category=category, area=area, channel=case.channel, priority=priority,
                received_at=at, due_at=due, **about,
            )
        )  # fmt: skip
        joined = case.joins in self._known
        self._known.add(name)
        if joined:
            self._say(CaseJoined(id=f"{name}:1", at=at + JOINED_AFTER, into_case=case.joins or "", **about))
            return
        course = self._courses[name].until(self._run.until)
        for n, moment in enumerate(course.answered):
            worked = calendar.minutes_between(at, moment) if n == 0 else None
            self._say(CaseAnswered(id=f"{name}:a{n}", at=moment, worked_minutes=worked, **about))
        for n, moment in enumerate(course.reopened):
            self._say(CaseReopened(id=f"{name}:r{n}", at=moment, **about))
        last = course.stands_at
        minutes = calendar.minutes_between(at, self._run.until if last is None else last)
        self._run.cases.append(Timed(name, category, at, due, limit, minutes, last))
