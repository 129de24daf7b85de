"""Every kind of fact, and facts of events and as text."""

from __future__ import annotations

from typing import Annotated, get_args

import orjson
from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from pydantic import Field, TypeAdapter

from reflex.facts.cases import (
    CaseAnswered,
    CaseConfirmed,
    CaseDeclined,
    CaseExtended,
    CaseJoined,
    CaseOpened,
    CaseOverdue,
    CaseOverdueWithdrawn,
    CaseRated,
    CaseReopened,
    CaseTransferred,
    CaseWithdrawn,
    CitizenReached,
    WorkStarted,
)
from reflex.facts.fact import Fact
from reflex.facts.prevention import PreventionAnswerGiven
from reflex.facts.proposals import (
    ChangeReversed,
    ChangeReviewed,
    ForecastScored,
    ProposalAccepted,
    ProposalAdopted,
    ProposalChecked,
    ProposalLapsed,
    ProposalRefused,
    ProposalRejected,
    ProposalReturned,
    ProposalWithdrawn,
    ReviewFell,
    RulesCommandRefused,
    TrialEnded,
    TrialPaused,
    TrialResumed,
    TrialRolledBack,
    TrialStarted,
    TrialStepped,
)
from reflex.facts.triage import DuplicateDecided, DuplicateSuggested, TriageAnswered, TriageRequested

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
