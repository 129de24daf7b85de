"""What people say about proposed changes, and what follows from it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.events.base import Command, Event, Instant, Refusal
from common.contracts.events.rules import Forecast
from common.contracts.judged import Judged
from common.contracts.patch import Patch

Stance = Literal["support", "object", "comment", "question", "amendment"]
VoiceRole = Literal["citizen", "expert", "organisation", "region", "federal"]
Formula = Literal["majority", "group_aware"]


class RoleCount(BaseModel):
    """Voices of one role: one a person, the last one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: VoiceRole
    voices: int = 0
    support: int = 0
    object: int = 0
    quorum: int = 0
    """How many voices the role must have given."""


EVERY_CHANNEL = "*"
"""As the source of a burst: it came by any channel."""


class Burst(BaseModel):
    """Many people who speak by one channel in a short time, or many strangers in some hours: the closing counts with
    and without what was said then."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str
    """The channel, or EVERY_CHANNEL."""
    since: Instant
    until: Instant
    voices: int
    """One a person and minute. Of every channel: those who spoke first then, and of whom nothing else was known."""


class CountWithoutBursts(BaseModel):
    """What it comes to with the voices of bursts set aside: of each person the last word outside them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    outcome: Literal["may_be_decided", "lapsed"]
    reason: Literal["supported", "quorum_not_met", "not_supported", "objections_unanswered"]
    counts: tuple[RoleCount, ...] = ()
    objections: int = 0
    unanswered: int = 0


class DeliberationTerms(BaseModel):
    """The row of table `deliberation` that was in force when the deliberation was opened."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    row_id: str
    release: str
    speakers: tuple[VoiceRole, ...]
    quorum: dict[str, int] = Field(default_factory=dict)
    """By role."""
    support_percent: float = 50
    """Least share of support among voices for and against."""
    formula: Formula = "majority"
    told_at_most: int = 0


class DeliberationOpened(Event):
    """A checked and backtested proposal is open to argument until `until`, at the latest until `latest`."""

    type: ClassVar[str] = "deliberation.opened.v1"

    proposal_id: str
    reference: str
    """The short word by which citizens name the proposal on a channel."""
    layer: str
    title: str
    terms: DeliberationTerms
    opened_at: Instant
    until: Instant
    latest: Instant
    """When it lapses while objections are unanswered."""
    concerned: int = 0
    """Citizens with open cases that the change touches."""
    told: int = 0
    """Of these: how many are told of it."""


class DeliberationClosed(Event):
    """The argument is over: an entitled person may decide, or the proposal lapsed; with the counts."""

    type: ClassVar[str] = "deliberation.closed.v1"

    proposal_id: str
    outcome: Literal["may_be_decided", "lapsed", "withdrawn"]
    reason: Literal["supported", "quorum_not_met", "not_supported", "objections_unanswered", "withdrawn"]
    counts: tuple[RoleCount, ...] = ()
    objections: int = 0
    unanswered: int = 0
    bursts: tuple[Burst, ...] = ()
    last_number: int = 0
    """Of the proposal's published voices: whoever recounts them needs all up to it."""
    judged_by: Formula | None = None
    """How the support was judged: `majority` although the terms say `group_aware` means that there were no groups."""
    least_support: float | None = None
    """Where it was judged by groups: the least share of support over them."""
    without_bursts: CountWithoutBursts | None = None
    """Where there are bursts. If it ends otherwise than all voices do, `outcome` is `may_be_decided`, so that a person
    looks at both, and `reason` says what all voices come to."""
    closed_at: Instant

    @property
    def disputed(self) -> bool:
        """Whether the bursts alone decide how all voices end."""
        other = self.without_bursts
        return other is not None and (other.reason == "supported") != (self.reason == "supported")


class StandingConsentUsed(Event):
    """The proposal passed unasked, by a consent that somebody entitled has given beforehand."""

    type: ClassVar[str] = "deliberation.consent.used.v1"

    proposal_id: str
    layer: str
    consent: str
    """The row of table `standing_consent`."""
    release: str
    given_by: str
    until: str
    """The last day on which it holds, as an ISO date."""
    used_at: Instant


class StandingConsentRevoked(Event):
    """A standing consent holds no more, from now on, whatever the table says."""

    type: ClassVar[str] = "deliberation.consent.revoked.v1"

    layer: str
    consent: str
    actor: str
    reason: str
    revoked_at: Instant


class VoiceCounted(Event):
    """One person's word on one proposal. The last one of a person counts; `number` is gapless within the proposal."""

    type: ClassVar[str] = "deliberation.voice.counted.v1"

    proposal_id: str
    voice_id: str
    number: int
    speaker: str
    """A pseudonym that holds for this proposal alone; of people of the federation their id."""
    role: VoiceRole
    stance: Stance
    words: str = ""
    """Redacted."""
    channel: str | None = None
    replaces: str | None = None
    """The same speaker's voice that counted before."""
    amendment: Patch | None = None
    amends_into: str | None = None
    """The proposal that was made of the amendment."""
    given_at: Instant


