"""A loop's own code driven over cases: the rulebook gives them, desks hand them on; no service, no broker.

What the loop is shown follows from the log, the rules in force and a seed. A tick is six hours; proposals are
adopted as `adopting.py` says.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange
from common.federation.country import Federation
from common.rulebook.placement import Placed, place
from reflex.facts import CaseJoined, CaseOpened, CaseTransferred, Fact
from reflex.loop import Loop
from world import clock
from world.log_requests import chance

from laboratory.adopting import Adopting
from laboratory.logged_case import LoggedCase
from laboratory.misrouting.desks import EARLY_MINUTES, LATE_MINUTES, Deed, Manners
from laboratory.misrouting.policy import Policy
from laboratory.misrouting.run import Ended, Made, Run
from laboratory.misrouting.triage import given_by_a_person


class Drive:
    """One run, in which every proposal is adopted that still applies."""

    def __init__(
        self,
        federation: Federation,
        cases: Sequence[LoggedCase],
        policy: Policy,
        manners: Manners,
        seed: int,
        confirmed: Collection[str] = (),
    ) -> None:
        """`confirmed`: categories of which people in triage place every case."""
        self._confirmed = confirmed
        self._federation, self._cases, self._manners = federation, cases, manners
        self._adopting = Adopting(federation)
        self._book = self._adopting.book
        self._loop: Loop | None = policy(federation, self._book)
        self._draw = chance(seed)
        self._facts: list[tuple[datetime, str, Fact]] = []
        self._opened: dict[str, tuple[datetime, str]] = {}
        self._run = Run(until=cases[-1].opened_at)

    def run(self) -> Run:
        """Every interval of the log, in order."""
        sent = 0
        for _, until in clock.intervals(self._cases[0].opened_at, self._cases[-1].opened_at):
            while sent < len(self._cases) and self._cases[sent].opened_at <= until:
                self._open(self._cases[sent])
                sent += 1
            for fact in self._adopting.decide(until):
                self._say(fact)
            if self._loop is not None:
                self._tick(self._loop, until)
        return self._run

    def _tick(self, loop: Loop, until: datetime) -> None:
        began = time.process_time()
        while self._facts and self._facts[0][0] < until:
            loop.observe(heapq.heappop(self._facts)[2])
            self._run.facts += 1
        words = loop.on_tick(until)
        loop.changed()
        self._run.loop_seconds += time.process_time() - began
        for said in words:
            if isinstance(said, ProposeChange):
                made = Made(until, said)
                self._run.proposals.append(made)
                self._adopting.wait(made)
            elif isinstance(said, FindingMade):
                self._run.findings.append(said)

    def _say(self, fact: Fact) -> None:
        if self._loop is not None and type(fact) in self._loop.facts:
            heapq.heappush(self._facts, (fact.at, fact.id, fact))

    def _open(self, case: LoggedCase) -> None:
        book = self._book.in_force(case.where.region, case.opened_at)
        placed = place(case.case_id, case.type, case.where, book)
        if not isinstance(placed, Placed):
            return
        region, at, name = case.where.region, case.opened_at, case.case_id
        given_to, by_hand = placed.authority, placed.category in self._confirmed
        really = case.really if case.really is not None and self._serves(case.really, region) else None
        if by_hand:
            given_to = given_by_a_person(self._draw(name, "triage"), given_to, really)
        self._say(
            CaseOpened(
                id=f"{name}:0", at=at, case_id=name, region=region, authority=given_to, by_hand=by_hand,
                authority_by_rules=placed.authority if by_hand else None, category=placed.category,
                area=case.where.area, channel=case.channel, priority=placed.priority, received_at=at, due_at=at,
            )
        )  # fmt: skip
        self._opened[name] = (at, region)
        parent = self._opened.get(case.joins or "")
        joined = parent is not None and parent[1] == region
        lies_with = given_to
        if parent is not None and joined:
            joins_at = at + timedelta(minutes=self._draw(name, "join").randint(5, 90))
            self._say(
                CaseJoined(
                    id=f"{name}:1", at=joins_at, case_id=name, region=region, authority=given_to,
                    into_case=case.joins or "",
                )
            )  # fmt: skip
        elif really is not None and really != given_to:
            lies_with = self._misrouted(case, given_to, really)
        cell = (placed.category, case.where.area)
        self._run.ended.append(
            Ended(name, at, cell, region, case.channel, given_to, lies_with, case.really, joined)
        )  # fmt: skip

    def _misrouted(self, case: LoggedCase, given_to: str, really: str) -> str:
        """Who has the case after its first desk has done with it what it does with what is not its own."""
        region, at, name = case.where.region, case.opened_at, case.case_id
        deed = self._manners.deed(self._draw(name, "deed"))
        if deed is Deed.KEPT:
            return given_to
        to = really
        if deed is Deed.TO_A_THIRD:
            third = [a.id for a in self._federation.authorities if a.serves(region) and a.id not in (really, given_to)]
            if not third:
                return given_to
            to = self._draw(name, "third").choice(third)
        least, most = LATE_MINUTES if deed is Deed.HANDED_ON_LATE else EARLY_MINUTES
        minutes = self._draw(name, "transfer").randint(least, most)
        handed_on = self._federation.calendar(region).add(at, minutes)
        self._say(
            CaseTransferred(
                id=f"{name}:1", at=handed_on, case_id=name, region=region, authority=to, from_authority=given_to,
            )
        )  # fmt: skip
        return to

    def _serves(self, authority_id: str, region: str) -> bool:
        authority = self._federation.authority(authority_id)
        return authority is not None and authority.serves(region)
