"""The trial loop's own code over a log: several categories are each on trial for a change of their priority, and what
the loop orders is done at the next tick, as the service rules does it."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from common.contracts.events.rules import AdoptTrial, EndTrial, RollBackTrial, StepTrial, TrialOrder
from common.contracts.patch import Patch
from common.contracts.trial import ArmDrawn, TrialPlan
from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.placement import Placed, place
from common.rulebook.release import NATIONAL
from common.rulebook.trial import arm_of
from reflex.facts import (
    CaseAnswered,
    CaseOpened,
    CaseOverdue,
    Fact,
    ProposalAdopted,
    ProposalChecked,
    TrialEnded,
    TrialRolledBack,
    TrialStarted,
    TrialStepped,
)
from reflex.loops.trial import places_of
from reflex.loops.trial.loop import TrialLoop
from reflex.loops.trial.settings import Settings
from world import clock

from laboratory.logged_case import LoggedCase
from laboratory.trial.planting import closed_with_change

TABLE = "priority"
STEPS = (0.05, 0.2, 0.5, 1.0)
LEAST_OUTCOMES, LONGEST_DAYS = 30, 60
"""As in the demonstration's table `trial`."""
LEFT = timedelta(days=15)
"""After a trial's longest time, in which the loop has surely spoken."""
ENDS: Mapping[type[TrialOrder], str] = {
    AdoptTrial: "adopted", RollBackTrial: "rolled_back", EndTrial: "inconclusive",
}  # fmt: skip


@dataclass(slots=True)
class Course:
    """One trial. `end` is empty while it runs."""

    category: str
    began: datetime
    plan: TrialPlan
    share: float = STEPS[0]
    end: str = ""
    ended: datetime | None = None
    guard: str = ""
    cases: int = 0
    """That were opened while it ran."""


class _Ages:
    def __init__(self, federation: Federation, settings: Settings) -> None:
        self._federation, self._settings = federation, settings

    def handed_on(self, region: str, opened: datetime) -> datetime:
        return self._federation.calendar(region).add(opened, self._settings.outcome_working_minutes)

    def deadline(self, region: str, received: datetime, minutes: int) -> datetime:
        return self._federation.calendar(region).add(received, minutes)


