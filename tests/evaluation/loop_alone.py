"""The misrouting loop alone over a log: cases as the rulebook gives them, misroutes handed on; no other service.

Some eight times as fast as the whole city (`city.py`), which it leaves out of account: desks, triage and the cases'
life. What the loop is shown follows from the log, the rules in force and a seed. A tick is six hours; a proposal is
adopted `ADOPTED_AFTER` it was made, and binds at once.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.contracts.events.rules import ProposeChange
from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.examination import Fit, examine
from common.rulebook.placement import Placed, Where, place
from common.rulebook.references import names_of
from reflex.facts import CaseJoined, CaseOpened, CaseTransferred, Fact, ProposalAdopted, ProposalReturned
from reflex.loop import LoopContext
from reflex.loops import misrouting
from rules.releases import next_release
from world import clock
from world.log_requests import chance

ADOPTED_AFTER = timedelta(days=3)
Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LoggedCase:
    """One case of a log: where it lay and who really had it (None: the log does not say)."""

    case_id: str
    opened_at: datetime
    type: str
    where: Where
    channel: str
    really: str | None
    joins: str | None = None
    """The case that it is a duplicate of."""


@dataclass(frozen=True, slots=True)
class Ended:
    """One case that a rule placed: who it was given to and where it lay in the end."""

    at: datetime
    cell: Cell
    given_to: str
    lies_with: str
    really: str | None
    joined: bool


@dataclass
class Made:
    """One proposal, and from when it bound."""

    at: datetime
    command: ProposeChange
    effective_at: datetime | None = None


@dataclass
class Run:
    """What a run leaves behind."""

    until: datetime
    """When the last case was opened."""
    ended: list[Ended] = field(default_factory=list)
    proposals: list[Made] = field(default_factory=list)

    def by_cell(self) -> dict[Cell, list[Ended]]:
        """Cases in order of opening."""
        cells: dict[Cell, list[Ended]] = defaultdict(list)
        for case in self.ended:
            cells[case.cell].append(case)
        return cells


class LoopAlone:
    """One run, in which every proposal is adopted that still applies."""

    def __init__(self, federation: Federation, cases: Sequence[LoggedCase], seed: int) -> None:
        self._federation, self._cases = federation, cases
        self._names = names_of(federation)
        self._heads = {release.layer: release for release in federation.base_releases()}
        self._book = ReleaseBook(self._heads.values())
        self._loop = misrouting.build(LoopContext(federation, self._book))
        self._draw = chance(seed)
        self._facts: list[tuple[datetime, str, Fact]] = []
        self._opened: dict[str, tuple[datetime, str]] = {}
        self._waiting: list[Made] = []
        self._run = Run(until=cases[-1].opened_at)

    def run(self) -> Run:
        """Every interval of the log, in order."""
        sent = 0
        for _, until in clock.intervals(self._cases[0].opened_at, self._cases[-1].opened_at):
            while sent < len(self._cases) and self._cases[sent].opened_at <= until:
                self._open(self._cases[sent])
                sent += 1
            self._adopt(until)
            while self._facts and self._facts[0][0] < until:
                self._loop.observe(heapq.heappop(self._facts)[2])
            for said in self._loop.on_tick(until):
                if isinstance(said, ProposeChange):
                    made = Made(until, said)
                    self._run.proposals.append(made)
                    self._waiting.append(made)
            self._loop.changed()
        return self._run

    def _say(self, fact: Fact) -> None:
        heapq.heappush(self._facts, (fact.at, fact.id, fact))

    def _open(self, case: LoggedCase) -> None:
        book = self._book.in_force(case.where.region, case.opened_at)
        placed = place(case.case_id, case.type, case.where, book)
        if not isinstance(placed, Placed):
            return
        region, at, name = case.where.region, case.opened_at, case.case_id
        self._say(
            CaseOpened(
                id=f"{name}:0", at=at, case_id=name, region=region, authority=placed.authority,
                category=placed.category, area=case.where.area, channel=case.channel, priority=placed.priority,
                received_at=at, due_at=at,
            )
        )  # fmt: skip
        self._opened[name] = (at, region)
        parent = self._opened.get(case.joins or "")
        joined = parent is not None and parent[1] == region
        lies_with = placed.authority
        if parent is not None and joined:
            joins_at = at + timedelta(minutes=self._draw(name, "join").randint(5, 90))
            self._say(
                CaseJoined(
                    id=f"{name}:1", at=joins_at, case_id=name, region=region, authority=placed.authority,
                    into_case=case.joins or "",
                )
            )  # fmt: skip
        elif case.really is not None and case.really != placed.authority and self._serves(case.really, region):
            minutes = self._draw(name, "transfer").randint(120, 1200)
            handed_on = self._federation.calendar(region).add(at, minutes)
            self._say(
                CaseTransferred(
                    id=f"{name}:1", at=handed_on, case_id=name, region=region, authority=case.really,
                    from_authority=placed.authority,
                )
            )  # fmt: skip
            lies_with = case.really
        cell = (placed.category, case.where.area)
        self._run.ended.append(Ended(at, cell, placed.authority, lies_with, case.really, joined))

    def _serves(self, authority_id: str, region: str) -> bool:
        authority = self._federation.authority(authority_id)
        return authority is not None and authority.serves(region)

    def _adopt(self, until: datetime) -> None:
        told_at = until - timedelta(seconds=1)
        ready = [m for m in self._waiting if m.at + ADOPTED_AFTER <= until]
        self._waiting = [m for m in self._waiting if m.at + ADOPTED_AFTER > until]
        for made in ready:
            patch, proposal_id = made.command.patch, made.command.proposal_id
            fit = examine(patch, dict(self._heads), self._names)
            if not isinstance(fit, Fit):
                self._say(ProposalReturned(id=f"{proposal_id}:1", at=told_at, proposal_id=proposal_id))
                continue
            release = next_release(self._heads[patch.layer], fit.tables, until)
            self._heads[patch.layer] = release
            self._book.add(release)
            made.effective_at = release.effective_at
            self._say(
                ProposalAdopted(
                    id=f"{proposal_id}:1", at=told_at, proposal_id=proposal_id, effective_at=release.effective_at,
                )
            )  # fmt: skip
