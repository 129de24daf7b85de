"""What loops see of events: frozen facts without the citizen's person and words, built once for all loops."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, get_args

import orjson
from common.contracts.envelope import Envelope
from common.contracts.events import archive, reflex, region, routing, rules
from common.contracts.events.base import Actor, Event, Instant
from common.contracts.events.reflex import RootCause
from common.contracts.patch import Patch
from common.contracts.trial import ArmDrawn, TrialPlan
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

NOT_COPIED = ("id", "at", "point", "rows")
"""Fields of facts that their events have in another form."""
TABLES_OF_ROWS = ("jurisdiction", "deadline")


class Point(NamedTuple):
    """Degrees of WGS 84."""

    lat: float
    lon: float


class Fact(BaseModel):
    """One event: its wire type, its envelope's id and time (in UTC), and those of its fields that the class names."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event: ClassVar[type[Event]]
    """The model by which the record is read."""

    id: str
    at: Instant

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        """What the fact of an event of this class's type holds; nothing where it is empty."""
        names, values = _copied(cls)
        found = {name: value for name, value in zip(names, values(event), strict=True) if value is not None}
        return {**found, "id": envelope.id, "at": envelope.time}


@cache
def _copied(kind: type[Fact]) -> tuple[tuple[str, ...], Callable[[Event], tuple[Any, ...]]]:
    """The fields that a fact has from its event, and how to take them all at once."""
    names = tuple(name for name in kind.model_fields if name not in NOT_COPIED)
    return names, attrgetter(*names)


class CaseFact(Fact):
    """Something that happened to a case."""

    case_id: str
    region: str
    authority: str
    """Who has the case after it."""


class CaseOpened(CaseFact):
    """A case was given to its first authority in a region."""

    event = region.CaseOpenedForLoops

    type: Literal["region.case.opened.v1"] = "region.case.opened.v1"
    category: str
    area: str
    """The district."""
    point: Point | None = None
    channel: str
    priority: int
    received_at: Instant
    due_at: Instant
    by_hand: bool = False
    """Placed by a person."""
    handed_over_from: str | None = None
    """The region that had it before."""
    arms: tuple[ArmDrawn, ...] = ()
    """Of the trials that concerned its assignment."""
    rows: tuple[str, ...] = ()
    """The rows that decided who has it and until when, `table|layer|row`: of each table the last one."""

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        found, place = super().values(event, envelope), event.place  # type: ignore[attr-defined]
        rows = {row.table: f"{row.table}|{row.layer}|{row.row_id}" for row in event.because}  # type: ignore[attr-defined]
        if decided := [rows[table] for table in TABLES_OF_ROWS if table in rows]:
            found["rows"] = decided
        arms = found.pop("arms")
        if arms:
            found["arms"] = [arm.model_dump(exclude_none=True) for arm in arms]
        if place.lat is not None and place.lon is not None:
            found["point"] = (place.lat, place.lon)
        return found


class CaseTransferred(CaseFact):
    """Another authority has the case; with `to_region` it left the region."""

    event = region.CaseTransferred

    type: Literal["region.case.transferred.v1"] = "region.case.transferred.v1"
    from_authority: str
    to_region: str | None = None


class CaseJoined(CaseFact):
    """The case was a duplicate of another."""

    event = region.CaseJoined

    type: Literal["region.case.joined.v1"] = "region.case.joined.v1"
    into_case: str


class WorkStarted(CaseFact):
    event = region.WorkStarted

    type: Literal["region.case.work_started.v1"] = "region.case.work_started.v1"


class CaseAnswered(CaseFact):
    event = region.CaseAnswered

    type: Literal["region.case.answered.v1"] = "region.case.answered.v1"
    worked_minutes: int | None = None
    """Working minutes that the answer took, without those that the clock stood still."""