class VoicesJudged(Event):
    """One person's judgement of the words of others on one proposal. The last one on each of them counts; with their
    own words people agree until they say otherwise. It is no voice: no quorum and no share counts it."""

    type: ClassVar[str] = "deliberation.voices.judged.v1"

    proposal_id: str
    number: int
    """Continues that of the proposal's voices."""
    speaker: str
    """As in VoiceCounted."""
    role: VoiceRole
    agree: Judged = ()
    disagree: Judged = ()
    channel: str | None = None
    given_at: Instant


class ObjectionAnswered(Event):
    """The author or an official answered an objection."""

    type: ClassVar[str] = "deliberation.objection.answered.v1"

    proposal_id: str
    voice_id: str
    number: int
    """Continues that of the proposal's voices."""
    actor: str
    role: str
    words: str
    answered_at: Instant


class VoiceModerated(Event):
    """The words of a voice are hidden, or shown again after an appeal, or erased for good; it counts as before."""

    type: ClassVar[str] = "deliberation.voice.moderated.v1"

    proposal_id: str
    voice_id: str
    number: int
    hidden: bool
    reason: str
    actor: str
    appeal: Literal["none", "open", "upheld", "granted"] = "none"
    erased: bool = False
    """Whoever keeps the words forgets them: their citizen was erased."""
    moderated_at: Instant


class SpeakersJoined(Event):
    """Two speakers proved to be one person, as citizens who link two channels do: whatever either says or said on the
    proposal is `into_speaker`'s, and of both their sides the one with the greater number counts."""

    type: ClassVar[str] = "deliberation.speakers.joined.v1"

    proposal_id: str
    number: int
    """Continues that of the proposal's voices."""
    speaker: str
    """As in VoiceCounted."""
    into_speaker: str
    replaces: str | None = None
    """The voice that counted and counts no more."""
    joined_at: Instant


class OpinionGroup(BaseModel):
    """People who judge alike."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    people: int
    support: int
    object: int
    typical: tuple[str, ...] = ()
    """Voices that the group agrees with most and the others do not, by id."""


class OpinionGroupsFound(Event):
    """The groups among those who spoke about a proposal or judged the words of others, and what all of them share."""

    type: ClassVar[str] = "deliberation.groups.found.v1"

    proposal_id: str
    people: int
    groups: tuple[OpinionGroup, ...] = ()
    shared: tuple[str, ...] = ()
    """Voices with which every group agrees, most first, by id."""
    group_aware_support: float | None = None
    """The least share of support over the groups of which enough took a side; None where there are none."""
    number: int = 0
    """Of the proposal's published voices: the groups are found from all up to it."""
    found_at: Instant


class IdeaReceived(Event):
    """A citizen asks in words for another rule: somebody entitled may make a proposal of it."""

    type: ClassVar[str] = "deliberation.idea.received.v1"

    idea_id: str
    reference: str
    citizen: str
    channel: str
    words: str
    amends: str | None = None
    """The proposal that the citizen would have otherwise."""
    received_at: Instant


class IdeaTakenUp(Event):
    """Somebody entitled has made a proposal of a citizen's words; the citizen is its author."""

    type: ClassVar[str] = "deliberation.idea.taken_up.v1"

    idea_id: str
    reference: str
    proposal_id: str
    actor: str
    taken_up_at: Instant


class IdeaFreed(Event):
    """The proposal that was made of an idea came to nothing before it was decided: another may be made of it."""

    type: ClassVar[str] = "deliberation.idea.freed.v1"

    idea_id: str
    reference: str
    proposal_id: str
    state: str
    """What became of the proposal: `refused`, `returned` or `withdrawn`."""
    reason: str = ""
    code: str | None = None
    """Of `reason`, see refusals.RefusalCode: what it is put into the reader's words by, with `details`."""
    details: dict[str, str] | None = None
    freed_at: Instant


class IdeaDeclined(Event):
    """No proposal is made of an idea, for the reason that the citizen is told."""

    type: ClassVar[str] = "deliberation.idea.declined.v1"

    idea_id: str
    reference: str
    actor: str
    words: str
    declined_at: Instant


class IdeaWithdrawn(Event):
    """The citizen takes an idea back."""

    type: ClassVar[str] = "deliberation.idea.withdrawn.v1"

    idea_id: str
    reference: str
    proposal_id: str | None = None
    """The proposal that was made of it, which its author withdraws with it."""
    withdrawn_at: Instant


