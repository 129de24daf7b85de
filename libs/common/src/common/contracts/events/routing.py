"""What routing decides: which region, area and authority, by which deadline, by which rule."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.disputes import Arbiter, TransferLimits
from common.contracts.events.base import Because, Command, Event, Instant, Place, Refusal
from common.contracts.parts import Part, PartOf
from common.contracts.trial import ArmDrawn
from common.contracts.waiting import WaitingTerms


class CategoryCandidate(BaseModel):
    """A category that a message may be about, and how probable that is in percent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    category: str
    percent: int = Field(ge=0, le=100)


class PlaceCandidate(BaseModel):
    """A place that the words of a message may mean."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    street: str
    house: str | None = None
    """None where none is named, or the street has no such house."""
    area: str
    exact: bool
    """Every word of the street's name stands there, not with a letter wrong."""
    source: Literal["address", "text"]


MatterKind = Literal["emergency", "abuse", "spam", "thanks"]
"""What a message's words show beside what it is about, see the rulebook's table `matters`."""


class CaseAssigned(Event):
    """On a region's assignments topic: this case is yours, this authority must answer, by this rule."""

    type: ClassVar[str] = "routing.case.assigned.v1"

    case_id: str
    reference: str
    message_id: str
    region: str
    area: str
    border_set: str
    authority: str
    category: str
    priority: int
    answer_minutes: int
    extension_minutes: int
    channel: str
    citizen: str
    text: str
    language: str = "en"
    place: Place = Place()
    received_at: Instant
    release: str
    because: tuple[Because, ...] = ()
    arms: tuple[ArmDrawn, ...] = ()
    """Of the trials that concern the decision."""
    by_hand: bool = False
    """True when a person answered triage or another region handed the case over."""
    authority_by_rules: str | None = None
    """Of a case that a person placed: who the rules name for it, if the person left that to them or was shown it; None
    where they name nobody, or the person was not shown whom."""
    handed_over_from: str | None = None
    due_at: Instant | None = None
    """Set on a hand-over: no transfer restarts the clock."""
    least_characters: int = 0
    """That an answer must have."""
    waiting: WaitingTerms | None = None
    """None where the rules do not say."""
    synthetic: bool = False
    matter: MatterKind | None = None
    limits: TransferLimits | None = None
    """How often it may be passed on; None where the rules do not say."""
    hand_overs: int = 0
    """From region to region so far."""
    settled_by: Arbiter | None = None
    """Who has decided whose it is."""
    part_of: PartOf | None = None
    """Of a message that was divided."""


class MessageForwarded(Event):
    """On a region's assignments topic: a later message of a case of this region."""

    type: ClassVar[str] = "routing.message.forwarded.v1"

    case_id: str
    message_id: str
    citizen: str
    text: str
    category: str | None = None
    """What the citizen chose with it."""
    place: Place = Place()
    received_at: Instant
    replaces: str | None = None
    """The id of the earlier message that this one is said instead of; without words that was taken back."""
    least_priority: int = 0
    """That the case has from now on, by the rules: its words show an emergency. 0: they say nothing of it."""
    because: tuple[Because, ...] = ()
    """The rows that say so."""


class VerdictForwarded(Event):
    """On a region's assignments topic: the citizen's verdict on a case of this region."""

    type: ClassVar[str] = "routing.verdict.forwarded.v1"

    case_id: str
    citizen: str
    verdict: Literal["confirmed", "reopened", "withdrawn"]
    rating: int | None = None
    text: str = ""
    given_at: Instant
    synthetic: bool = False


class JoinForwarded(Event):
    """On a region's assignments topic: the citizen says that their case is about the same thing as another of the
    region, as the rules had suggested."""

    type: ClassVar[str] = "routing.join.forwarded.v1"

    case_id: str
    into_case: str
    citizen: str
    given_at: Instant
    synthetic: bool = False


class QuestionDeliveryForwarded(Event):
    """On a region's assignments topic: a question of this region reached the citizen."""

    type: ClassVar[str] = "routing.question_delivery.forwarded.v1"

    case_id: str
    delivered_at: Instant
    asked_at: Instant | None = None
    """ce_time of the question, where it is known."""


