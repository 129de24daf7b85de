"""Channel topics: the only place where raw personal data travels."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.events.base import Event, GivenInstant, Instant, Place
from common.contracts.judged import Judged

Link = Annotated[str, Field(max_length=2_000)]


class OtherContact(BaseModel):
    """Where else the citizen may be told what could not be delivered on the channel that they wrote by."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: str = Field(min_length=1, max_length=60)
    """One of the federation's that can write to whoever never wrote there, such as `email` or `sms`."""
    address: str = Field(min_length=1, max_length=320)


class Contact(BaseModel):
    """How to reach the citizen on the channel; never leaves the vault."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    address: str = Field(min_length=1, max_length=320)
    """The channel's own handle: an e-mail, a phone, a chat id."""
    name: str | None = Field(default=None, max_length=200)
    language: str | None = Field(default=None, max_length=12)
    others: tuple[OtherContact, ...] | None = Field(default=None, max_length=5)
    """In the order in which they are to be tried, for notices of this conversation; they replace those that were given
    before. None: as before. What cannot be written to is left out."""


class MessageReceived(Event):
    """A citizen said something on a channel; it opens a case, or joins the one of its conversation."""

    type: ClassVar[str] = "channel.message.received.v1"

    conversation: str = Field(min_length=1, max_length=200)
    """The channel's thread id; messages with the same one join the same case."""
    contact: Contact
    text: str = Field(max_length=10_000)
    category: str | None = Field(default=None, max_length=200)
    """What the citizen chose on the form, in the channel's own words."""
    place: Place = Place()
    sent_at: GivenInstant
    attachments: tuple[str, ...] = Field(default=(), max_length=20)
    replaces: str | None = Field(default=None, max_length=200)
    """The ce_id of an earlier message of this conversation that was edited and now says this; without words: it was
    taken back."""
    links: tuple[Link, ...] = Field(default=(), max_length=21)
    """Addresses of what it came with, and of itself where it was said in public. Nobody fetches them, and they stay in
    the vault."""
    synthetic: bool = False


class VerdictReceived(Event):
    """The citizen's word on an answer: confirmed, or reopened with a reason; a rating of 1 to 5 if given."""

    type: ClassVar[str] = "channel.verdict.received.v1"

    conversation: str = Field(min_length=1, max_length=200)
    contact: Contact
    verdict: Literal["confirmed", "reopened", "withdrawn"]
    case_reference: str | None = Field(default=None, max_length=40)
    """The number of the case that the word is about, as the citizen was told it; None: the case that its text names,
    else the newest of the conversation that it can be about."""
    rating: int | None = Field(default=None, ge=1, le=5)
    text: str = Field(default="", max_length=10_000)
    sent_at: GivenInstant
    synthetic: bool = False


class VoiceReceived(Event):
    """The citizen's word on a proposed change of rules, or a wish for one that names no proposal."""

    type: ClassVar[str] = "channel.voice.received.v1"

    conversation: str = Field(min_length=1, max_length=200)
    """The channel's thread id, of any of the citizen's conversations: it may be one of its own."""
    contact: Contact
    proposal: str | None = Field(default=None, max_length=200)
    """The proposal's id or the short reference that the citizen was told; None: the one that this conversation was told
    of last, or a wish of the citizen's own."""
    stance: Literal["support", "object", "comment", "question", "amendment"] | None = None
    """What a form or a button says; None: as the words say."""
    text: str = Field(default="", max_length=4_000)
    agree: Judged = ()
    """Words of others on the proposal that the citizen agrees with, by the numbers under which they are published."""
    disagree: Judged = ()
    sent_at: GivenInstant
    synthetic: bool = False


class SupportReceived(Event):
    """The citizen's word on a notice of kind `may_be_known`: their case is about the same thing as the one that it
    tells of, or is another matter."""

    type: ClassVar[str] = "channel.support.received.v1"

    conversation: str = Field(min_length=1, max_length=200)
    contact: Contact
    case_reference: str | None = Field(default=None, max_length=40)
    """The number of the citizen's own case, which the notice names; None: the one that was asked about last."""
    supports: bool
    sent_at: GivenInstant
    synthetic: bool = False


class ErasureRequested(Event):
    """The citizen wants everything about them erased. A last notice of kind `erased` says that it is done."""

    type: ClassVar[str] = "channel.erasure.requested.v1"

    conversation: str = Field(min_length=1, max_length=200)
    """Any of the citizen's conversations; it must have been begun."""
    contact: Contact
    sent_at: GivenInstant
    synthetic: bool = False