class CitizenReached(CaseFact):
    """A question reached the citizen: the clock stops."""

    event = region.CitizenReached

    type: Literal["region.case.citizen_reached.v1"] = "region.case.citizen_reached.v1"


class CaseDeclined(CaseFact):
    """It will not be answered, on a legal ground."""

    event = region.CaseDeclined

    type: Literal["region.case.declined.v1"] = "region.case.declined.v1"


class CaseWithdrawn(CaseFact):
    event = region.CaseWithdrawn

    type: Literal["region.case.withdrawn.v1"] = "region.case.withdrawn.v1"


class CaseConfirmed(CaseFact):
    event = region.CaseConfirmed

    type: Literal["region.case.confirmed.v1"] = "region.case.confirmed.v1"
    rating: int | None = None


class CaseReopened(CaseFact):
    """The citizen did not agree with the answer."""

    event = region.CaseReopened

    type: Literal["region.case.reopened.v1"] = "region.case.reopened.v1"
    rating: int | None = None
    due_at: Instant | None = None
    """The new deadline."""


class CaseRated(CaseFact):
    event = region.CaseRated

    type: Literal["region.case.rated.v1"] = "region.case.rated.v1"
    rating: int


class CaseExtended(CaseFact):
    """It may be answered until `due_at`."""

    event = region.CaseExtended

    type: Literal["region.case.extended.v1"] = "region.case.extended.v1"
    due_at: Instant


class CaseOverdue(CaseFact):
    """The deadline `due_at` passed."""

    event = region.CaseOverdue

    type: Literal["region.case.overdue.v1"] = "region.case.overdue.v1"
    due_at: Instant


class CaseOverdueWithdrawn(CaseFact):
    """The deadline `due_at` had not passed when it was said to be missed."""

    event = region.CaseOverdueWithdrawn

    type: Literal["region.case.overdue_withdrawn.v1"] = "region.case.overdue_withdrawn.v1"
    due_at: Instant


class DuplicateSuggested(Fact):
    """The rules say that a case may be about the same thing as an earlier one."""

    event = routing.DuplicateSuggested

    type: Literal["routing.duplicate.suggested.v1"] = "routing.duplicate.suggested.v1"
    case_id: str
    region: str
    other_case: str
    category: str


class DuplicateDecided(Fact):
    """A person, official or citizen, said whether it is."""

    event = routing.DuplicateDecided

    type: Literal["routing.duplicate.decided.v1"] = "routing.duplicate.decided.v1"
    case_id: str
    region: str
    other_case: str
    category: str
    same: bool
    distance_metres: int
    apart_minutes: int


class TriageRequested(Fact):
    """A person must say what a message is about, or where it belongs."""

    event = routing.TriageRequested

    type: Literal["routing.triage.requested.v1"] = "routing.triage.requested.v1"
    case_id: str
    channel: str
    category: str | None = None
    """As its channel gave it."""
    reason: str
    candidates: tuple[str, ...] = ()
    """Categories that a model read in its words, the most probable first."""
    model: str | None = None
    """The version of that model."""

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        assert isinstance(event, routing.TriageRequested)
        model = next((b.outputs.get("model") for b in event.because if b.table == "classification"), None)
        found = {
            "id": envelope.id, "at": envelope.time, "type": cls.event.type, "case_id": event.case_id,
            "channel": event.channel, "reason": event.reason, "candidates": [c.category for c in event.candidates],
        }  # fmt: skip
        given = {"category": event.category, "model": None if model is None else str(model)}
        return found | {name: value for name, value in given.items() if value is not None}


class TriageAnswered(Fact):
    """It was placed."""

    event = routing.TriageAnswered

    type: Literal["routing.triage.answered.v1"] = "routing.triage.answered.v1"
    case_id: str
    category: str
    clarified: bool = False
    """By the citizen's reply."""
    completed: bool = False
    """By the rules, with what the citizen added."""


class ProposalFact(Fact):
    """Something that happened to a proposal."""

    proposal_id: str


