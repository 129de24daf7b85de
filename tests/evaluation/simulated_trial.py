"""One trial of the loop `trial` in a simulated town: cases drawn for both arms, outcomes by chance, orders obeyed."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from common.contracts.events.reflex.observations import TrialObserved
from common.contracts.events.rules import AdoptTrial, EndTrial, Forecast, RollBackTrial, StepTrial
from common.contracts.patch import Patch
from common.contracts.trial import ArmDrawn, TrialPlan, TrialUnit
from reflex.facts import (
    CaseAnswered,
    CaseConfirmed,
    CaseFact,
    CaseOpened,
    CaseOverdue,
    CaseReopened,
    CaseTransferred,
    Fact,
    ProposalChecked,
    TrialStarted,
    TrialStepped,
)
from reflex.loops.trial.loop import TrialLoop
from reflex.loops.trial.settings import Settings

START = datetime(2030, 1, 1, tzinfo=UTC)
TICK = timedelta(hours=12)
TIME_TO_ANSWER = timedelta(days=10)
HANDED_ON_KNOWN = timedelta(days=3)
OFFICES = 5
CHANNELS = ("web", "hotline", "messenger", "mail", "open311")


class PlainAges:
    """Every day is a working day."""

    def handed_on(self, region: str, opened: datetime) -> datetime:
        return opened + HANDED_ON_KNOWN

    def deadline(self, region: str, received: datetime, minutes: int) -> datetime:
        return received + timedelta(minutes=minutes)


@dataclass(frozen=True)
class Chances:
    """How probable each bad outcome of a case is, under one of the rules."""

    transferred: float = 0.1
    overdue: float = 0.2
    still_open: float = 0.3
    """Of the cases that are overdue."""
    reopened: float = 0.1
    in_half: float = 0.5
    """Of the cases that are not overdue, answered in half of the time, where a longer deadline is tried."""
    poor: float = 0.2
    """Of the cases that are rated, which are half of those that are answered."""


@dataclass(frozen=True)
class Town:
    cases_a_day: float = 40
    regions: int = 4
    areas: int = 16
    table: str = "jurisdiction"
    unit: TrialUnit = "case"
    steps: tuple[float, ...] = (0.5, 1.0)
    least_outcomes: int = 30
    longest_days: int = 60
    priority: int = 2
    promise: Forecast | None = None
    """The rule in force gives half of the time; the candidate gives all of it, and promises this."""
    current: Chances = field(default_factory=Chances)
    candidate: Chances = field(default_factory=Chances)
    shock: Callable[[random.Random], float] = lambda rng: 0.0
    """Of each area, on the chance to be overdue in it, in both arms."""

    @property
    def places(self) -> Mapping[str, int]:
        return {"region": self.regions, "area": self.areas, "channel": len(CHANNELS)}


@dataclass(frozen=True)
class Outcome:
    """How a trial ended, after how many days, cases drawn (both arms), and facts."""

    end: str
    guard: str | None
    days: float
    drawn: tuple[int, int]
    facts: int


ENDS = {AdoptTrial: "adopted", RollBackTrial: "rolled_back", EndTrial: "inconclusive"}


def run(town: Town, seed: int, settings: Settings | None = None) -> Outcome:
    """One trial until the loop's last order."""
    rng = random.Random(seed)
    chosen = settings if settings is not None else Settings()
    loop = TrialLoop(lambda now: chosen, PlainAges(), lambda layer: town.places, lambda layer, now: {})
    if town.promise is not None:
        loop.observe(ProposalChecked(id="checked", at=START, proposal_id="p", forecast=town.promise))
    loop.observe(_started(town))
    share, now, facts = town.steps[0], START, 0
    coming: list[tuple[datetime, int, int, Fact]] = []
    places = {area: (rng.random(), town.shock(rng)) for area in range(town.areas)}
    drawn = [0, 0]
    while True:
        for _ in range(_poisson(rng, town.cases_a_day * (TICK / timedelta(days=1)))):
            at = now + TICK * rng.random()
            area = rng.randrange(town.areas)
            place, shock = places[area]
            candidate = (rng.random() if town.unit == "case" else place) < share
            drawn[candidate] += 1
            life = _life(town, rng, sum(drawn), at, area, candidate, share, shock)
            for order, fact in enumerate(life):
                heapq.heappush(coming, (fact.at, sum(drawn), order, fact))
        now += TICK
        while coming and coming[0][0] < now:
            loop.observe(heapq.heappop(coming)[3])
            facts += 1
        for said in loop.on_tick(now):
            if isinstance(said, TrialObserved):
                continue
            if type(said) in ENDS:
                guard = said.guard if isinstance(said, RollBackTrial) else None
                return Outcome(ENDS[type(said)], guard, (now - START) / timedelta(days=1), (drawn[0], drawn[1]), facts)
            assert isinstance(said, StepTrial)
            share = next(s for s in town.steps if s > share)
            loop.observe(
                TrialStepped(id=f"step-{share}", at=now, proposal_id="p", effective_at=now, share=share)
            )  # fmt: skip


