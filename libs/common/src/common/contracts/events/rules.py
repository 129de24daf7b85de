"""The rulebook's life: releases, proposals, and every step of them on one chained record."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.events.base import Command, Event, GivenInstant, Instant
from common.contracts.patch import Patch

ProposalState = Literal["checked", "accepted", "adopted", "rejected", "refused", "returned", "withdrawn"]


class Forecast(BaseModel):
    """What a change promises, kept so that it can be scored later."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    measure: str
    expected: float
    low: float
    high: float
    confidence: float = 0.9
    horizon_days: int
    review_at: GivenInstant
    cannot_know: str = ""


class ReleasePublished(Event):
    """One immutable version of a layer. Key: layer and number, so that compaction keeps every one."""

    type: ClassVar[str] = "rules.release.published.v1"

    layer: str
    number: int
    effective_at: Instant
    tables: dict[str, Any]
    previous_hash: str
    hash: str
    proposal_id: str | None = None


class ProposeChange(Command):
    """A typed patch with evidence, forecast and way back; from a loop, a person or a region alike."""

    type: ClassVar[str] = "rules.proposal.propose.v1"
    subject_field: ClassVar[str] = "proposal_id"

    proposal_id: str
    title: str = Field(max_length=300)
    words: str = Field(max_length=4000)
    patch: Patch
    values: tuple[str, ...] = ()
    scope: dict[str, Any] = Field(default_factory=dict)
    evidence: dict[str, Any] = Field(default_factory=dict)
    forecast: Forecast | None = None
    needs_person: bool = False
    loop: str | None = None


class DecideProposal(Command):
    type: ClassVar[str] = "rules.proposal.decide.v1"
    subject_field: ClassVar[str] = "proposal_id"

    proposal_id: str
    accept: bool
    reason: str = ""


class WithdrawProposal(Command):
    type: ClassVar[str] = "rules.proposal.withdraw.v1"
    subject_field: ClassVar[str] = "proposal_id"

    proposal_id: str
    reason: str = ""


class ProposalChecked(Event):
    """The machine read the patch and lets people decide on it."""

    type: ClassVar[str] = "rules.proposal.checked.v1"

    proposal_id: str
    title: str
    words: str
    patch: Patch
    reversal: Patch
    values: tuple[str, ...] = ()
    scope: dict[str, Any] = Field(default_factory=dict)
    evidence: dict[str, Any] = Field(default_factory=dict)
    forecast: Forecast | None = None
    needs_person: bool = False
    loop: str | None = None
    actor: str
    findings: tuple[str, ...] = ()


class ProposalRefused(Event):
    """The machine refuses the patch (it loosens the standard, does not apply, is unreadable), with the rows."""

    type: ClassVar[str] = "rules.proposal.refused.v1"

    proposal_id: str
    title: str = ""
    actor: str
    reason: str
    code: str | None = None
    """Of `reason`, see refusals.RefusalCode: what it is put into the reader's words by, with `details`."""
    details: dict[str, str] | None = None
    rows: tuple[str, ...] = ()


class ProposalAccepted(Event):
    type: ClassVar[str] = "rules.proposal.accepted.v1"

    proposal_id: str
    actor: str
    reason: str = ""


class ProposalRejected(Event):
    type: ClassVar[str] = "rules.proposal.rejected.v1"

    proposal_id: str
    actor: str
    reason: str = ""


class ProposalWithdrawn(Event):
    type: ClassVar[str] = "rules.proposal.withdrawn.v1"

    proposal_id: str
    actor: str
    reason: str = ""


class ProposalReturned(Event):
    """Its base moved so that it no longer applies: the author must propose again."""

    type: ClassVar[str] = "rules.proposal.returned.v1"

    proposal_id: str
    reason: str
    code: str | None = None
    """Of `reason`, see refusals.RefusalCode: what it is put into the reader's words by, with `details`."""
    details: dict[str, str] | None = None


class ProposalAdopted(Event):
    """The change is a release now. `canary_skipped` says that it was not tried in a part first."""

    type: ClassVar[str] = "rules.proposal.adopted.v1"

    proposal_id: str
    layer: str
    number: int
    effective_at: Instant
    canary_skipped: bool = True


class RulesCommandRefused(Event):
    """A command on rules.commands was refused (rights, signature, state), with the reason."""

    type: ClassVar[str] = "rules.command.refused.v1"

    proposal_id: str
    command: str
    command_id: str
    actor: str
    reason: str
    code: str | None = None
    """Of `reason`, see refusals.RefusalCode: what it is put into the reader's words by, with `details`."""
    details: dict[str, str] | None = None


class StepRecorded(Event):
    """One link of the hash chain: `hash` = SHA-256 over `previous`, `number`, `step` and the canonical `body`."""

    type: ClassVar[str] = "rules.step.recorded.v1"

    number: int
    step: str
    proposal_id: str | None = None
    at: Instant
    body: dict[str, Any]
    previous: str
    hash: str