class ProposalChecked(ProposalFact):
    event = rules.ProposalChecked

    type: Literal["rules.proposal.checked.v1"] = "rules.proposal.checked.v1"
    serves: tuple[str, ...] = ()
    """The values that it is to serve."""
    actor: str = ""
    loop: str | None = None
    """The loop that is its author; None: a person."""
    title: str = ""
    reversal: Patch | None = None

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        return {
            "id": envelope.id, "at": envelope.time, "type": cls.event.type,
            "proposal_id": event.proposal_id, "serves": list(event.values),  # type: ignore[attr-defined]
            "actor": event.actor, "loop": event.loop, "title": event.title,  # type: ignore[attr-defined]
            "reversal": event.reversal.model_dump(exclude_none=True),  # type: ignore[attr-defined]
        }  # fmt: skip


class ProposalAccepted(ProposalFact):
    event = rules.ProposalAccepted

    type: Literal["rules.proposal.accepted.v1"] = "rules.proposal.accepted.v1"


class ProposalAdopted(ProposalFact):
    event = rules.ProposalAdopted

    type: Literal["rules.proposal.adopted.v1"] = "rules.proposal.adopted.v1"
    effective_at: Instant
    holdout_until: Instant | None = None
    """Until when a part keeps the rule before it."""


class ProposalReturned(ProposalFact):
    """Its base moved: nobody spoke against it."""

    event = rules.ProposalReturned

    type: Literal["rules.proposal.returned.v1"] = "rules.proposal.returned.v1"


class ProposalRejected(ProposalFact):
    event = rules.ProposalRejected

    type: Literal["rules.proposal.rejected.v1"] = "rules.proposal.rejected.v1"


class ProposalRefused(ProposalFact):
    event = rules.ProposalRefused

    type: Literal["rules.proposal.refused.v1"] = "rules.proposal.refused.v1"
    actor: str = ""
    loop: str | None = None
    """The loop that is its author; None: a person."""


class ProposalWithdrawn(ProposalFact):
    event = rules.ProposalWithdrawn

    type: Literal["rules.proposal.withdrawn.v1"] = "rules.proposal.withdrawn.v1"


class ProposalLapsed(ProposalFact):
    """Its deliberation ended without what it asks for."""

    event = rules.ProposalLapsed

    type: Literal["rules.proposal.lapsed.v1"] = "rules.proposal.lapsed.v1"


class TrialStarted(ProposalFact):
    """From `effective_at` on a part follows the change."""

    event = rules.TrialStarted

    type: Literal["rules.trial.started.v1"] = "rules.trial.started.v1"
    layer: str
    effective_at: Instant
    plan: TrialPlan

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        found = super().values(event, envelope)
        return {**found, "plan": found["plan"].model_dump(exclude_none=True)}


class TrialStepped(ProposalFact):
    """A greater part follows the change from `effective_at` on."""

    event = rules.TrialStepped

    type: Literal["rules.trial.stepped.v1"] = "rules.trial.stepped.v1"
    effective_at: Instant
    share: float


class TrialPaused(ProposalFact):
    event = rules.TrialPaused

    type: Literal["rules.trial.paused.v1"] = "rules.trial.paused.v1"


class TrialResumed(ProposalFact):
    event = rules.TrialResumed

    type: Literal["rules.trial.resumed.v1"] = "rules.trial.resumed.v1"
    effective_at: Instant
    share: float


class TrialRolledBack(ProposalFact):
    event = rules.TrialRolledBack

    type: Literal["rules.trial.rolled_back.v1"] = "rules.trial.rolled_back.v1"


class TrialEnded(ProposalFact):
    """Without a result: the old rule stays."""

    event = rules.TrialEnded

    type: Literal["rules.trial.ended.v1"] = "rules.trial.ended.v1"


class ReviewFell(ProposalFact):
    """An adopted change did not keep what it promised, or promised nothing: people say what follows."""

    event = rules.ReviewFell

    type: Literal["rules.review.fell.v1"] = "rules.review.fell.v1"


