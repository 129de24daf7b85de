"""The rulebook's life: releases, proposals, and every step of them on one chained record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.events.base import Command, Event, GivenInstant, Instant, Refusal
from common.contracts.patch import Patch
from common.contracts.trial import TrialPlan

ProposalState = Literal[
    "checked",
    "in_deliberation",
    "to_be_decided",
    "accepted",
    "on_trial",
    "adopted",
    "review_due",
    "kept",
    "reversed",
    "rejected",
    "refused",
    "returned",
    "withdrawn",
    "lapsed",
    "rolled_back",
    "inconclusive",
]
"""Where a proposal stands."""


TRANSFERS_AVOIDED = "transfers avoided"
ANSWERED_IN_TIME = "percent answered in time"
LATE_AVOIDED = "late cases avoided"
REOPENED_AVOIDED = "reopened cases avoided"
POORLY_RATED_AVOIDED = "poorly rated cases avoided"
DUPLICATES_SUGGESTED = "duplicates suggested"
REFUSALS_SPARED = "refused suggestions spared"
SETTLED_DAYS = 7
"""A case that was not passed on in so many days after it was given counts as lying where it lies."""


class Forecast(BaseModel):
    """What a change promises, kept so that it can be scored later from decisions and outcomes alone.

    The measure `TRANSFERS_AVOIDED` counts cases that were given to their first authority by rule, followed the change,
    would have gone to another authority by the rule before it, and were not joined to another case. It counts those
    given in the `horizon_days` from the adoption on, and looks at where each lies at the review: where it was last
    passed on to, or where it was given. A case that lies with the authority that the change gave it to counts 1, one
    that lies with the authority that the rule before would have given it to counts -1, any other 0. The sum may lie
    below zero. A case that was neither passed on nor ended counts only once it was given `SETTLED_DAYS` ago; until
    then where it belongs is not known. A desk that keeps what is not its own is not seen: its cases count 1.

    The measure `ANSWERED_IN_TIME` is a percentage of cases: given to their first authority in the `horizon_days` from
    the adoption on, following the change, neither joined, declined, withdrawn nor handed over to another region, and
    due before the review. It is the part of them whose answer came by the deadline and still stands at the review.

    The measures `LATE_AVOIDED`, `REOPENED_AVOIDED` and `POORLY_RATED_AVOIDED` compare two times of like cases: those
    that the change decides otherwise than the rule before it, neither joined nor handed over to another region. Of
    those given in the `horizon_days` before the adoption, without the ones that followed the change in its trial, a
    share is bad. The measure is this share of the cases that were given in the horizon and followed the change, less
    the bad ones among these; it may lie below zero. Both times are looked at after an equal time. What the change did
    and what the season did cannot be told apart. Bad is: a missed deadline or a late first answer, of the cases that
    ended or missed it; reopened within `SETTLED_DAYS` after the first answer, of the cases that were answered so long
    ago; a first rating of 2 or less, of the rated ones.

    The measure `REFUSALS_SPARED` compares in the same way the cases of the categories whose duplicates are suggested by
    other rules: bad is one for which somebody refused a suggested duplicate within `SETTLED_DAYS` after the case was
    given. The measure `DUPLICATES_SUGGESTED` counts suggestions of the horizon farther apart, in place or time, than
    the rule before the change allowed, that somebody confirmed within `SETTLED_DAYS`. What early warnings suggest is in
    neither.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    measure: str
    expected: float
    low: float
    """Of the interval that holds what comes with probability `confidence`; as likely missed below as above."""
    high: float
    confidence: float = 0.9
    horizon_days: int
    """From the adoption on, whenever that is."""
    review_at: GivenInstant
    """The earliest time of the review, said when the change was proposed; see `review_after`."""
    cannot_know: str = ""

    def review_after(self, adopted_at: datetime) -> datetime:
        """When it can be scored: the whole horizon is over and its last cases have settled."""
        return max(self.review_at, adopted_at + timedelta(days=self.horizon_days + SETTLED_DAYS))


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
    trials: tuple[TrialPlan, ...] = ()
    """Changes that are tried in a part of what this release decides."""


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
    author_citizen: str | None = None
    """The pseudonym of the citizen whose words this patch puts into rows, who stays its author."""
    idea_id: str | None = None
    """The citizen's words that it is made of."""
    amends: str | None = None
    """The proposal that it is an amended form of."""
    reverses: str | None = None
    """The adopted proposal that it takes back."""