@dataclass
class Driving:
    """One run; the same for the same seed."""

    federation: Federation
    scenario: str
    random: Random
    courses: dict[str, Course] = field(default_factory=dict)
    """By category."""
    _facts: list[tuple[datetime, str, Fact]] = field(default_factory=list)
    _minutes: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = Settings()
        self._book = ReleaseBook(self.federation.base_releases())
        self._loop = TrialLoop(
            lambda now: settings, _Ages(self.federation, settings),
            lambda layer: places_of(self.federation, layer), lambda layer, now: {},
        )  # fmt: skip

    def busiest(self, cases: Sequence[LoggedCase], count: int) -> list[str]:
        """Categories by how many cases they have that are due within half a trial: of others it shows nothing."""
        half = timedelta(days=LONGEST_DAYS / 2)
        counts = Counter(
            case.cell[0] for case in cases if case.cell is not None and self._due(case) - case.opened_at <= half
        )
        return [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:count]]

    def run(self, cases: Sequence[LoggedCase], categories: Sequence[str]) -> list[Course]:
        """Trials of these categories, all from the first case on."""
        began = cases[0].opened_at
        for category in categories:
            self._begin(category, began)
        until = began + timedelta(days=LONGEST_DAYS) + LEFT
        coming = iter([case for case in cases if case.cell is not None and case.opened_at < until])
        case = next(coming, None)
        for _, tick in clock.intervals(began, until):
            while case is not None and case.opened_at < tick:
                self._open(case)
                case = next(coming, None)
            while self._facts and self._facts[0][0] < tick:
                self._loop.observe(heapq.heappop(self._facts)[2])
            for said in self._loop.on_tick(tick):
                if isinstance(said, TrialOrder):
                    self._obey(said, tick)
            self._loop.changed()
        return list(self.courses.values())

    def _begin(self, category: str, at: datetime) -> None:
        patch = Patch(layer=NATIONAL, base_number=1, table=TABLE, changes=())
        plan = TrialPlan(
            proposal_id=category, patch=patch, reversal=patch, unit="case", strata=("category",), share=STEPS[0],
            steps=STEPS, salt=f"{category}:{self.random.random()}", least_outcomes=LEAST_OUTCOMES,
            longest_days=LONGEST_DAYS, started_at=at,
        )  # fmt: skip
        self.courses[category] = Course(category, at, plan)
        self._loop.observe(ProposalChecked(id=f"{category}:c", at=at, proposal_id=category, serves=("timeliness",)))
        self._loop.observe(
            TrialStarted(id=f"{category}:s", at=at, proposal_id=category, layer=NATIONAL, effective_at=at, plan=plan)
        )

    def _open(self, case: LoggedCase) -> None:
        """A case and what becomes of it, with its arm where its category is on trial."""
        assert case.cell is not None
        category, region, at = case.cell[0], case.where.region, case.opened_at
        course = self.courses.get(category)
        due = self._due(case)
        closed = case.closed_at if case.closed_at is not None and case.closed_at >= at else None
        arms: tuple[ArmDrawn, ...] = ()
        if course is not None and not course.end:
            course.cases += 1
            plan = course.plan.model_copy(update={"share": course.share})
            arm, probability = arm_of(plan, category, case.case_id)
            drawn = ArmDrawn(
                proposal_id=category, table=TABLE, unit="case", unit_id=case.case_id, arm=arm, probability=probability,
                salt=plan.salt, current={"priority": 1}, candidate={"priority": 2},
            )  # fmt: skip
            arms = (drawn,)
            if arm == "candidate":
                closed = closed_with_change(self.scenario, at, due, closed, self.random)
        who = case.really or case.ruled or ""
        self._tell(
            CaseOpened(
                id=f"{case.case_id}:0", at=at, case_id=case.case_id, region=region, authority=who, category=category,
                area=case.where.area, channel=case.channel, priority=1, received_at=at, due_at=due, arms=arms,
            )
        )  # fmt: skip
        told = {"case_id": case.case_id, "region": region, "authority": who}
        if closed is None or closed > due:
            self._tell(CaseOverdue(id=f"{case.case_id}:1", at=due, due_at=due, **told))
        if closed is not None:
            ends = max(closed, at + timedelta(seconds=1))
            self._tell(CaseAnswered(id=f"{case.case_id}:2", at=ends, **told))

    def _due(self, case: LoggedCase) -> datetime:
        kind = (case.type, case.where.region)
        if kind not in self._minutes:
            rules = self._book.in_force(case.where.region, case.opened_at)
            placed = place(case.case_id, case.type, case.where, rules)
            self._minutes[kind] = placed.answer_minutes if isinstance(placed, Placed) else 0
        return self.federation.calendar(case.where.region).add(case.opened_at, self._minutes[kind])

    def _tell(self, fact: Fact) -> None:
        heapq.heappush(self._facts, (fact.at, fact.id, fact))

    def _obey(self, order: TrialOrder, now: datetime) -> None:
        course = self.courses[order.proposal_id]
        about = {"id": f"{order.proposal_id}:{now.isoformat()}", "at": now, "proposal_id": order.proposal_id}
        if isinstance(order, StepTrial):
            course.share = next(share for share in STEPS if share > course.share)
            self._loop.observe(TrialStepped(**about, effective_at=now, share=course.share))
            return
        course.end, course.ended = ENDS[type(order)], now
        course.guard = getattr(order, "guard", None) or ""
        if isinstance(order, AdoptTrial):
            self._loop.observe(ProposalAdopted(**about, effective_at=now))
        else:
            self._loop.observe((TrialRolledBack if isinstance(order, RollBackTrial) else TrialEnded)(**about))