class ChangeReviewed(ProposalFact):
    """An adopted change is kept, or is to be taken back."""

    event = rules.ChangeReviewed

    type: Literal["rules.change.reviewed.v1"] = "rules.change.reviewed.v1"
    outcome: Literal["kept", "reversed"]


class ChangeReversed(ProposalFact):
    """An adopted change was taken back."""

    event = rules.ChangeReversed

    type: Literal["rules.change.reversed.v1"] = "rules.change.reversed.v1"


class ForecastScored(ProposalFact):
    """What an adopted change has brought against what it promised, see the event."""

    event = archive.ForecastScored

    type: Literal["archive.forecast.scored.v1"] = "archive.forecast.scored.v1"
    measure: str
    verdict: str
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    actual: float | None = None
    actual_most: float | None = None


class RulesCommandRefused(ProposalFact):
    """A command about a proposal was not carried out."""

    event = rules.RulesCommandRefused

    type: Literal["rules.command.refused.v1"] = "rules.command.refused.v1"
    command: str
    """Its wire type."""
    actor: str = ""
    details: dict[str, str] | None = None

    @property
    def until(self) -> datetime | None:
        """From when on a proposal that must only wait may be made again; None where it was refused for good."""
        until = (self.details or {}).get("until")
        return None if until is None or self.command != rules.ProposeChange.type else datetime.fromisoformat(until)


class PreventionAnswerGiven(Fact):
    """An authority's answer to a prevention order, proven to be signed; whether it may be taken is not yet judged."""

    event = reflex.AnswerPrevention

    type: Literal["reflex.prevention.answer.v1"] = "reflex.prevention.answer.v1"
    order_id: str
    actor: Actor
    cause: RootCause
    explanation: str
    done: str

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        found = super().values(event, envelope)
        return {**found, "actor": found["actor"].model_dump()}


AnyFact = Annotated[
    CaseOpened
    | CaseTransferred
    | CaseJoined
    | WorkStarted
    | CaseAnswered
    | CitizenReached
    | CaseDeclined
    | CaseWithdrawn
    | CaseConfirmed
    | CaseReopened
    | CaseRated
    | CaseExtended
    | CaseOverdue
    | CaseOverdueWithdrawn
    | DuplicateSuggested
    | DuplicateDecided
    | TriageRequested
    | TriageAnswered
    | ProposalChecked
    | ProposalAccepted
    | ProposalAdopted
    | ProposalReturned
    | ProposalRejected
    | ProposalRefused
    | ProposalWithdrawn
    | ProposalLapsed
    | TrialStarted
    | TrialStepped
    | TrialPaused
    | TrialResumed
    | TrialRolledBack
    | TrialEnded
    | ReviewFell
    | ChangeReviewed
    | ChangeReversed
    | ForecastScored
    | RulesCommandRefused
    | PreventionAnswerGiven,
    Field(discriminator="type"),
]
"""Every kind of fact there is."""

_ADAPTER: TypeAdapter[Fact] = TypeAdapter(AnyFact)
KINDS: dict[str, type[Fact]] = {kind.event.type: kind for kind in get_args(get_args(AnyFact)[0])}
"""Kind of fact by the wire type of its event."""


def fact_of(event: Event, envelope: Envelope) -> Fact:
    """The fact of an event; KeyError for a type of which there is none."""
    kind = KINDS[event.type]
    return kind.model_validate(kind.values(event, envelope))


def text_of_fact(event: Event, envelope: Envelope) -> str:
    """The fact of an event as it is kept until its tick; KeyError for a type of which there is none."""
    return orjson.dumps(KINDS[event.type].values(event, envelope)).decode()


def fact_of_text(text: str) -> Fact:
    """The inverse of `text_of_fact`."""
    return _ADAPTER.validate_json(text)
