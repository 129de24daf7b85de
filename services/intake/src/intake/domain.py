"""What becomes of a citizen's message. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from common.contracts import ids
from common.contracts.attachments import Attachment
from common.contracts.envelope import Envelope
from common.contracts.events.base import Place
from common.contracts.events.channel import (
    Contact,
    ErasureRequested,
    LinkRequested,
    MessageReceived,
    SupportReceived,
    VerdictReceived,
    VoiceReceived,
)
from common.contracts.events.intake import (
    AttachmentGiven,
    MessageAdded,
    MessageRefused,
    MessageRegistered,
    VerdictGiven,
)
from common.contracts.frozen import value
from common.contracts.reference import reference_of
from common.messaging.consume.time_bounds import MESSAGE_AGE, Timeliness

from intake.conversation import Begun, Conversation, MessageDecision, Refusal
from intake.course import Course, as_reopening
from intake.redaction import redact, redact_address
from intake.telling import Telling

TOPIC = "intake.messages"
UNKNOWN_CATEGORY = "[unknown category]"
"""Stands on internal topics for what a channel named and nobody knows."""
TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?")


@value
class Incoming:
    """A message as a channel gave it, and what the border made of its sender."""

    event: MessageReceived | VerdictReceived | VoiceReceived | SupportReceived | ErasureRequested | LinkRequested
    cause: Envelope
    """As others may see it; see intake.border."""
    channel: str
    citizen: str
    """Pseudonym that the sender is known by."""
    by_edge: bool
    """It came over HTTP."""
    appended_at: datetime
    """When the broker took it."""
    claimed_at: datetime
    """The time of its own envelope."""
    sender: str = ""
    """Pseudonym of the address on the channel, whoever the sender is known as."""
    attachments: tuple[Attachment, ...] = ()
    """Of the files that it names those that our edges keep."""
    earlier: tuple[str, ...] = ()
    """As what the message may be known that this one is said instead of."""

    @property
    def contact(self) -> Contact:
        """Where its sender is answered: what else they gave goes to no channel."""
        return self.event.contact.model_copy(update={"others": None})


def nobody_knows(_words: str, _known: str | None) -> None:
    """The language of words where there is one language to answer in."""


@value
class IntakeRules:
    """What decisions go by."""

    category: Callable[[str], str | None]
    """What a channel means by the name of a category, in words that others know; None where nobody knows it."""
    language: str
    """Spoken where the citizen's is not known."""
    language_of_words: Callable[[str, str | None], str | None] = nobody_knows
    """In which language of the federation words are, where that is sure; the second is what is known already."""
    redact: Callable[[str], str] = redact
    """Strikes out of a citizen's words what is personal."""


def decide(
    course: Course, incoming: Incoming, rules: IntakeRules, clock: Timeliness, begun: Begun | None = None
) -> MessageDecision:
    """Decide one message, which takes this course; `begun` is the conversation that it names, where that was begun."""
    refusal = refused(course.case or begun, incoming, rules, clock)
    if refusal is None and course.case is None and isinstance(incoming.event, VerdictReceived):
        refusal = _unknown(incoming, rules, clock) if begun is None else _of_no_case(incoming, rules, clock)
    if refusal is None and course.replaces is None and _takes_back(incoming.event):
        unknown = "replaces: no such message of this conversation is known"
        refusal = refuse(incoming, Refusal("unknown_conversation", unknown), rules, clock)
    if refusal is not None:
        return refusal
    event, message_id, before = incoming.event, message_id_of(incoming.cause), course.case
    case = before if before is not None and course.then != "opens" else _begin(incoming, rules)
    tellings = []
    if case is not before:
        said: MessageRegistered | MessageAdded | VerdictGiven = _registered(incoming, case, message_id, rules)
        tellings.append(Telling("registered", {}))
        if before is not None:
            tellings.append(Telling("beside", {"other": before.reference}))
    elif isinstance(course.event, VerdictReceived):
        said = _verdict(course.event, case, message_id, course.into, rules)
    elif course.then == "reopens":
        said = _verdict(as_reopening(course.event), case, message_id, course.into, rules)
    else:
        said = _added(course.event, course, case, message_id, rules)
    if isinstance(event, MessageReceived) and len(event.attachments) > len(incoming.attachments):
        tellings.append(Telling("attachments", {}))
    return MessageDecision(
        message_id, event.sent_at, said, case, case.language, tuple(tellings), begins=case is not before,
        attachments=incoming.attachments,
    )  # fmt: skip