def _started(town: Town) -> TrialStarted:
    patch = Patch(layer="national", base_number=1, table=town.table, changes=())
    plan = TrialPlan(
        proposal_id="p", patch=patch, reversal=patch, unit=town.unit, share=town.steps[0], steps=town.steps,
        salt="s", least_outcomes=town.least_outcomes, longest_days=town.longest_days, started_at=START,
    )  # fmt: skip
    return TrialStarted(id="start", at=START, proposal_id="p", layer="national", effective_at=START, plan=plan)


def _life(
    town: Town, rng: random.Random, number: int, at: datetime, area: int, candidate: bool, share: float, shock: float
) -> list[CaseFact]:
    """All that happens to one case, in order."""
    chances = town.candidate if candidate else town.current
    case, region, office = f"case-{number:07}", f"region-{area % town.regions}", f"office-{area % OFFICES}"
    base: dict[str, Any] = {"case_id": case, "region": region, "authority": office}
    shorter = town.promise is not None and not candidate
    due = at + TIME_TO_ANSWER / (1 + shorter)
    minutes = int(TIME_TO_ANSWER / timedelta(minutes=1))
    before = minutes if town.promise is None else minutes // 2
    arm = ArmDrawn.model_construct(
        proposal_id="p", table=town.table, unit=town.unit, unit_id=case if town.unit == "case" else str(area),
        arm="candidate" if candidate else "current", probability=share if candidate else 1 - share, salt="s",
        current={"authority": office, "answer_minutes": before},
        candidate={"authority": "x", "answer_minutes": minutes},
    )  # fmt: skip
    found: list[CaseFact] = [
        CaseOpened.model_construct(
            **base, id=f"{case}-o", at=at, category="c", area=f"{area:02}", channel=CHANNELS[rng.randrange(5)],
            priority=town.priority, received_at=at, due_at=due, by_hand=False, handed_over_from=None, arms=(arm,),
        )
    ]  # fmt: skip
    if rng.random() < chances.transferred:
        moved = at + timedelta(hours=2 + 60 * rng.random())
        found.append(
            CaseTransferred.model_construct(
                **{**base, "authority": f"office-{rng.randrange(OFFICES)}"},
                id=f"{case}-t",
                at=moved,
                from_authority=office,
                to_region=None,
            )
        )
    answered = at + TIME_TO_ANSWER * rng.random()
    if town.promise is not None:
        answered = at + TIME_TO_ANSWER / 2 * (rng.random() + (rng.random() >= chances.in_half))
    late = rng.random() < min(max(chances.overdue + shock, 0), 1)
    if late or answered > due:
        found.append(CaseOverdue.model_construct(**base, id=f"{case}-d", at=due, due_at=due))
    if late:
        times_too_long = 0.95 * rng.random() if rng.random() >= chances.still_open else 2
        answered = at + TIME_TO_ANSWER * (1 + times_too_long)
    found.append(CaseAnswered.model_construct(**base, id=f"{case}-a", at=answered))
    later = answered + timedelta(days=1)
    if rng.random() < chances.reopened:
        found.append(CaseReopened.model_construct(**base, id=f"{case}-r", at=later, rating=None))
    elif rng.random() < 0.5:
        rating = 1 if rng.random() < chances.poor else 5
        found.append(CaseConfirmed.model_construct(**base, id=f"{case}-c", at=later, rating=rating))
    return found


def _poisson(rng: random.Random, mean: float) -> int:
    """Arrivals one by one: numbers are small."""
    found, passed = 0, rng.expovariate(1.0)
    while passed < mean:
        found += 1
        passed += rng.expovariate(1.0)
    return found
