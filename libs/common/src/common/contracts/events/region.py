"""The life of a case in its region: commands to it, and every transition as one event."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from common.contracts.disputes import Arbiter, TransferLimits
from common.contracts.events.base import Because, Command, Event, GivenInstant, Instant, Place, Refusal, RowNamed
from common.contracts.parts import PartOf
from common.contracts.trial import ArmDrawn
from common.contracts.waiting import WaitEnd

State = Literal[
    "assigned",
    "accepted",
    "in_work",
    "answered",
    "confirmed",
    "waiting",
    "deferred",
    "joined",
    "declined",
    "withdrawn",
    "handed_over",
]


class CaseEvent(Event):
    """Common to every transition: the case, who did it, and the state it left the case in."""

    case_id: str
    region: str
    authority: str
    actor: str
    state: State
    reason: str = ""
    synthetic: bool = False


class CaseOpenedSummary(CaseEvent):
    """`CaseOpened` without the citizen's words and the reasons: decoded in a quarter of the time, it is how whoever
    needs neither reads the same record."""

    type: ClassVar[str] = "region.case.opened.v1"

    reference: str
    area: str
    category: str
    priority: int
    channel: str
    received_at: Instant
    due_at: Instant
    release: str
    by_hand: bool = False
    handed_over_from: str | None = None
    arms: tuple[ArmDrawn, ...] = ()
    """Of the trials that concerned its assignment."""


class CaseOpenedForLoops(CaseOpenedSummary):
    """The summary with the place and the names of the rows that decided: what a loop reads."""

    type: ClassVar[str] = "region.case.opened.v1"

    place: Place = Place()
    because: tuple[RowNamed, ...] = ()
    authority_by_rules: str | None = None
    """Of a case that a person placed in triage, as of CaseAssigned."""


class CaseOpenedWithReasons(CaseOpenedSummary):
    """The summary with the rows that decided: what the archive reads."""

    type: ClassVar[str] = "region.case.opened.v1"

    because: tuple[Because, ...] = ()


class CaseOpenedWithCitizen(CaseOpenedSummary):
    """The summary with who waits for the case: what deliberation reads."""

    type: ClassVar[str] = "region.case.opened.v1"

    citizen: str


class CaseOpened(CaseOpenedWithReasons, CaseOpenedForLoops, CaseOpenedWithCitizen):
    """Registered and assigned in one step: the region has the case."""

    type: ClassVar[str] = "region.case.opened.v1"

    message_id: str
    text: str
    language: str = "en"
    part_of: PartOf | None = None
    """Of a message that was divided."""
    limits: TransferLimits | None = None
    """How often it may be passed on; None where the rules do not say."""
    hand_overs: int = 0
    """From region to region so far."""
    settled_by: Arbiter | None = None
    """Who has decided whose it is."""


class CaseAccepted(CaseEvent):
    """The authority took the case as its own."""

    type: ClassVar[str] = "region.case.accepted.v1"


class WorkStarted(CaseEvent):
    """Work began or goes on; if the case waited for the citizen, it goes on without the reply."""

    type: ClassVar[str] = "region.case.work_started.v1"

    due_at: Instant | None = None
    """Set when the case had waited for the citizen."""


class CaseTransferred(CaseEvent):
    """Wrong authority: `authority` is the new one. `to_region` is set when the case leaves the region."""

    type: ClassVar[str] = "region.case.transferred.v1"

    from_authority: str
    to_region: str | None = None
    due_at: Instant | None = None
    held_minutes: int = 0
    """Working minutes the previous authority held the case; its clock, not the next one's."""
    handed_case: Handover | None = None


class Handover(Event):
    """All another region needs to open a case that was handed over to it."""

    type: ClassVar[str] = "region.case.handover.v1"

    reference: str
    message_id: str
    category: str
    priority: int
    channel: str
    citizen: str
    text: str
    language: str
    place: Place
    received_at: Instant
    due_at: Instant
    extension_minutes: int
    arms: tuple[ArmDrawn, ...] = ()
    """Of the trials that concerned its assignment: it keeps them."""
    part_of: PartOf | None = None
    hand_overs: int = 0
    """From region to region, this one counted."""
    settled_by: Arbiter | None = None
    """Where the centre has decided whose it is."""