def _takes_back(event: object) -> bool:
    """Whether a message says nothing but that an earlier one is taken back."""
    return (
        isinstance(event, MessageReceived) and event.replaces is not None
        and not (event.text.strip() or event.category or event.attachments) and event.place == Place()
    )  # fmt: skip


def given_files(decision: MessageDecision) -> tuple[AttachmentGiven, ...]:
    """What is told of the files that a message came with."""
    conversation, said = decision.conversation, decision.event
    if conversation is None or isinstance(said, MessageRefused):
        return ()
    return tuple(
        AttachmentGiven(
            attachment_id=one.id, message_id=decision.message_id, of_case=said.case_id,
            citizen=conversation.citizen, channel=conversation.channel, media_type=one.media_type, size=one.size,
            picture=one.picture, given_at=decision.at,
        )
        for one in decision.attachments
    )  # fmt: skip


def language_of(given: str | None) -> str | None:
    """A language tag as a channel may give it (BCP 47), lower case; None for anything else, which is not told on."""
    return given.lower() if given is not None and TAG.fullmatch(given) else None


def message_id_of(cause: Envelope) -> str:
    """A message is known by its sender's id; two senders may use the same one."""
    return ids.message_id_of(cause.source, cause.id)


def refused(
    begun: Begun | None, incoming: Incoming, rules: IntakeRules, clock: Timeliness
) -> MessageDecision | None:  # fmt: skip
    """Whether a message, a verdict or a voice cannot be taken, whatever it says; `begun` is the conversation that it
    names. None when it can."""
    found = _refusal(begun, incoming, clock)
    return refuse(incoming, found, rules, clock) if found is not None else None


def refused_request(
    begun: Begun | None, incoming: Incoming, rules: IntakeRules, clock: Timeliness
) -> MessageDecision | None:  # fmt: skip
    """As `refused`, of what a citizen asks about themself: that needs a conversation which they have begun."""
    found = refused(begun, incoming, rules, clock)
    return found if found is not None or begun is not None else _unknown(incoming, rules, clock)


def _unknown(incoming: Incoming, rules: IntakeRules, clock: Timeliness) -> MessageDecision:
    unknown = f"no message of this conversation is known on channel {incoming.channel}"
    return refuse(incoming, Refusal("unknown_conversation", unknown), rules, clock)


def _of_no_case(incoming: Incoming, rules: IntakeRules, clock: Timeliness) -> MessageDecision:
    event = incoming.event
    if isinstance(event, VerdictReceived) and event.case_reference is not None:
        unknown = "case_reference: this conversation has no case of that number; leave it out, or give one of its own"
        return refuse(incoming, Refusal("unknown_conversation", unknown), rules, clock)
    return _unknown(incoming, rules, clock)


def _refusal(begun: Begun | None, incoming: Incoming, clock: Timeliness) -> Refusal | None:
    event = incoming.event
    untimely = clock.untimely(event.sent_at, incoming.appended_at, MESSAGE_AGE, timedelta())
    if untimely is not None:
        return Refusal("untimely", f"sent_at: {untimely}")
    if begun is None:
        return None
    if begun.citizen != incoming.citizen:
        foreign = "this conversation belongs to another contact; begin one of your own"
        return Refusal("foreign_conversation", foreign)
    if incoming.by_edge and not begun.by_edge:
        foreign = "this conversation was begun on the channel; over HTTP begin one of your own"
        return Refusal("foreign_conversation", foreign)
    return None