class LinkRequested(Event):
    """The citizen says that they are the same person as on another channel. A code is sent there; written in this
    conversation, as a message that is nothing else, it links both."""

    type: ClassVar[str] = "channel.link.requested.v1"

    conversation: str = Field(min_length=1, max_length=200)
    """Any of the citizen's conversations; it must have been begun."""
    contact: Contact
    other_channel: str = Field(min_length=1, max_length=60)
    other_address: str = Field(min_length=1, max_length=320)
    sent_at: GivenInstant
    synthetic: bool = False


class NoticeIssued(Event):
    """What the citizen is told, on the channel the citizen used."""

    type: ClassVar[str] = "channel.notice.issued.v1"

    case_id: str
    reference: str
    conversation: str
    contact: Contact
    notice: Literal["registered", "answered", "extended", "escalated", "refused"]
    """What every adapter knows: the first word, an answer that may be judged, news of a case that goes on, a delay, an
    end without an answer."""
    text: str
    kind: str | None = None
    """Exactly which news it is, such as `asked`, `transferred` or `declined`; more may come."""
    replaces: tuple[str, ...] = ()
    """Ids of notices of this kind that were wrong, which this one corrects. What of them is not delivered yet should
    not be any more; when none of them was, neither need this one."""
    message_id: str | None = None
    """Of the message that this is the first word on."""
    outside_id: str | None = None
    """The ce_id under which that message was sent, where its sender gave one."""
    failed_on: str | None = None
    """The channel on which it could not be delivered, for a notice that is said again on this one."""
    unasked: bool = False
    """The address was given elsewhere and is not known to be the citizen's: whoever has it may want no more of these,
    and no answer of theirs counts as the citizen's."""


class NoticeWithdrawn(Event):
    """A notice that was said again on this channel shall not be delivered any more: its citizen was erased."""

    type: ClassVar[str] = "channel.notice.withdrawn.v1"

    case_id: str
    notice_id: str


class ProposalNoticeIssued(Event):
    """What the citizen is told about a proposed change of rules, on the channel the citizen used."""

    type: ClassVar[str] = "channel.proposal_notice.issued.v1"

    proposal_id: str | None = None
    """None: the citizen's word named no proposal."""
    reference: str
    """What the citizen may name the proposal by, in `VoiceReceived.proposal`."""
    conversation: str
    contact: Contact
    kind: str
    """Which news it is, such as `opened`, `counted` or `adopted`; more may come."""
    text: str
    outside_id: str | None = None
    """The ce_id of the citizen's word that it is the answer to, where its sender gave one."""


class NoticeDelivered(Event):
    """An adapter's word that a notice reached (or could not reach) the citizen."""

    type: ClassVar[str] = "channel.notice.delivered.v1"

    notice_id: str
    """The ce_id of the notice."""
    delivered: bool
    reason: str | None = None


Fault = Literal[
    "undecodable",
    "unknown_type",
    "oversized",
    "invalid",
    "repeated",
    "untimely",
    "unknown_conversation",
    "foreign_conversation",
    "unknown_notice",
    "refused",
    "failed",
]
"""What kind of thing is wrong with a record; `repeated`: its ce_id was used before, for another body."""


class Allowed(BaseModel):
    """What a record of the topic may be; only what has to do with the fault is filled."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ce_types: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    """Fields of the body that must be there, those inside others with a dot."""
    categories: tuple[str, ...] = ()
    """What a channel may say in `category`; a message without one, or with another, waits for a person."""
    limits: dict[str, str] = Field(default_factory=dict)
    """By field, in words; `headers` and `body` stand for the whole."""


class RecordRejected(Event):
    """A record of the channel was not taken; for whoever sent it. Holds nothing of its body."""

    type: ClassVar[str] = "channel.record.rejected.v1"

    topic: str
    """By the broker's name, as are partition and offset: where the record lies."""
    partition: int
    offset: int
    outside_id: str | None = None
    """The record's ce_id, where its sender gave a readable one."""
    message_id: str | None = None
    """Of a message that was understood and refused: its state can be asked for by this id."""
    dead_letter_id: str | None = None
    """Under which the operator keeps a record that was not understood."""
    fault: Fault
    reason: str
    allowed: Allowed = Allowed()
    rejected_at: Instant


Said = MessageReceived | VerdictReceived | VoiceReceived | SupportReceived | ErasureRequested | LinkRequested
"""What a citizen says on a channel."""