class DisputeRaised(CaseEvent):
    """The holder says that the case belongs to another: it stays with `authority` until the arbiter decides, and its
    clock runs."""

    type: ClassVar[str] = "region.dispute.raised.v1"

    claimed_authority: str
    claimed_region: str | None = None
    """None: one of this region."""
    arbiter: Arbiter
    transfers: int = 0
    """How often it was passed on inside the region."""
    hand_overs: int = 0
    """How often from region to region."""


class DisputeSettled(CaseEvent):
    """The arbiter's word; where the case goes to another, CaseTransferred follows."""

    type: ClassVar[str] = "region.dispute.settled.v1"

    to_authority: str
    to_region: str | None = None
    claimed_authority: str
    """To whom the holder said it belongs."""
    claimed_region: str | None = None
    arbiter: Arbiter
    transfers: int = 0
    hand_overs: int = 0


class CaseExtended(CaseEvent):
    type: ClassVar[str] = "region.case.extended.v1"

    due_at: Instant
    by_minutes: int


class CaseDeferred(CaseEvent):
    type: ClassVar[str] = "region.case.deferred.v1"

    until: Instant


class CitizenAsked(CaseEvent):
    """Waiting for the citizen; the clock goes on until the question has reached them."""

    type: ClassVar[str] = "region.case.citizen_asked.v1"

    question: str


class CitizenReached(CaseEvent):
    """The question reached the citizen: the clock stops."""

    type: ClassVar[str] = "region.case.citizen_reached.v1"


class CaseReminded(CaseEvent):
    """No reply came yet: the question again, and until when a reply is waited for; once a question."""

    type: ClassVar[str] = "region.case.reminded.v1"

    question: str
    asked_at: Instant
    """ce_time of the question."""
    ends_at: Instant
    then: WaitEnd


class CaseWaitEnded(CaseEvent):
    """No reply came within the term: work goes on without it, or the case is closed; CaseDeclined follows then."""

    type: ClassVar[str] = "region.case.wait_ended.v1"

    then: WaitEnd
    due_at: Instant
    """Later by the time that the clock stood still."""


class MessageJoined(CaseEvent):
    """A later message joined the case; if the case waited for the citizen, `due_at` is set and work goes on."""

    type: ClassVar[str] = "region.case.message_joined.v1"

    message_id: str
    text: str
    category: str | None = None
    """What the citizen chose with it; the case's own stays what it is."""
    place: Place = Place()
    """Of the message; the case's own stays what it is."""
    due_at: Instant | None = None
    replaces: str | None = None
    """The id of the earlier message that this one is said instead of; without words that was taken back."""


class PriorityRaisedSummary(CaseEvent):
    """`PriorityRaised` without the rows that decided: how whoever needs none reads the same record."""

    type: ClassVar[str] = "region.case.priority_raised.v1"

    priority: int
    from_priority: int
    message_id: str
    """Whose words show it."""


class PriorityRaised(PriorityRaisedSummary):
    """What the citizen added shows an emergency: by the rules the case has at least this priority from now on."""

    type: ClassVar[str] = "region.case.priority_raised.v1"

    because: tuple[Because, ...] = ()


class CaseJoined(CaseEvent):
    """A duplicate: the case goes on under `into_case`."""

    type: ClassVar[str] = "region.case.joined.v1"

    into_case: str


class CaseAnswered(CaseEvent):
    type: ClassVar[str] = "region.case.answered.v1"

    text: str
    outcome: str = "resolved"
    on_time: bool
    worked_minutes: int
    """Working minutes from receipt to answer, without the time waiting for the citizen."""


class CaseDeclined(CaseEvent):
    """Not to be answered, on a legal ground."""

    type: ClassVar[str] = "region.case.declined.v1"

    ground: str
    no_reply: bool = False
    """By the rules, since the citizen did not reply to a question; CaseWaitEnded came before."""