def refuse(
    incoming: Incoming, refusal: Refusal, rules: IntakeRules, clock: Timeliness,
    tellings: tuple[Telling, ...] | None = None, known: str | None = None,
) -> MessageDecision:  # fmt: skip
    """What its sender and others are told of a message that is not taken: the reason, where `tellings` say nothing
    else; `known` is the language in which its sender was answered before."""
    at = clock.said_at(incoming.claimed_at, incoming.appended_at)
    message_id = message_id_of(incoming.cause)
    event = MessageRefused(
        message_id=message_id, channel=incoming.channel, reason=refusal.reason, until=refusal.until, call=refusal.call
    )  # fmt: skip
    told = tellings if tellings is not None else (Telling("refused", {"answer": refusal.reason}),)
    return MessageDecision(
        message_id, at, event, None, reader_language(incoming, rules, known), told, refusal=refusal
    )  # fmt: skip


def to_reader(contact: Contact, language: str) -> Contact:
    """The contact with the language that its notices are in, by which channels choose words of their own."""
    if language_of(contact.language) == language:
        return contact
    return contact.model_copy(update={"language": language})


def reader_language(incoming: Incoming, rules: IntakeRules, known: str | None = None) -> str:
    """In which a citizen is answered: in that which the channel names; where it names none, in that of their own
    words; where those leave it open, as before (`known`), else as most are."""
    event = incoming.event
    given = language_of(event.contact.language)
    if given is None and isinstance(event, MessageReceived | VerdictReceived | VoiceReceived):
        given = rules.language_of_words(event.text, known)
    return given or known or rules.language


def _begin(incoming: Incoming, rules: IntakeRules) -> Conversation:
    cause, event = incoming.cause, incoming.event
    case_id = ids.case_id_of(cause.source, cause.id)
    return Conversation(
        channel=incoming.channel,
        case_id=case_id,
        reference=reference_of(case_id),
        citizen=incoming.citizen,
        language=reader_language(incoming, rules),
        correlation_id=cause.correlation_id,
        begun_at=event.sent_at,
        by_edge=incoming.by_edge,
    )


def _registered(
    incoming: Incoming, begun: Conversation, message_id: str, rules: IntakeRules
) -> MessageRegistered:  # fmt: skip
    event = incoming.event
    assert isinstance(event, MessageReceived)
    place, category = _told(event, rules)
    return MessageRegistered(
        message_id=message_id, case_id=begun.case_id, reference=begun.reference, channel=begun.channel,
        citizen=begun.citizen, text=rules.redact(event.text), category=category, place=place, language=begun.language,
        received_at=event.sent_at, synthetic=event.synthetic,
    )  # fmt: skip


def _told(event: MessageReceived, rules: IntakeRules) -> tuple[Place, str | None]:
    """Place and category as others may hear of them."""
    place, category = event.place, event.category
    if place.address is not None:
        place = place.model_copy(update={"address": redact_address(place.address)})
    if category is not None:
        category = rules.category(category) or UNKNOWN_CATEGORY
    return place, category


def _added(
    event: MessageReceived, course: Course, conversation: Conversation, message_id: str, rules: IntakeRules
) -> MessageAdded:  # fmt: skip
    place, category = _told(event, rules)
    return MessageAdded(
        message_id=message_id, case_id=course.into, channel=conversation.channel,
        citizen=conversation.citizen, text=rules.redact(event.text), category=category, place=place,
        received_at=event.sent_at, replaces=course.replaces,
    )  # fmt: skip


def _verdict(
    event: VerdictReceived, conversation: Conversation, message_id: str, into: str, rules: IntakeRules
) -> VerdictGiven:  # fmt: skip
    return VerdictGiven(
        case_id=into, citizen=conversation.citizen, verdict=event.verdict, rating=event.rating,
        text=rules.redact(event.text), given_at=event.sent_at, channel=conversation.channel, message_id=message_id,
        synthetic=event.synthetic,
    )  # fmt: skip
