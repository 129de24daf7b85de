"""What the authorities' desks do about a case: pure. Events fold into what is known; from that follows one next step.

Answers come at the time the log gives. Transfers, triage, verdicts and second answers are a seeded model's, marked
synthetic: no log says when a wrong desk would have handed a case on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from common.contracts.case_life import JOINABLE, rule_of
from common.contracts.events import region, routing
from common.contracts.events.base import Actor, Command, Event
from common.federation.country import Federation

from world.citizens import CitizenRecord, verdict
from world.log_requests import Chance, LogRequest

TRIAGE_TRIES = 2
"""So often is an answer tried; what the rules place nowhere even then is declined."""
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Known:
    """What the outside world knows about one case from its events."""

    case_id: str
    state: str
    since: datetime
    """When it came into this state."""
    phase: int = 0
    """Counts changes of state, so that each has orders of its own."""
    region: str = ""
    authority: str = ""
    area: str = ""
    category: str = ""
    opened_at: datetime | None = None
    transfers: int = 0
    answers: int = 0
    on_time: bool = True
    missing: tuple[str, ...] = ()
    """What triage must be told."""
    refused: frozenset[str] = frozenset()
    """Types of orders that were refused."""


@dataclass(frozen=True, slots=True)
class DeskOrder:
    """A command to give at a time; `topic` is a logical name."""

    at: datetime
    case_id: str
    phase: int
    topic: str
    command: Command
    about: str = ""
    """What tells it from other orders of its type about the same thing, where there may be several."""


@dataclass(frozen=True, slots=True)
class Word:
    """Something a citizen will say about a case or a proposal."""

    at: datetime
    case_id: str
    phase: int
    said: CitizenRecord


DeskStep = DeskOrder | Word


def fold(known: Known | None, event: Event, time: datetime) -> Known | None:
    """What is known after an event; the same object when it changes nothing for a desk."""
    if isinstance(event, routing.TriageRequested):
        return known or Known(event.case_id, "triage", time, missing=event.missing, category=event.category or "")
    if isinstance(event, region.CaseOpened):
        base = known or Known(event.case_id, event.state, time)
        return replace(
            base, state=event.state, since=time, phase=base.phase + 1, region=event.region, authority=event.authority,
            area=event.area, category=event.category, opened_at=base.opened_at or time,
        )  # fmt: skip
    if known is None:
        return None
    if isinstance(event, routing.TriageDeclined):
        return replace(known, state="declined", since=time, phase=known.phase + 1)
    if isinstance(event, routing.MessageSplit):
        return replace(known, state="divided", since=time, phase=known.phase + 1)
    if isinstance(event, routing.RoutingCommandRefused):
        # Triage is answered once more, then with an authority.
        return replace(known, phase=known.phase + 1, missing=(*known.missing, "authority"))
    if isinstance(event, region.CommandRefused):
        return replace(known, refused=known.refused | {event.command})
    if isinstance(event, region.CaseTransferred):
        known = replace(known, transfers=known.transfers + 1)
    elif isinstance(event, region.CaseAnswered):
        known = replace(known, answers=known.answers + 1, on_time=event.on_time)
    if isinstance(event, region.CaseEvent) and (event.state, event.authority) != (known.state, known.authority):
        return replace(
            known, state=event.state, authority=event.authority, since=time, phase=known.phase + 1
        )  # fmt: skip
    return known


def _takes(known: Known, command: type[Command]) -> bool:
    """Whether the case's region would take such an order in this state, and has not refused one before."""
    return rule_of(command, known.state) is not None and command.type not in known.refused