class CaseConfirmed(CaseEvent):
    type: ClassVar[str] = "region.case.confirmed.v1"

    rating: int | None = None


class CaseReopened(CaseEvent):
    type: ClassVar[str] = "region.case.reopened.v1"

    rating: int | None = None
    times: int
    due_at: Instant


class CaseRated(CaseEvent):
    type: ClassVar[str] = "region.case.rated.v1"

    rating: int = Field(ge=1, le=5)


class CaseWithdrawn(CaseEvent):
    type: ClassVar[str] = "region.case.withdrawn.v1"


class CaseOverdue(CaseEvent):
    """The deadline passed; `due_at` is when. Once a deadline."""

    type: ClassVar[str] = "region.case.overdue.v1"

    due_at: Instant


class CaseOverdueWithdrawn(CaseEvent):
    """The clock was wrong, `reason` says how: the deadline `due_at` stands, and had not come when it was reported as
    missed. An answer that was given meanwhile was in time."""

    type: ClassVar[str] = "region.case.overdue_withdrawn.v1"

    due_at: Instant
    reported_at: Instant | None = None
    """ce_time of the CaseOverdue that is taken back."""


class DirectiveReceived(CaseEvent):
    type: ClassVar[str] = "region.directive.received.v1"

    directive_id: str


class DirectiveAnswered(CaseEvent):
    """What the region did about a directive: a word from its head, or the case's answer."""

    type: ClassVar[str] = "region.directive.answered.v1"

    directive_id: str
    text: str
    fulfilled: bool


class CommandRefused(Refusal):
    """A command the case's life does not allow, with the reason; nothing changed."""

    type: ClassVar[str] = "region.command.refused.v1"

    case_id: str
    region: str
    command: str
    command_id: str
    actor: str


class CaseCommand(Command):
    subject_field: ClassVar[str] = "case_id"

    case_id: str


class AcceptCase(CaseCommand):
    type: ClassVar[str] = "region.case.accept.v1"


class StartWork(CaseCommand):
    type: ClassVar[str] = "region.case.start_work.v1"


class TransferCase(CaseCommand):
    """Not ours: hand it to `to_authority`. The deadline goes on.

    `to_region` says which region gets the case where the authority serves several others.
    """

    type: ClassVar[str] = "region.case.transfer.v1"

    to_authority: str
    reason: str = ""
    to_region: str | None = None


class RaiseDispute(CaseCommand):
    """Not ours, and not ours to pass on any more: the arbiter shall say whose it is. `to_region` as in TransferCase."""

    type: ClassVar[str] = "region.dispute.raise.v1"

    to_authority: str
    to_region: str | None = None
    reason: str


class SettleDispute(CaseCommand):
    """The arbiter's decision: `to_authority` gets the case, which may be its holder."""

    type: ClassVar[str] = "region.dispute.settle.v1"

    to_authority: str
    to_region: str | None = None
    reason: str


class ExtendCase(CaseCommand):
    """Once, within the standard; the citizen is told."""

    type: ClassVar[str] = "region.case.extend.v1"

    reason: str


class DeferCase(CaseCommand):
    type: ClassVar[str] = "region.case.defer.v1"

    until: GivenInstant
    reason: str


class AskCitizen(CaseCommand):
    type: ClassVar[str] = "region.case.ask_citizen.v1"

    question: str


class JoinCase(CaseCommand):
    type: ClassVar[str] = "region.case.join.v1"

    into_case: str


class AnswerCase(CaseCommand):
    type: ClassVar[str] = "region.case.answer.v1"

    text: str
    outcome: str = "resolved"


class DeclineCase(CaseCommand):
    type: ClassVar[str] = "region.case.decline.v1"

    ground: str


class AnswerDirective(CaseCommand):
    type: ClassVar[str] = "region.directive.answer.v1"

    directive_id: str
    text: str


CaseTransferred.model_rebuild()
