"""What loops see of events: frozen facts without the citizen's person and words, built once for all loops."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, get_args

import orjson
from common.contracts.envelope import Envelope
from common.contracts.events import region, rules
from common.contracts.events.base import Event, Instant
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


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
    names = tuple(name for name in kind.model_fields if name not in ("id", "at", "point"))
    return names, attrgetter(*names)


class CaseFact(Fact):
    """Something that happened to a case."""

    case_id: str
    region: str
    authority: str
    """Who has the case after it."""


class CaseOpened(CaseFact):
    """A case was given to its first authority in a region."""

    event = region.CaseOpenedWithPlace

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

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        found, place = super().values(event, envelope), event.place  # type: ignore[attr-defined]
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


class ProposalFact(Fact):
    """Something that happened to a proposal."""

    proposal_id: str


class ProposalAdopted(ProposalFact):
    event = rules.ProposalAdopted

    type: Literal["rules.proposal.adopted.v1"] = "rules.proposal.adopted.v1"
    effective_at: Instant


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


class ProposalWithdrawn(ProposalFact):
    event = rules.ProposalWithdrawn

    type: Literal["rules.proposal.withdrawn.v1"] = "rules.proposal.withdrawn.v1"


class RulesCommandRefused(ProposalFact):
    """A command about a proposal was not carried out."""

    event = rules.RulesCommandRefused

    type: Literal["rules.command.refused.v1"] = "rules.command.refused.v1"
    command: str
    """Its wire type."""


AnyFact = Annotated[
    CaseOpened
    | CaseTransferred
    | CaseJoined
    | ProposalAdopted
    | ProposalReturned
    | ProposalRejected
    | ProposalRefused
    | ProposalWithdrawn
    | RulesCommandRefused,
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