class DecideProposal(Command):
    """Accept or reject, with the official answer in words."""

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
    author_citizen: str | None = None
    idea_id: str | None = None
    amends: str | None = None
    reverses: str | None = None
    beside: tuple[str, ...] = ()
    """Open proposals that change one of the same rows, in the order in which they were checked."""


class ProposalRefused(Refusal):
    """The machine refuses the patch (it loosens the standard, does not apply, is unreadable), with the rows."""

    type: ClassVar[str] = "rules.proposal.refused.v1"

    proposal_id: str
    title: str = ""
    actor: str
    rows: tuple[str, ...] = ()
    author_citizen: str | None = None
    idea_id: str | None = None
    loop: str | None = None
    """Which loop it is of."""


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


class ProposalReturned(Refusal):
    """Its base moved so that it no longer applies: the author must propose again."""

    type: ClassVar[str] = "rules.proposal.returned.v1"

    proposal_id: str


class ProposalReleased(Event):
    """Common to the steps of a proposal that are a release of its layer."""

    proposal_id: str
    layer: str
    number: int
    effective_at: Instant


class ProposalAdopted(ProposalReleased):
    """The change is a release now. `canary_skipped` says that it was not tried in a part first."""

    type: ClassVar[str] = "rules.proposal.adopted.v1"

    canary_skipped: bool = True
    review_at: Instant | None = None
    """When its forecast is scored and the change is looked at again."""
    holdout_until: Instant | None = None
    """Until when a part keeps the rule before it."""
    reason: str | None = None
    numbers: dict[str, float] | None = None
    """What the trial has shown, by the words of the loop `trial`."""


class ProposalLapsed(Event):
    """The deliberation ended without what its terms ask for: the proposal is over."""

    type: ClassVar[str] = "rules.proposal.lapsed.v1"

    proposal_id: str
    reason: str
    """Such as `quorum_not_met`."""


class TrialForeseen(Event):
    """By what its backtest counts, a trial of the change would hardly come to a result: the old rule would stay, unless
    somebody entitled adopts it by word, or it is proposed for more cases. Said before anybody decides."""

    type: ClassVar[str] = "rules.trial.foreseen.v1"

    proposal_id: str
    cases: float
    """That would be tried in the longest time."""
    least_outcomes: int
    """Of each part, that a result takes."""
    longest_days: int


class TrialWaits(Event):
    """An accepted change is not tried yet: another trial has one of its rows or offices."""

    type: ClassVar[str] = "rules.trial.waits.v1"

    proposal_id: str
    behind: tuple[str, ...]
    """The proposals whose trials must end first."""


class TrialStarted(ProposalReleased):
    """A candidate release with its plan: from `effective_at` a part of the decisions follows the change."""

    type: ClassVar[str] = "rules.trial.started.v1"

    plan: TrialPlan


class TrialStepped(ProposalReleased):
    """A greater part follows the change from `effective_at`."""

    type: ClassVar[str] = "rules.trial.stepped.v1"

    share: float
    actor: str
    reason: str = ""
    numbers: dict[str, float] = Field(default_factory=dict)


class TrialPaused(ProposalReleased):
    """Nobody follows the change for now."""

    type: ClassVar[str] = "rules.trial.paused.v1"

    actor: str
    reason: str


class TrialResumed(ProposalReleased):
    """The part that followed the change before the pause follows it again."""

    type: ClassVar[str] = "rules.trial.resumed.v1"

    share: float
    actor: str
    reason: str = ""


