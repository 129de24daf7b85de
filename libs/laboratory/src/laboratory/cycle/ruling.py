"""The service rules in this process: its own decisions, with its state in memory and without a broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from common.contracts.envelope import derived_id
from common.contracts.events.base import Event
from common.contracts.events.rules import ReleasePublished
from common.federation.country import EPOCH, Federation
from common.rulebook.book import ReleaseBook
from rules.chain import Head
from rules.domain import at_tick_begin, at_tick_end, decide, publish_base, waits_for_tick
from rules.model import Incoming, Proposal, RulesDecision, RulesState, Tick

TOLD = "rules.proposals"
"""The topic of what becomes of proposals."""


class Told(NamedTuple):
    """An event, by an id of its own."""

    id: str
    at: datetime
    event: Event


class Ruling:
    """Loops and other services are judged at the next tick, people at once, as the service does it."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self._state = RulesState(Head(), None, {}, {})
        self._waiting: list[Incoming] = []
        self._told: list[Told] = []
        self._orders = self._numbered = 0
        self.book = ReleaseBook()
        for release in federation.base_releases():
            self._take(publish_base(self._state, release, EPOCH), EPOCH)

    def proposal(self, proposal_id: str) -> Proposal:
        """As it stands."""
        return self._state.proposals[proposal_id]

    def hear(self, event: Event, at: datetime, principal: str = "") -> None:
        """A command of a principal, or what another service says."""
        self._orders += 1
        incoming = Incoming(derived_id("cycle", str(self._orders)), at, event, principal)
        if waits_for_tick(incoming):
            self._waiting.append(incoming)
        else:
            self._take(decide(self._state, incoming, self._federation), at)

    def tick(self, since: datetime, until: datetime) -> None:
        """Judge what was said before `until`, and do what is due."""
        tick = Tick(since, until)
        self._state = replace(self._state, tick=tick)
        self._take(at_tick_begin(self._state, tick), until)
        due = [one for one in self._waiting if one.time < until]
        self._waiting = [one for one in self._waiting if one.time >= until]
        for one in sorted(due, key=lambda one: (one.time, one.id)):
            self._take(decide(self._state, replace(one, time=until), self._federation), until)
        self._take(at_tick_end(self._state, tick, self._federation), until)

    def told(self) -> Sequence[Told]:
        """What it has said since it was last asked."""
        told, self._told = self._told, []
        return told

    def _take(self, decision: RulesDecision, at: datetime) -> None:
        self._state = decision.state
        for release in decision.released:
            self.book.add(release)
        for one in decision.events:
            if one.topic == TOLD and not isinstance(one.event, ReleasePublished):
                self._numbered += 1
                self._told.append(Told(derived_id("told", str(self._numbered)), at, one.event))
