"""The evaluation loop's own code over changes of cells of a log: trials, scored forecasts, reviews, and takings back
that people accept; each author may propose as often as the service rules lets a loop of its precision."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from common.contracts.events.reflex.observations import FindingMade, TrackRecordPublished
from common.contracts.events.rules import ProposalState, ProposeChange
from common.contracts.patch import Patch
from common.contracts.trial import TrialPlan
from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.release import NATIONAL
from reflex.facts import (
    ChangeReversed,
    ChangeReviewed,
    Fact,
    ForecastScored,
    ProposalAdopted,
    ProposalChecked,
    ReviewFell,
    TrialRolledBack,
    TrialStarted,
)
from reflex.loops.evaluation.loop import EvaluationLoop
from reflex.loops.evaluation.settings import Settings
from reflex.loops.evaluation.stricter import Stricter
from rules.model import Proposal
from rules.peace import limits_of
from world import clock

from laboratory.evaluation.planting import BAD, FOUND_IN_TRIAL, GOOD, MIDDLING, SHOWN, Effect, effect
from laboratory.logged_case import Cell, LoggedCase

AUTHORS = (GOOD, MIDDLING, BAD)
DAY = timedelta(days=1)
TURN, TRIED, HORIZON, DECIDED = 3 * DAY, 14 * DAY, 30 * DAY, 3 * DAY
"""Between an author's chances to propose; a trial; what a forecast is about; until people accept a taking back."""
MONTH = timedelta(days=30)
LEAST = 8
"""Cases of a cell in the month before, that a change of it be worth while."""
PATCH = Patch(layer=NATIONAL, base_number=1, table="jurisdiction", changes=())


@dataclass(slots=True)
class Change:
    """One author's change of a cell, and what became of it."""

    id: str
    author: str
    cell: Cell
    effect: Effect
    made: datetime
    expected: float
    state: ProposalState = "checked"
    moved: datetime | None = None
    adopted: datetime | None = None
    reviewed: bool = False
    """Whether people were asked to look at it again."""