class TrialRolledBack(ProposalReleased):
    """The change did harm, or somebody entitled took it back: the rule before it holds for all, at once."""

    type: ClassVar[str] = "rules.trial.rolled_back.v1"

    actor: str
    reason: str
    guard: str | None = None
    """The measure that showed harm, by the words of the loop `trial`."""
    numbers: dict[str, float] = Field(default_factory=dict)


class TrialEnded(ProposalReleased):
    """The trial has shown neither gain nor harm in its time: the old rule stays."""

    type: ClassVar[str] = "rules.trial.ended.v1"

    actor: str
    reason: str
    numbers: dict[str, float] = Field(default_factory=dict)

    @property
    def taken_up(self) -> bool:
        """Whether a wider change is tried in its place: nothing was shown, and nobody spoke against it."""
        return (self.actor, self.reason) == ("rules", "taken_up")


class ReviewFell(Event):
    """The change's forecast was scored on its review date and did not hold: somebody entitled must say what follows."""

    type: ClassVar[str] = "rules.review.fell.v1"

    proposal_id: str
    verdict: str
    """Of the score, see ForecastScored."""


class ChangeReviewed(Event):
    """An adopted change was looked at again: it is kept, or is to be taken back by the proposal `reversal_id`."""

    type: ClassVar[str] = "rules.change.reviewed.v1"

    proposal_id: str
    outcome: Literal["kept", "reversed"]
    verdict: str
    """Of the score, see ForecastScored."""
    actor: str
    reason: str = ""
    reversal_id: str | None = None


class ChangeReversed(Event):
    """The proposal that takes an adopted change back was adopted: the change holds no more from `effective_at` on."""

    type: ClassVar[str] = "rules.change.reversed.v1"

    proposal_id: str
    reversal_id: str
    effective_at: Instant


class ChainHeadPublished(Event):
    """The record's last link of a day: who keeps it elsewhere finds out any later change of what was before."""

    type: ClassVar[str] = "rules.chain.head_published.v1"

    number: int
    hash: str
    day: str
    """An ISO date in UTC."""
    at: Instant


class TrialOrder(Command):
    """What shall become of a trial: by the loop that watches it, or by somebody who may decide on the layer."""

    model_config = ConfigDict(allow_inf_nan=False)

    subject_field: ClassVar[str] = "proposal_id"

    proposal_id: str
    reason: str = Field(default="", max_length=2000)
    numbers: dict[str, float] = Field(default_factory=dict)


class StepTrial(TrialOrder):
    """Let the next greater share follow the change."""

    type: ClassVar[str] = "rules.trial.step.v1"


class PauseTrial(TrialOrder):
    type: ClassVar[str] = "rules.trial.pause.v1"


class ResumeTrial(TrialOrder):
    type: ClassVar[str] = "rules.trial.resume.v1"


class AdoptTrial(TrialOrder):
    """Let all follow the change."""

    type: ClassVar[str] = "rules.trial.adopt.v1"


class RollBackTrial(TrialOrder):
    """Take the change back at once, from all; of an adopted change while its holdout runs as well."""

    type: ClassVar[str] = "rules.trial.roll_back.v1"

    guard: str | None = None


class EndTrial(TrialOrder):
    """End the trial without a result: the old rule stays."""

    type: ClassVar[str] = "rules.trial.end.v1"


class ReviewChange(Command):
    """Keep an adopted change whose forecast did not hold, or take it back by a new proposal."""

    type: ClassVar[str] = "rules.change.review.v1"
    subject_field: ClassVar[str] = "proposal_id"

    proposal_id: str
    keep: bool
    reason: str = Field(max_length=2000)


class RulesCommandRefused(Refusal):
    """A command on rules.commands was refused (rights, signature, state), with the reason."""

    type: ClassVar[str] = "rules.command.refused.v1"

    proposal_id: str
    command: str
    command_id: str
    actor: str


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
