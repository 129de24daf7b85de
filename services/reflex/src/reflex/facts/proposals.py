"""What becomes of proposals and trials."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeGuard

from common.contracts.envelope import Envelope
from common.contracts.events import archive, rules
from common.contracts.events.base import Event, Instant
from common.contracts.patch import Patch
from common.contracts.trial import TrialPlan

from reflex.facts.fact import Fact


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
    forecast: rules.Forecast | None = None

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        return {
            "id": envelope.id, "at": envelope.time, "type": cls.event.type,
            "proposal_id": event.proposal_id, "serves": list(event.values),  # type: ignore[attr-defined]
            "actor": event.actor, "loop": event.loop, "title": event.title,  # type: ignore[attr-defined]
            "reversal": event.reversal.model_dump(exclude_none=True),  # type: ignore[attr-defined]
            "forecast": None if event.forecast is None else event.forecast.model_dump(),  # type: ignore[attr-defined]
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
    taken_up: bool = False
    """A wider change is tried in its place: nobody spoke against it."""


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
    newly_right: int = 0
    newly_wrong: int = 0


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


SETBACKS: tuple[type[ProposalFact], ...] = (
    ProposalRejected, ProposalRefused, ProposalWithdrawn, ProposalLapsed, TrialRolledBack, TrialEnded,
    RulesCommandRefused,
)  # fmt: skip
"""After these a loop leaves a row alone for a time, unless the fact `is_to_be_made_anew`."""


def is_to_be_made_anew(fact: Fact) -> TypeGuard[ProposalFact]:
    """Whether a proposal came to nothing although nobody spoke against it: its base moved, or a wider change is tried
    in its place."""
    return isinstance(fact, ProposalReturned) or (isinstance(fact, TrialEnded) and fact.taken_up)
