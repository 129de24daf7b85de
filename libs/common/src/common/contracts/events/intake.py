"""What intake tells: pseudonyms and redacted text only."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from common.contracts.events.base import Command, Event, Instant, Place
from common.contracts.judged import Judged
from common.contracts.parts import PartOf, PlacedAs


class MessageRegistered(Event):
    """A message opened a conversation: `case_id` is the case it will become."""

    type: ClassVar[str] = "intake.message.registered.v1"

    message_id: str
    case_id: str
    reference: str
    """The short number the citizen was told, derived from `case_id`."""
    channel: str
    citizen: str
    """Pseudonym: a keyed hash of the contact."""
    text: str
    category: str | None = None
    place: Place = Place()
    language: str = "en"
    received_at: Instant
    synthetic: bool = False
    part_of: PartOf | None = None
    """Of a message that a person divided; `text` is then what they wrote of it."""
    placed_as: PlacedAs | None = None
    """Of a part: what that person said of it."""


class MessageAdded(Event):
    """A later message of the same conversation: it joins the case."""

    type: ClassVar[str] = "intake.message.added.v1"

    message_id: str
    case_id: str
    channel: str
    citizen: str
    text: str
    category: str | None = None
    """What the citizen chose with it."""
    place: Place = Place()
    received_at: Instant
    replaces: str | None = None
    """The id of an earlier message of the citizen that this one is said instead of; without words that was taken
    back."""


class AttachmentGiven(Event):
    """A message came with a file, which the edges keep; its key is the file's id, so nothing else comes under it."""

    type: ClassVar[str] = "intake.attachment.given.v1"

    attachment_id: str
    message_id: str
    of_case: str
    citizen: str
    channel: str
    media_type: str
    size: int
    """Bytes."""
    picture: bool = False
    given_at: Instant


class VerdictGiven(Event):
    """The citizen judged the answer."""

    type: ClassVar[str] = "intake.verdict.given.v1"

    case_id: str
    citizen: str
    verdict: Literal["confirmed", "reopened", "withdrawn"]
    rating: int | None = None
    text: str = ""
    given_at: Instant
    channel: str | None = None
    message_id: str | None = None
    synthetic: bool = False


class SupportGiven(Event):
    """The citizen said whether their case is about the same thing as the one that was suggested."""

    type: ClassVar[str] = "intake.support.given.v1"

    case_id: str
    other_case: str
    citizen: str
    supports: bool
    given_at: Instant
    channel: str
    message_id: str
    synthetic: bool = False


class MessageRefused(Event):
    """A well-formed message that cannot be taken (a time in the future, an unknown conversation), with the reason."""

    type: ClassVar[str] = "intake.message.refused.v1"

    message_id: str
    channel: str
    reason: str
    until: Instant | None = None
    """Of a message beyond what is taken of its conversation in a day: when the day is over."""
    call: str | None = None
    """The same: the number to call in an emergency, where the rules name one."""


class DeliveryFailed(Event):
    """A channel's word that a notice did not reach the citizen."""

    type: ClassVar[str] = "intake.delivery.failed.v1"

    notice_id: str
    case_id: str | None = None
    """None for notices that belong to no case: that a message was refused, or about a proposal (`proposal_opened`)."""
    channel: str
    notice: str
    """Which kind of notice, such as `registered`, `asked` or `answered`."""
    reason: str | None = None
    """The channel's, redacted."""
    failed_at: Instant


class QuestionDelivered(Event):
    """A channel's word that a question of the region reached the citizen."""

    type: ClassVar[str] = "intake.question.delivered.v1"

    notice_id: str
    case_id: str
    channel: str
    delivered_at: Instant
    asked_at: Instant | None = None
    """ce_time of the question, where it is known: there may be a later one by now."""


class DeliverySucceeded(Event):
    """A notice whose delivery had failed reached the citizen after all."""

    type: ClassVar[str] = "intake.delivery.succeeded.v1"

    notice_id: str
    case_id: str | None = None
    channel: str
    notice: str
    succeeded_at: Instant


class NoticeRedirected(Event):
    """A notice that could not be delivered is said again on another channel of the citizen's."""

    type: ClassVar[str] = "intake.notice.redirected.v1"

    notice_id: str
    """Of the one that failed."""
    case_id: str
    channel: str
    notice: str
    """Which kind of notice, such as `asked` or `answered`."""
    to_channel: str
    to_notice_id: str
    redirected_at: Instant


class OtherAddressNoted(Event):
    """How an address stands that a citizen gave to be told there what their channel cannot deliver; never which."""

    type: ClassVar[str] = "intake.other_address.noted.v1"

    case_id: str
    """With which it was given."""
    channel: str
    """Of the address."""
    state: str
    """`unproved`: a code is awaited, and nothing is told there until it comes back on the citizen's own channel;
    `unused`: no code can be sent there; `proved`; more may come."""
    noted_at: Instant