class TriageRequested(Event):
    """Routing could not place the message: a person must say category, area or authority."""

    type: ClassVar[str] = "routing.triage.requested.v1"

    case_id: str
    reference: str
    message_id: str
    channel: str
    citizen: str
    text: str
    category: str | None = None
    place: Place = Place()
    received_at: Instant
    reason: Literal["no_place", "outside_every_region", "unknown_category", "no_authority", "confirm"]
    missing: tuple[str, ...]
    """Which of `category`, `area`, `authority` the answer must give."""
    release: str = ""
    candidates: tuple[CategoryCandidate, ...] = ()
    """What a model reads in its words, the most probable first; only where no category was understood."""
    because: tuple[Because, ...] = ()
    """The rows that decided over the candidates, and those by which it is a matter of its own."""
    matter: MatterKind | None = None
    priority: int = 0
    """Of a case that nobody holds: 0, but of an emergency what the rules say."""
    places: tuple[PlaceCandidate, ...] = ()
    """What its words may mean, where no place is known."""
    part_of: PartOf | None = None
    """Of a message that was divided: it is not divided again."""
    parts: tuple[Part, ...] = ()
    """Its words seem to be about several matters: how it may be divided, for the person who looks at it."""
    authority_by_rules: str | None = None
    """Who gets it if the person only confirms; None where the rules name nobody, or a trial is about whom they name."""
    category_by_rules: str | None = None
    """The category that the rules read of it; None where they read none."""
    area: str | None = None
    """That it lies in; None where no place is known."""


class TriageSupplemented(Event):
    """The citizen said more of a message that waits in triage: all that has come, and what is still missing."""

    type: ClassVar[str] = "routing.triage.supplemented.v1"

    case_id: str
    message_id: str
    """Of the later message."""
    text: str
    """Of all messages, a line each."""
    category: str | None = None
    place: Place = Place()
    reason: Literal["no_place", "outside_every_region", "unknown_category", "no_authority", "confirm"]
    missing: tuple[str, ...]
    release: str = ""
    candidates: tuple[CategoryCandidate, ...] = ()
    because: tuple[Because, ...] = ()
    places: tuple[PlaceCandidate, ...] = ()
    """What its words may mean, where no place is known."""
    parts: tuple[Part, ...] = ()
    """As of TriageRequested, of all words together."""
    authority_by_rules: str | None = None
    category_by_rules: str | None = None
    area: str | None = None
    """These three as of TriageRequested."""


class ClarificationAsked(Event):
    """The citizen is asked which category the message is about; the first to say, citizen or official, places it."""

    type: ClassVar[str] = "routing.clarification.asked.v1"

    case_id: str
    choices: tuple[str, ...]
    """Categories, in the order of the numbers by which the citizen may answer, from 1."""


class TriageAnswered(Event):
    """A person placed the message, or the citizen's reply did; the assignment follows on the region's topic."""

    type: ClassVar[str] = "routing.triage.answered.v1"

    case_id: str
    region: str
    area: str
    category: str
    authority: str
    actor: str
    clarified: bool = False
    """The citizen's reply to ClarificationAsked named the category; `actor` is their pseudonym."""
    completed: bool = False
    """A later message of the citizen, `actor`, said what was missing, and the rules placed it."""


class TriageDeclined(Event):
    """A person refused the message in triage with a reason; it opens no case."""

    type: ClassVar[str] = "routing.triage.declined.v1"

    case_id: str
    reason: str
    actor: str
    matter: MatterKind | None = None
    """By a rule, not a person: people have closed several messages of that kind from this citizen."""


class MessageSplitSummary(Event):
    """`MessageSplit` without anybody's words: how whoever needs none reads the same record."""

    type: ClassVar[str] = "routing.message.split.v1"

    case_id: str