class CitizenToBeToldOfIdea(Event):
    """For intake: what a citizen is to be told about an idea of theirs, on the channel where it came from."""

    type: ClassVar[str] = "deliberation.citizen.to_be_told_of_idea.v1"

    idea_id: str
    reference: str
    """Of the idea."""
    citizen: str
    kind: str
    """`taken_up`, `refused`, `declined`, `withdrawn`, `not_withdrawn`; more may come."""
    proposal_id: str | None = None
    """The proposal that was made of it."""
    proposal_reference: str | None = None
    """By which citizens name it on a channel, once it is checked."""
    facts: dict[str, str] = Field(default_factory=dict)
    """What the notice's text may name, such as `title` or `reason`."""
    answers: str | None = None
    """The voice that this is the answer to; without it the idea's own."""


class CitizenToBeTold(Event):
    """For intake: what a citizen is to be told about a proposal, on the channel where the citizen last spoke."""

    type: ClassVar[str] = "deliberation.citizen.to_be_told.v1"

    proposal_id: str | None = None
    """None: about a voice that names no proposal."""
    reference: str
    citizen: str
    kind: Literal[
        "opened", "counted", "not_understood", "not_entitled", "closed_already", "no_such_proposal", "answered",
        "moderated", "may_be_decided", "lapsed", "accepted", "rejected", "on_trial", "adopted", "rolled_back",
        "inconclusive", "returned", "refused", "withdrawn", "kept", "reversed", "idea_received",
    ]  # fmt: skip
    facts: dict[str, str] = Field(default_factory=dict)
    """What the notice's text may name, such as `title`, `until`, `reason`, `stance`."""
    answers: str | None = None
    """The voice that this is the answer to."""


class DeliberationCommandRefused(Refusal):
    """A command on deliberation.commands was refused, with the reason."""

    type: ClassVar[str] = "deliberation.command.refused.v1"

    proposal_id: str
    command: str
    command_id: str
    actor: str


class GiveVoice(Command):
    """A person of the federation speaks about a proposal."""

    type: ClassVar[str] = "deliberation.voice.give.v1"
    subject_field: ClassVar[str] = "proposal_id"

    proposal_id: str
    stance: Stance
    words: str = Field(default="", max_length=4000)
    amendment: Patch | None = None


class JudgeVoices(Command):
    """A person of the federation agrees or disagrees with the words of others on a proposal."""

    type: ClassVar[str] = "deliberation.voices.judge.v1"
    subject_field: ClassVar[str] = "proposal_id"

    proposal_id: str
    agree: Judged = ()
    disagree: Judged = ()


class VoiceOrder(Command):
    """Common to orders about one voice."""

    subject_field: ClassVar[str] = "proposal_id"

    proposal_id: str
    voice_id: str


class AnswerObjection(VoiceOrder):
    """The same words may answer several objections: all of them or, where one is none, no one."""

    type: ClassVar[str] = "deliberation.objection.answer.v1"

    also: tuple[str, ...] = Field(default=(), max_length=1000)
    """More objections on the proposal that the words answer."""
    words: str = Field(max_length=4000)


class ModerateVoice(VoiceOrder):
    """Hide the words of a voice; the original is kept."""

    type: ClassVar[str] = "deliberation.voice.moderate.v1"

    reason: str = Field(max_length=1000)


class AppealModeration(VoiceOrder):
    """The speaker, or anyone who may speak, asks another person to look at a hidden voice again."""

    type: ClassVar[str] = "deliberation.moderation.appeal.v1"

    reason: str = Field(max_length=1000)


class SettleAppeal(VoiceOrder):
    """A second person's word: the words stay hidden, or are shown again."""

    type: ClassVar[str] = "deliberation.appeal.settle.v1"

    show: bool
    reason: str = Field(max_length=1000)


class RevokeStandingConsent(Command):
    type: ClassVar[str] = "deliberation.consent.revoke.v1"
    subject_field: ClassVar[str] = "consent"

    layer: str
    consent: str
    reason: str = Field(max_length=1000)


class IdeaOrder(Command):
    """Common to orders about a citizen's idea."""

    subject_field: ClassVar[str] = "idea_id"

    idea_id: str


class TakeUpIdea(IdeaOrder):
    """Make a proposal of a citizen's words. They stay out of it: a proposal stands in the record for ever."""

    type: ClassVar[str] = "deliberation.idea.take_up.v1"

    proposal_id: str
    title: str = Field(max_length=300)
    words: str = Field(max_length=4000)
    """The proposer's own."""
    patch: Patch
    values: tuple[str, ...] = ()
    forecast: Forecast | None = None
    needs_person: bool = False


class DeclineIdea(IdeaOrder):
    """Make no proposal of it; the citizen is told why."""

    type: ClassVar[str] = "deliberation.idea.decline.v1"

    words: str = Field(max_length=2000)