class VoiceGiven(Event):
    """A citizen's word on a proposed change, or a wish for one, under pseudonym and redacted."""

    type: ClassVar[str] = "intake.voice.given.v1"

    voice_id: str
    citizen: str
    channel: str
    proposal: str | None = None
    """As the citizen named it: an id or a reference; or the one that this conversation was told of last."""
    stance: Literal["support", "object", "comment", "question", "amendment"] | None = None
    text: str = ""
    language: str = "en"
    agree: Judged = ()
    """Words of others on the proposal that the citizen agrees with, by the numbers under which they are published."""
    disagree: Judged = ()
    given_at: Instant
    synthetic: bool = False


class VoiceNoted(Event):
    """What became of a citizen's word on a proposal that came over HTTP, for whoever asks there."""

    type: ClassVar[str] = "intake.voice.noted.v1"

    message_id: str
    channel: str
    state: str
    """`given`, then the kind of each notice that answers it: `counted`, `not_understood`, `answered`; more may come."""
    proposal: str | None = None
    """As the citizen named it, then by its reference."""


class RequestNoted(Event):
    """What became of what a citizen asked about themself, for whoever asks over HTTP, where it came from."""

    type: ClassVar[str] = "intake.request.noted.v1"

    message_id: str
    channel: str
    state: str
    """`erased`, or `erasure_waits`: the conversation is, for the citizen's other ones it waits; `code_sent`, or
    `link_limited`: asked for too often; of a code `linked`, `link_wrong` or `link_ended`, `address_proved` or
    `address_ended`; of a message that waits for the citizen to say which case it is about `which_case`, of what they
    say `which_case_answered`; more may come."""


class EraseCitizen(Command):
    """Destroy what the vault knows of a citizen; every service that keeps their words forgets them."""

    type: ClassVar[str] = "intake.citizen.erase.v1"
    subject_field: ClassVar[str] = "citizen"

    citizen: str = Field(max_length=120)
    """The pseudonym."""
    reason: str = Field(default="", max_length=1000)


class CitizenErased(Event):
    """The vault has nothing of the citizen any more: contact, original words, conversations. Words that were said up to
    `erased_at` go everywhere, counts stay; nobody tells the citizen anything until they speak again."""

    type: ClassVar[str] = "intake.citizen.erased.v1"

    citizen: str
    actor: str
    erased_at: Instant


class ConversationErased(Event):
    """Over HTTP, where nobody proves an address, one conversation of a citizen is erased: the vault has nothing of it
    any more. The citizen's words up to `erased_at` in these cases and these messages go everywhere, counts stay; what
    was said in other conversations under the same address stays too. Of one conversation several may be told, each of
    other cases and messages."""

    type: ClassVar[str] = "intake.conversation.erased.v1"

    citizen: str
    cases: tuple[str, ...] = ()
    """That were opened in it."""
    messages: tuple[str, ...] = ()
    """That were said in it, about whichever case, or about a proposal: `message_id` and `voice_id` of others."""
    erased_at: Instant


class CitizensLinked(Event):
    """A citizen proved to be the same person as another, of another channel: what they say from now on is said as that
    one. Over HTTP that holds for one conversation."""

    type: ClassVar[str] = "intake.citizens.linked.v1"

    citizen: str
    into_citizen: str
    linked_at: Instant
    voices: tuple[str, ...] | None = None
    """What `citizen` said on proposals that is `into_citizen`'s from now on, by voice: of one conversation what was
    said there, the newest 1,000. None: all."""


class OpenOriginal(Command):
    """Somebody wants to read what a citizen wrote, as it came. Whoever gave the order may show it once it is answered
    by OriginalOpened."""

    type: ClassVar[str] = "intake.original.open.v1"
    subject_field: ClassVar[str] = "message_id"

    message_id: str = Field(max_length=120)
    reason: str = Field(min_length=1, max_length=500)
    """Told to the citizen."""


class OriginalOpened(Event):
    """Somebody opened what a citizen wrote, as it came; the citizen is told who and why."""

    type: ClassVar[str] = "intake.original.opened.v1"

    citizen: str | None = None
    """None where nobody can tell whose it is: a record that cannot be read."""
    message_id: str | None = None
    dead_letter_id: str | None = None
    """Of a record that could not be handled and was looked into."""
    case_id: str | None = None
    actor: str
    reason: str
    opened_at: Instant


class IntakeCommandRefused(Event):
    """A command on intake.commands was refused, with the reason."""

    type: ClassVar[str] = "intake.command.refused.v1"

    citizen: str
    command: str
    command_id: str
    actor: str
    reason: str
    code: str | None = None
    """Of `reason`, see refusals.RefusalCode: what it is put into the reader's words by, with `details`."""
    details: dict[str, str] | None = None