class MessageSplit(MessageSplitSummary):
    """A person divided a message in triage: each part becomes a case of its own, this one opens none. Intake registers
    the parts."""

    type: ClassVar[str] = "routing.message.split.v1"

    reference: str
    message_id: str
    channel: str
    citizen: str
    received_at: Instant
    place: Place = Place()
    """Of the message, for parts that name none."""
    parts: tuple[Part, ...]
    actor: str
    synthetic: bool = False


class EmergencyNoticed(Event):
    """The words of a message show an emergency in progress: the citizen is told at once where to call."""

    type: ClassVar[str] = "routing.emergency.noticed.v1"

    case_id: str
    message_id: str
    citizen: str
    region: str | None = None
    """None while it is not placed."""
    call: str = ""
    """Number; empty where the federation names none."""
    because: tuple[Because, ...] = ()


class ThanksReceived(Event):
    """A message says thanks and asks for nothing: it is closed as such and opens no case."""

    type: ClassVar[str] = "routing.thanks.received.v1"

    case_id: str
    reference: str
    message_id: str
    channel: str
    citizen: str
    text: str
    received_at: Instant
    region: str | None = None
    area: str | None = None
    category: str | None = None
    authority: str | None = None
    """Whose it would be by the rules; None where they do not say."""
    release: str = ""
    because: tuple[Because, ...] = ()
    synthetic: bool = False


class DuplicateSuggested(Event):
    """By the rules the case may be about the same thing as an earlier one; nothing is joined until a person says so."""

    type: ClassVar[str] = "routing.duplicate.suggested.v1"

    case_id: str
    region: str
    other_case: str
    other_reference: str
    category: str
    distance_metres: int
    apart_minutes: int
    """How much later than the other the case was placed."""
    likeness: int | None = None
    """Percent of words that both share; None where one has none."""
    because: tuple[Because, ...] = ()
    ask_citizen: bool = False
    """The citizen shall be asked too; the first to say, citizen or official, decides."""
    warning: str | None = None
    """The early warning whose parent case the other one is. None: the other one lies as near as the category's rule
    asks."""


class DuplicateDecided(Event):
    """A person said whether the case is about the same thing as the one that was suggested."""

    type: ClassVar[str] = "routing.duplicate.decided.v1"

    case_id: str
    region: str
    other_case: str
    category: str
    same: bool
    distance_metres: int
    apart_minutes: int
    actor: str
    by: Literal["official", "citizen"] = "official"
    """Whose word it is; a citizen's `actor` is their pseudonym."""
    warning: str | None = None
    """The early warning by which it was suggested."""


class CaseWarned(Event):
    """A case was given to a region while an early warning of its category stands, in whose circle it lies."""

    type: ClassVar[str] = "routing.case.warned.v1"

    case_id: str
    region: str
    category: str
    warning_id: str


class RoutingCommandRefused(Refusal):
    """A command on routing.commands was refused, with the reason; nothing changed."""

    type: ClassVar[str] = "routing.command.refused.v1"

    case_id: str
    command: str
    command_id: str


class AnswerTriage(Command):
    """Place a waiting message. Empty fields mean: as the rules and borders say."""

    type: ClassVar[str] = "routing.triage.answer.v1"
    subject_field: ClassVar[str] = "case_id"

    case_id: str
    category: str | None = None
    area: str | None = None
    authority: str | None = None


class DeclineTriage(Command):
    """Close a waiting message without a case, with a reason."""

    type: ClassVar[str] = "routing.triage.decline.v1"
    subject_field: ClassVar[str] = "case_id"

    case_id: str
    reason: str


class SplitTriage(Command):
    """Divide a waiting message about several matters into parts, from 2 to 5."""

    type: ClassVar[str] = "routing.triage.split.v1"
    subject_field: ClassVar[str] = "case_id"

    case_id: str
    parts: tuple[Part, ...]


class RefuseDuplicate(Command):
    """The case is not about the same thing as the one that was suggested."""

    type: ClassVar[str] = "routing.duplicate.refuse.v1"
    subject_field: ClassVar[str] = "case_id"

    case_id: str
    other_case: str = Field(max_length=200)
