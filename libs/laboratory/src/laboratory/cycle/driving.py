"""One run of the whole cycle: cases, rules, deliberation, people and loops, a tick of six hours after another."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from common.contracts.envelope import Envelope
from common.contracts.events import deliberation, rules
from common.contracts.events.base import Actor, Event
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange, TrialOrder
from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.placement import Placed, place
from reflex.facts import KINDS, Fact, fact_of
from reflex.loop import Loop
from world import clock
from world.log_requests import chance

from laboratory.cycle.backtesting import Past
from laboratory.cycle.handling import Handled, Handling
from laboratory.cycle.hearing import Hearings
from laboratory.cycle.life import Life, cells_of, limit_of
from laboratory.cycle.people import Deed, People, Voice
from laboratory.cycle.planting import World
from laboratory.cycle.pushed import NAME
from laboratory.cycle.ruling import Ruling
from laboratory.cycle.scoring import score
from laboratory.logged_case import LoggedCase

Makers = Callable[[Federation, ReleaseBook], Iterable[Loop]]
PEOPLE_SPEAK_BY = "portal"
"""The principal that vouches for people."""
LOOPS_SPEAK_BY = "reflex"


@dataclass
class Run:
    """Cases in order of opening; proposals by id, in order of being made."""

    handled: list[Handled] = field(default_factory=list)
    lives: dict[str, Life] = field(default_factory=dict)
    findings: list[FindingMade] = field(default_factory=list)
    until: datetime | None = None
    seconds: float = 0.0


class Starts:
    """Until when each case is to be answered by the rules of the first day."""

    def __init__(self, federation: Federation) -> None:
        self._federation, self._book = federation, ReleaseBook(federation.base_releases())
        self._minutes: dict[tuple[str, str, str], int | None] = {}

    def due(self, case: LoggedCase) -> datetime | None:
        key = (case.type, case.where.area, case.where.region)
        if key not in self._minutes:
            found = place("", case.type, case.where, self._book.in_force(case.where.region, case.opened_at))
            self._minutes[key] = found.answer_minutes if isinstance(found, Placed) else None
        minutes = self._minutes[key]
        return None if minutes is None else self._federation.calendar(case.where.region).add(case.opened_at, minutes)


class Cycle:
    """A run with some loops; without one the rules stay as they are, but for what people propose."""

    def __init__(self, federation: Federation, world: World, makers: Makers, seed: int) -> None:
        self._world = world
        self._ruling = Ruling(federation)
        self._hearings = Hearings(federation, self._ruling.book)
        self._people = People(
            federation, chance(seed), popular=NAME if world.pushed is not None else None,
            brigaded=world.recipe.brigade,
        )  # fmt: skip
        self._starts = Starts(federation)
        self._handling = Handling(federation, world.recipe.manners, seed)
        self._past = Past()
        self._loops = list(makers(federation, self._ruling.book))
        self._facts: list[tuple[datetime, str, Fact]] = []
        self._deeds: list[tuple[datetime, int, Deed]] = []
        self._checked: dict[str, rules.ProposalChecked] = {}
        self._to_open: list[str] = []
        self._to_score: dict[str, rules.ProposalAdopted] = {}
        self._actual: dict[str, float | None] = {}
        self._deeds_planned = 0
        self.run = Run()

    def drive(self) -> Run:
        """Every interval of the log, in order."""
        began, cases, sent = time.process_time(), self._world.cases, 0
        for since, until in clock.intervals(cases[0].opened_at, cases[-1].opened_at):
            while sent < len(cases) and cases[sent].opened_at <= until:
                self._open(cases[sent])
                sent += 1
            self._people_act(until)
            self._ruling.tick(since, until)
            self._spread()
            self._deliberate(until)
            self._score(until)
            facts = self._facts_before(until)
            for loop in self._loops:
                self._turn(loop, facts, until)
            self._spread()
        for life in self.run.lives.values():
            if life.came_to("accepted") is not None:
                life.taken_up_by = self._ruling.proposal(life.proposal_id).taken_up_by
        self.run.until, self.run.seconds = cases[-1].opened_at, time.process_time() - began
        return self.run

    def _open(self, case: LoggedCase) -> None:
        rulebook = self._ruling.book.in_force(case.where.region, case.opened_at)
        placed, due = place(case.case_id, case.type, case.where, rulebook), self._starts.due(case)
        if not isinstance(placed, Placed) or due is None:
            return
        handled, facts = self._handling.handle(case, placed, due, rulebook.release)
        self.run.handled.append(handled)
        self._past.add(handled)
        if self._loops:
            for fact in facts:
                heapq.heappush(self._facts, (fact.at, fact.id, fact))

    def _people_act(self, until: datetime) -> None:
        pushed = self._world.pushed
        if pushed is not None and pushed.at <= until and NAME not in self.run.lives:
            command = pushed.command(self._ruling.book)
            if command is not None:
                self._begin(command, pushed.at)
                self._ruling.hear(command, pushed.at, PEOPLE_SPEAK_BY)
                self._spread()
        while self._deeds and self._deeds[0][0] <= until:
            _, _, deed = heapq.heappop(self._deeds)
            if isinstance(deed, Voice):
                counted = self._hearings.say(deed.proposal_id, deed.said)
                if counted is not None:
                    layer = self._hearings.of(deed.proposal_id).about.layer
                    self._plan(self._people.answer(counted, layer))
            elif isinstance(deed.command, deliberation.AnswerObjection):
                self._hearings.answer(deed.command, deed.at)
            else:
                self._ruling.hear(deed.command, deed.at, PEOPLE_SPEAK_BY)
                self._spread()

    def _plan(self, deeds: Iterable[Deed]) -> None:
        for deed in deeds:
            self._deeds_planned += 1
            heapq.heappush(self._deeds, (deed.at, self._deeds_planned, deed))

    def _deliberate(self, until: datetime) -> None:
        """Proposals that were checked before this tick are opened; terms end."""
        ready = [name for name in self._to_open if self._checked_at(name) < until]
        self._to_open = [name for name in self._to_open if name not in ready]
        for name in ready:
            checked, as_of = self._checked[name], self._checked_at(name)
            backtest = self._past.backtest(name, checked.patch, checked.evidence, as_of, self._ruling.book)
            self._ruling.hear(backtest, as_of)
            event = self._hearings.open(name, until)
            if event is None:
                self._plan(self._people.unasked(name, checked.patch.layer, until))
                continue
            self._ruling.hear(event, until)
            self._follow(name, event, until)
            if isinstance(event, deliberation.DeliberationOpened):
                self._plan(self._people.speak(event, checked, backtest))
        for closed in self._hearings.close_due(until):
            self._ruling.hear(closed, until)
            self._plan(self._people.decide(closed, self._hearings.of(closed.proposal_id)))

    def _checked_at(self, name: str) -> datetime:
        return self.run.lives[name].came_to("checked") or self.run.lives[name].made_at

    def _score(self, until: datetime) -> None:
        for name, adopted in list(self._to_score.items()):
            if adopted.review_at is not None and adopted.review_at <= until:
                del self._to_score[name]
                scored = score(
                    self._checked[name], adopted.effective_at, adopted.review_at, self._ruling.book, self.run.handled
                )
                self._actual[name] = scored.actual
                self.run.lives[name].verdict = scored.verdict
                self._ruling.hear(scored, until)
                self._fact(scored, f"scored:{name}", until, name)

    def _facts_before(self, until: datetime) -> list[Fact]:
        found = []
        while self._facts and self._facts[0][0] < until:
            found.append(heapq.heappop(self._facts)[2])
        return found

    def _turn(self, loop: Loop, facts: Iterable[Fact], until: datetime) -> None:
        for fact in facts:
            if type(fact) in loop.facts:
                loop.observe(fact)
        said_now = list(loop.on_tick(until))
        loop.changed()
        actor = Actor(id=loop.name, role="loop")
        for said in said_now:
            if isinstance(said, ProposeChange):
                command = said.model_copy(update={"actor": actor, "loop": loop.name})
                self._begin(command, until)
                self._ruling.hear(command, until, LOOPS_SPEAK_BY)
            elif isinstance(said, TrialOrder):
                self._ruling.hear(said.model_copy(update={"actor": actor}), until, LOOPS_SPEAK_BY)
            elif isinstance(said, FindingMade):
                self.run.findings.append(said)

    def _begin(self, command: ProposeChange, at: datetime) -> None:
        forecast = command.forecast
        self.run.lives[command.proposal_id] = Life(
            command.proposal_id, command.loop or command.actor.role, command.patch.table, command.patch.layer,
            command.title, at, cells_of(command), None if forecast is None else forecast.expected,
            measure="" if forecast is None else forecast.measure, limit=limit_of(command),
        )  # fmt: skip

    def _spread(self) -> None:
        """Tell everybody what rules have said."""
        for told in self._ruling.told():
            name = getattr(told.event, "proposal_id", None)
            if name is None:
                continue
            self._follow(name, told.event, told.at)
            self._fact(told.event, told.id, told.at, name)
            if isinstance(told.event, rules.ProposalChecked):
                self._checked[name] = told.event
                self._hearings.checked(told.event)
                self._to_open.append(name)
            elif isinstance(told.event, rules.ProposalAdopted):
                self._to_score[name] = told.event
            elif isinstance(told.event, rules.ReviewFell):
                layer = self._checked[name].patch.layer
                self._plan(self._people.review(name, layer, self._actual.get(name), told.at))

    def _follow(self, name: str, event: Event, at: datetime) -> None:
        if isinstance(event, rules.ProposalChecked) and name not in self.run.lives:
            # The way back of a change under review, which rules propose themselves.
            self.run.lives[name] = Life(name, "review", event.patch.table, event.patch.layer, event.title, at, ())
        life = self.run.lives.get(name)
        if life is not None:
            life.follow(event, at)

    def _fact(self, event: Event, event_id: str, at: datetime, name: str) -> None:
        if event.type in KINDS and self._loops:
            fact = fact_of(event, Envelope(event_id, "rules", event.type, at, name, name))
            heapq.heappush(self._facts, (fact.at, fact.id, fact))
