"""A city in memory: the pure pieces of every service over a log, in the system's own order, without Kafka.

Citizens, desks, routing, the cases' life, the loop and the rulebook are the ones that run in production; only delivery
is left out. A tick is six hours; proposals are accepted three days after they were made and bind from the next tick
boundary. A case that leaves its region ends here, as it does for the loop.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.contracts.envelope import Envelope
from common.contracts.events import region, routing, rules
from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.reflex.observations import CellObserved, FindingMade
from common.rulebook.book import ReleaseBook
from common.rulebook.examination import Fit, examine
from common.rulebook.oracle import differences
from common.rulebook.placement import Placed, TriageWord, Where, layer_for, place
from common.rulebook.references import names_of
from reflex.facts import KINDS, Fact, fact_of
from reflex.loop import LoopContext
from reflex.loops import misrouting
from reflex.runner import bounded
from regional.case import Authority, Case, RegionContext
from regional.domain import Incoming, decide
from rules.model import Tick
from rules.releases import boundary_after, next_release
from world import clock
from world.desks import DeskOrder, Desks, Known, Word, fold
from world.ground_truth import Truth
from world.log_requests import LogRequest, chance
from world.schedule import Agenda

Cell = tuple[str, str]
ACCEPTED_AFTER = timedelta(days=3)
"""A proposal was made."""


@dataclass
class Proposal:
    """One proposal as the run saw it."""

    at: datetime
    command: rules.ProposeChange
    refused: str | None = None
    effective_at: datetime | None = None


@dataclass
class Opened:
    """One case as it was first given, and who really had it (None: the log does not say)."""

    at: datetime
    cell: Cell
    given_to: str
    really: str | None

    @property
    def misrouted(self) -> bool:
        return self.really is not None and self.really != self.given_to


@dataclass
class Story:
    """What a run leaves behind."""

    opened: list[Opened] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    findings: list[FindingMade] = field(default_factory=list)
    facts: int = 0
    hints: int = 0
    loop_seconds: float = 0.0


class City:
    """One run of a log; `accept` says whether proposals are accepted three days later or never."""

    def __init__(self, truth: Truth, rows: Sequence[LogRequest], *, accept: bool, seed: int = 1) -> None:
        self._federation = federation = truth.federation
        self._rows, self._accept, self._seed = rows, accept, seed
        self._draw = chance(seed)
        self._names = names_of(federation)
        self._desks = Desks(federation, seed, self._draw)
        self._heads = {release.layer: release for release in federation.base_releases()}
        self._book = ReleaseBook(self._heads.values())
        authorities = {a.id: Authority(a.id, a.regions, a.acceptance == "automatic") for a in federation.authorities}
        self._lands = {r.id: RegionContext(r.id, federation.calendar(r.id), authorities) for r in federation.regions}
        self._loop = misrouting.build(LoopContext(federation, self._book))
        self._agenda = Agenda()
        self._known: dict[str, Known] = {}
        self._cases: dict[str, Case] = {}
        self._row: dict[str, LogRequest] = {}
        self._children: dict[str, list[str]] = {}
        self._facts: list[tuple[datetime, str, Fact]] = []
        self._made: list[Proposal] = []
        self._waiting: list[tuple[datetime, Proposal]] = []
        self._tick: Tick | None = None
        self._number = 0
        self.story = Story()

    def run(self) -> Story:
        """Every interval of the log, in order."""
        sent = 0
        for since, until in clock.intervals(self._rows[0].opened_at, self._rows[-1].opened_at):
            while sent < len(self._rows) and self._rows[sent].opened_at <= until:
                self._arrive(self._rows[sent])
                sent += 1
            self._decide_proposals(until)
            while steps := self._agenda.due(until):
                for step in steps:
                    self._act(step)
            self._end(since, until)
        return self.story

    def _arrive(self, row: LogRequest) -> None:
        case_id = row.case_id
        self._row[case_id] = row
        if row.duplicate_of is not None:
            self._children.setdefault(row.duplicate_of, []).append(case_id)
        message = MessageRegistered(
            message_id=case_id, case_id=case_id, reference=case_id, channel=row.channel, citizen="citizen",
            text=row.type, category=row.type, place=Place(lat=row.lat, lon=row.lon), received_at=row.opened_at,
        )  # fmt: skip
        found = None
        if row.lat is not None and row.lon is not None:
            found = self._federation.locate(row.lat, row.lon, row.opened_at)
        where = Where(found.area, found.region, found.border_set) if found else None
        book = self._book.in_force(layer_for(where), row.opened_at)
        placed = place(case_id, row.type, where, book, has_point=row.lat is not None)
        if isinstance(placed, Placed):
            self._assign(message, placed, row.opened_at, by_hand=False)
            return
        asked = routing.TriageRequested(
            case_id=case_id, reference=case_id, message_id=case_id, channel=row.channel, citizen="citizen",
            text=row.type, category=row.type, place=message.place, received_at=row.opened_at, reason=placed.reason,
            missing=placed.missing,
        )  # fmt: skip
        self._happened(case_id, asked, row.opened_at)

    def _answer_triage(self, command: routing.AnswerTriage, at: datetime) -> None:
        row = self._row[command.case_id]
        area = command.area or ""
        where = Where(area, self._federation.region_of_area(area) or "", "by hand")
        message = MessageRegistered(
            message_id=row.case_id, case_id=row.case_id, reference=row.case_id, channel=row.channel, citizen="citizen",
            text=row.type, category=row.type, received_at=row.opened_at,
        )  # fmt: skip
        book = self._book.in_force(where.region, at)
        placed = place(row.case_id, row.type, where, book, TriageWord(command.category, command.authority))
        if isinstance(placed, Placed):
            self._assign(message, placed, at, by_hand=True)

    def _assign(self, message: MessageRegistered, placed: Placed, at: datetime, *, by_hand: bool) -> None:
        where = placed.where
        assigned = routing.CaseAssigned(
            case_id=message.case_id, reference=message.reference, message_id=message.message_id, region=where.region,
            area=where.area, border_set=where.border_set, authority=placed.authority, category=placed.category,
            priority=placed.priority, answer_minutes=placed.answer_minutes,
            extension_minutes=placed.extension_minutes, channel=message.channel, citizen=message.citizen,
            text=message.text, received_at=message.received_at, release="", by_hand=by_hand,
        )  # fmt: skip
        if not by_hand:
            really = self._row[message.case_id].true_authority
            self.story.opened.append(Opened(at, (placed.category, where.area), placed.authority, really))
        self._live(message.case_id, where.region, assigned, at)

    def _act(self, step: DeskOrder | Word) -> None:
        if isinstance(step, Word):
            said = step.said.event
            verdict = routing.VerdictForwarded(
                case_id=step.case_id, citizen="citizen", verdict=said.verdict, given_at=step.at,  # type: ignore[attr-defined]
            )  # fmt: skip
            self._live(step.case_id, self._known[step.case_id].region, verdict, step.at)
        elif isinstance(step.command, routing.AnswerTriage):
            self._answer_triage(step.command, step.at)
        else:
            self._live(step.case_id, self._known[step.case_id].region, step.command, step.at)

    def _live(self, case_id: str, region_id: str, event: Event, at: datetime) -> None:
        other = self._cases.get(event.into_case) if isinstance(event, region.JoinCase) else None
        decision = decide(
            self._cases.get(case_id), Incoming(case_id, case_id, at, event), self._lands[region_id], other=other
        )
        if decision.case is not None:
            self._cases[case_id] = decision.case
        for said in decision.events:
            self._happened(case_id, said.event, said.at)

    def _happened(self, case_id: str, event: Event, at: datetime) -> None:
        self._observe(event, at)
        after = fold(self._known.get(case_id), event, at)
        if after is None or after is self._known.get(case_id):
            return
        self._known[case_id] = after
        for changed in (case_id, *self._children.get(case_id, ())):
            known = self._known.get(changed)
            if known is not None:
                row = self._row[changed]
                self._agenda.put(changed, self._desks.next_step(known, row, self._known.get(row.duplicate_of or "")))

    def _observe(self, event: Event, at: datetime) -> None:
        if KINDS.get(event.type) not in self._loop.facts:
            return
        self._number += 1
        name = f"{self._number:08}"
        fact = fact_of(event, Envelope(name, "city", event.type, at, "", name))
        self._facts.append((at, name, fact))

    def _end(self, since: datetime, until: datetime) -> None:
        self._tick = Tick(since, until)
        made, self._made = self._made, []
        for proposal in made:
            self._judge(proposal, until)
        facts = sorted((f for f in self._facts if f[0] < until), key=lambda f: f[:2])
        self._facts = [f for f in self._facts if f[0] >= until]
        self.story.facts += len(facts)
        began = time.process_time()
        for _, _, fact in facts:
            self._loop.observe(fact)
        words = self._loop.on_tick(until)
        self._loop.changed()
        self.story.loop_seconds += time.process_time() - began
        for said in words:
            if isinstance(said, FindingMade):
                self.story.findings.append(said)
            elif isinstance(said, CellObserved):
                self.story.hints += 1
            else:
                proposal = Proposal(until, said.model_copy(update={"evidence": bounded(said.evidence)}))
                self.story.proposals.append(proposal)
                self._made.append(proposal)

    def _judge(self, proposal: Proposal, at: datetime) -> None:
        """What rules says about it, one tick after it was made."""
        command = proposal.command
        found = examine(command.patch, dict(self._heads), self._names, differences)
        if not isinstance(found, Fit):
            proposal.refused = "; ".join((found.reason, *found.rows))
            refused = rules.ProposalRefused(proposal_id=command.proposal_id, actor="city", reason=found.reason)
            self._observe(refused, at)
        elif self._accept:
            self._waiting.append((at + ACCEPTED_AFTER, proposal))

    def _decide_proposals(self, until: datetime) -> None:
        ready = [(at, p) for at, p in self._waiting if at <= until]
        self._waiting = [(at, p) for at, p in self._waiting if at > until]
        for at, proposal in ready:
            patch, proposal_id = proposal.command.patch, proposal.command.proposal_id
            found = examine(patch, dict(self._heads), self._names, differences)
            if not isinstance(found, Fit):
                returned = rules.ProposalReturned(proposal_id=proposal_id, reason=found.reason)
                proposal.refused = found.reason
                self._observe(returned, at)
                continue
            release = next_release(self._heads[patch.layer], found.tables, boundary_after(at, self._tick))
            self._heads[patch.layer] = release
            self._book.add(release)
            proposal.effective_at = release.effective_at
            adopted = rules.ProposalAdopted(
                proposal_id=proposal_id, layer=release.layer, number=release.number, effective_at=release.effective_at
            )
            self._observe(adopted, at)


def proposed_cells(command: rules.ProposeChange) -> list[tuple[Cell, str]]:
    """The cells that a proposal is about, each with the authority it names."""
    cells: list[dict[str, str]] = command.evidence["cells"]
    return [((c["category"], c["area"]), c["target"]) for c in cells]