@dataclass(slots=True)
class Driving:
    """One run; the same for the same seed. `records` and `budgets`: of each author the newest."""

    federation: Federation
    scenario: str
    random: Random
    changes: dict[str, Change] = field(default_factory=dict)
    records: dict[str, TrackRecordPublished] = field(default_factory=dict)
    budgets: dict[str, int] = field(default_factory=dict)
    findings: list[FindingMade] = field(default_factory=list)
    _events: list[tuple[datetime, int, Fact]] = field(default_factory=list)
    _number: int = 0

    def run(self, cases: Sequence[LoggedCase]) -> None:
        """Cases in order of opening."""
        heads = {release.layer: release for release in self.federation.base_releases()}
        loop = EvaluationLoop(lambda now: Settings(), Stricter(ReleaseBook(heads.values())))
        opened: dict[Cell, list[datetime]] = defaultdict(list)
        for case in cases:
            if case.cell is not None:
                opened[case.cell].append(case.opened_at)
        begins, ends = cases[0].opened_at, cases[-1].opened_at
        turn = begins + MONTH
        for _, now in clock.intervals(begins, ends):
            if now >= turn:
                turn = now + TURN
                for author in AUTHORS:
                    self._propose(author, opened, heads, now, ends)
            while self._events and self._events[0][0] < now:
                fact = heapq.heappop(self._events)[2]
                self._note(fact)
                loop.observe(fact)
            for said in loop.on_tick(now):
                if isinstance(said, TrackRecordPublished):
                    self.records[said.author] = said
                elif isinstance(said, FindingMade):
                    self._hear(said, now)
                elif isinstance(said, ProposeChange) and said.reverses is not None:
                    self._take_back(said, now)
            loop.changed()

    def _propose(
        self, author: str, opened: dict[Cell, list[datetime]], heads: dict[str, Any], now: datetime, ends: datetime
    ) -> None:
        mine = [c for c in self.changes.values() if c.author == author]
        known = [
            Proposal(c.id, c.state, author, PATCH, role="loop", made_at=c.made, moved_at=c.moved or c.made)
            for c in mine
        ]
        limits = limits_of(heads, author, PATCH, known, now)
        self.budgets[author] = 0 if limits is None else limits.most_proposals
        lately = sum(now - c.made < MONTH for c in mine)
        taken = {c.cell for c in self.changes.values()}
        counts = {c: bisect_left(at, now) - bisect_left(at, now - MONTH) for c, at in opened.items()}
        free = sorted(cell for cell, number in counts.items() if number >= LEAST and cell not in taken)
        if lately >= self.budgets[author] or not free:
            return
        cell, does = self.random.choice(free), effect(self.scenario, author, self.random)
        change = Change(f"{author}-{len(mine)}", author, cell, does, now, SHOWN * counts[cell])
        self.changes[change.id] = change
        self._tell(ProposalChecked, now, change.id, actor=author, loop=author, title=change.id, reversal=PATCH)
        self._tell(TrialStarted, now + timedelta(seconds=1), change.id, **_trial(change, now))
        after = now + TRIED
        if not does.right and self.random.random() < FOUND_IN_TRIAL:
            self._tell(TrialRolledBack, after, change.id)
            return
        self._tell(ProposalAdopted, after, change.id, effective_at=after)
        if after + HORIZON + DAY < ends:
            self._score(change, [at for at in opened[cell] if after <= at < after + HORIZON], after + HORIZON)

    def _score(self, change: Change, cases: Sequence[datetime], at: datetime) -> None:
        came = [change.effect.of_a_case(self.random) for _ in cases]
        unknown = sum(one == 0 for one in came) if not change.effect.idle else 0
        spread = 2 * math.sqrt(2 * change.expected + 1)
        low, high, actual = change.expected - spread, change.expected + spread, float(sum(came))
        verdict = "below" if actual < low else "above" if actual > high else "held"
        self._tell(
            ForecastScored, at, change.id, measure="transfers avoided", verdict=verdict, expected=change.expected,
            low=low, high=high, actual=actual, actual_most=actual + unknown,
            newly_right=came.count(1), newly_wrong=came.count(-1),
        )  # fmt: skip
        if verdict == "below":
            self._tell(ReviewFell, at + timedelta(seconds=1), change.id)
        else:
            self._tell(ChangeReviewed, at + timedelta(seconds=1), change.id, outcome="kept")

    def _hear(self, said: FindingMade, now: datetime) -> None:
        self.findings.append(said)
        if said.kind == "review" and said.proposal_id is not None:
            self._tell(ChangeReviewed, now + DECIDED, said.proposal_id, outcome="kept")

    def _take_back(self, said: ProposeChange, now: datetime) -> None:
        before = str(said.reverses)
        self._tell(ProposalChecked, now, said.proposal_id, actor="evaluation", loop="evaluation", title=said.title)
        self._tell(ProposalAdopted, now + DECIDED, said.proposal_id, effective_at=now + DECIDED)
        self._tell(ChangeReversed, now + DECIDED, before)

    def _tell(self, kind: type[Fact], at: datetime, proposal: str, **more: Any) -> None:
        self._number += 1
        fact = kind(id=f"{self._number:06}", at=at, proposal_id=proposal, **more)
        heapq.heappush(self._events, (at, self._number, fact))

    def _note(self, fact: Any) -> None:
        change = self.changes.get(fact.proposal_id)
        if change is None or isinstance(fact, ForecastScored):
            return
        states: dict[type[Fact], ProposalState] = {
            TrialStarted: "on_trial", TrialRolledBack: "rolled_back", ProposalAdopted: "adopted",
            ReviewFell: "review_due", ChangeReversed: "reversed", ChangeReviewed: "kept",
        }  # fmt: skip
        change.state, change.moved = states.get(type(fact), change.state), fact.at
        change.adopted = fact.at if isinstance(fact, ProposalAdopted) else change.adopted
        change.reviewed = change.reviewed or isinstance(fact, (ReviewFell, ChangeReviewed))


def _trial(change: Change, now: datetime) -> dict[str, Any]:
    plan = TrialPlan(
        proposal_id=change.id, patch=PATCH, reversal=PATCH, unit="case", share=0.5, salt=change.id, started_at=now
    )
    return {"layer": NATIONAL, "effective_at": now, "plan": plan}