class Desks:
    """The desks of a federation, with the people who may act."""

    def __init__(self, federation: Federation, seed: int, draw: Chance) -> None:
        self._federation = federation
        self._seed = seed
        self._draw = draw
        self._by_scope = {(p.role, p.scope): Actor(id=p.id, role=p.role, scope=p.scope) for p in federation.people}

    def next_step(self, known: Known, row: LogRequest, parent: Known | None) -> DeskStep | None:
        """The next thing that happens to the case from outside; None when nothing does.

        `parent` is the case that the log calls the original of this one, if it is known.
        """
        if known.state == "triage":
            return self._place(known, row)
        if known.state == "answered":
            return self._judge(known, row)
        if known.state == "waiting":
            # Who has asked the citizen waits for the reply.
            return None
        return self._join(known, row, parent) or self._transfer(known, row) or self._work(known, row)

    def actor(self, known: Known) -> Actor | None:
        """Who acts for the authority that has the case."""
        return self.acting(known.authority, known.region)

    def acting(self, authority: str, region_id: str) -> Actor | None:
        """Who acts for an authority in a region; the region's operator where it has no desk."""
        wanted = (
            ("desk", authority), ("operator", region_id), ("regional_head", region_id), ("operator", "*"),
        )  # fmt: skip
        return next((self._by_scope[w] for w in wanted if w in self._by_scope), None)

    def _order(self, known: Known, at: datetime, command: Command) -> DeskOrder:
        return DeskOrder(at, known.case_id, known.phase, f"region.{known.region}.commands", command)

    def _working(self, known: Known, row: LogRequest, what: str, least: int, most: int) -> datetime:
        """A time so many working minutes after the case came into its state."""
        minutes = self._draw(row.case_id, what, known.phase).randint(least, most)
        return self._federation.calendar(known.region).add(known.since, minutes)

    def _place(self, known: Known, row: LogRequest) -> DeskOrder | None:
        if known.phase > TRIAGE_TRIES:
            return None
        area = self.true_area(row)
        region_id = self._federation.region_of_area(area) if area else None
        actor = self._by_scope.get(("operator", region_id or "")) or self._by_scope.get(("federal", "*"))
        if actor is None or area is None:
            return None
        command: Command = routing.AnswerTriage(
            actor=actor,
            case_id=known.case_id,
            area=area,
            category=self._placed_as(known),
            authority=self._placed_with(known, row, region_id or ""),
            synthetic=True,
        )
        if known.phase == TRIAGE_TRIES:
            command = routing.DeclineTriage(
                actor=actor, case_id=known.case_id, reason="it fits nothing that is answered here", synthetic=True
            )
        minutes = self._draw(row.case_id, "triage").randint(10, 240)
        at = known.since + timedelta(minutes=minutes)
        return DeskOrder(at, known.case_id, known.phase, "routing.commands", command)

    def _placed_as(self, known: Known) -> str | None:
        """What the citizen said where it is a category, else `other` where there is one; None: as the rules say."""
        if self._federation.has_category(known.category):
            return known.category
        return OTHER if "category" in known.missing and self._federation.has_category(OTHER) else None

    def _placed_with(self, known: Known, row: LogRequest, region_id: str) -> str | None:
        """The true authority where it serves the region; one drawn by chance where triage must be told some."""
        serving = [a.id for a in self._federation.authorities if a.serves(region_id)]
        if row.true_authority in serving:
            return row.true_authority
        needed = "authority" in known.missing or row.true_authority is not None
        return self._draw(row.case_id, "authority").choice(serving) if needed and serving else None

    def true_area(self, row: LogRequest) -> str | None:
        """Where it really is; where the log does not say, an area that its authority serves, drawn by chance."""
        if row.true_area is not None:
            return row.true_area
        authority = self._federation.authority(row.true_authority or "")
        areas = [
            area
            for part in self._federation.regions
            if authority is None or authority.serves(part.id)
            for area in part.areas
        ]
        own = [a for a in areas if authority is not None and authority.id.endswith(f"-{a.lower()}")]
        return self._draw(row.case_id, "area").choice(own or areas) if areas else None

    def _join(self, known: Known, row: LogRequest, parent: Known | None) -> DeskOrder | None:
        if parent is None or known.answers or not _takes(known, region.JoinCase):
            return None
        if parent.region != known.region or parent.state not in JOINABLE or parent.case_id == known.case_id:
            return None
        actor = self.actor(known)
        if actor is None:
            return None
        both = max(known.since, parent.opened_at or known.since)
        at = both + timedelta(minutes=self._draw(row.case_id, "join").randint(5, 90))
        return self._order(
            known, at, region.JoinCase(actor=actor, case_id=known.case_id, into_case=parent.case_id)
        )  # fmt: skip

    def _transfer(self, known: Known, row: LogRequest) -> DeskOrder | None:
        wrong = row.true_authority is not None and row.true_authority != known.authority
        if not wrong or row.true_authority is None or not _takes(known, region.TransferCase):
            return None
        actor = self.actor(known)
        if actor is None:
            return None
        command = region.TransferCase(
            actor=actor, case_id=known.case_id, to_authority=row.true_authority, reason="not ours", synthetic=True
        )
        return self._order(known, self._working(known, row, "transfer", 120, 1200), command)

    def _work(self, known: Known, row: LogRequest) -> DeskOrder | None:
        actor = self.actor(known)
        if actor is None:
            return None
        if rule_of(region.AcceptCase, known.state) is not None:
            authority = self._federation.authority(known.authority)
            if authority is None or authority.acceptance == "automatic" or not _takes(known, region.AcceptCase):
                return None
            at = self._working(known, row, "accept", 5, 120)
            return self._order(
                known, at, region.AcceptCase(actor=actor, case_id=known.case_id, synthetic=True)
            )  # fmt: skip
        if not _takes(known, region.AnswerCase):
            return None
        if known.answers:
            at, synthetic = self._working(known, row, "again", 240, 2400), True
        elif row.closed_at is not None:
            at, synthetic = max(row.closed_at, known.since), False
        else:
            return None
        command = region.AnswerCase(actor=actor, case_id=known.case_id, text="The work was done.", synthetic=synthetic)
        return self._order(known, at, command)

    def _judge(self, known: Known, row: LogRequest) -> Word | None:
        minutes = self._draw(row.case_id, "verdict delay", known.answers).randint(120, 7200)
        at = known.since + timedelta(minutes=minutes)
        said = verdict(row, self._seed, self._draw, at, known.answers, known.on_time)
        return Word(at, known.case_id, known.phase, said) if said is not None else None
