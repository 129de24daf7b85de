"""From raw messages to pseudonyms and redacted text; from what happened to notices on the citizen's channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from common.delivery import Delivery, Emit
from common.envelope import Envelope, derived_id
from common.events.base import Event
from common.events.channel import Contact, MessageReceived, NoticeDelivered, NoticeIssued, VerdictReceived
from common.events.clock import TimePassed
from common.events.federal import CaseEscalated
from common.events.intake import MessageAdded, MessageRefused, MessageRegistered, VerdictGiven
from common.events.region import CaseAnswered, CaseExtended
from common.reference import reference_of
from common.releases import Releases
from common.rulebook.errors import ReleaseMissing
from common.rulebook.release import NATIONAL

from intake import store
from intake.domain import too_early, words
from intake.redaction import redact
from intake.store import Conversation, Message
from intake.vault import Vault

TOPIC = "intake.messages"
Told = CaseAnswered | CaseExtended | CaseEscalated
Notice = str


class IntakeHandler:
    """Everything intake does about a batch."""

    types: frozenset[type[Event]] = frozenset(
        {MessageReceived, VerdictReceived, NoticeDelivered, CaseAnswered, CaseExtended, CaseEscalated, TimePassed}
    )

    def __init__(self, vault: Vault, releases: Releases) -> None:
        self._vault = vault
        self._releases = releases

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        tick = await store.last_tick(db)
        threads = await store.by_thread(db, {t for d in batch if (t := _thread(d)) is not None})
        told = {d.event.case_id for d in batch if isinstance(d.event, Told)}
        cases = await store.by_case(db, told) if told else {}
        begun: list[Conversation] = []
        messages: list[Message] = []
        delivered: list[tuple[str, bool, str | None]] = []
        emits: list[Emit] = []
        for delivery in batch:
            event = delivery.event
            if isinstance(event, TimePassed):
                tick = event if tick is None or event.until > tick.until else tick
                await store.set_tick(db, tick)
            elif isinstance(event, NoticeDelivered):
                delivered.append((event.notice_id, event.delivered, event.reason))
            elif isinstance(event, Told):
                conversation = cases.get(event.case_id)
                if conversation is not None:
                    emits.append(self._tell(event, conversation, delivery.envelope))
            elif isinstance(event, MessageReceived | VerdictReceived):
                emits += self._receive(event, delivery, tick, threads, begun, messages)
        await store.add_conversations(db, begun)
        await store.add_messages(db, messages)
        await store.note_deliveries(db, delivered)
        return emits

    def _receive(
        self,
        event: MessageReceived | VerdictReceived,
        delivery: Delivery,
        tick: TimePassed | None,
        threads: dict[tuple[str, str], Conversation],
        begun: list[Conversation],
        messages: list[Message],
    ) -> list[Emit]:
        cause, channel = delivery.envelope, _channel(delivery)
        now = event.sent_at
        known = threads.get((channel, event.conversation))
        refused = too_early(now, tick)
        if refused is None and known is None and isinstance(event, VerdictReceived):
            refused = f"no message of this conversation is known on channel {channel}"
        if refused is not None:
            messages.append(self._keep(event, cause, channel, None, "refused", refused))
            return self._refuse(event, cause, channel, refused, tick.until if tick else now)
        conversation = known or self._begin(event, cause, channel)
        if known is None:
            threads[(channel, event.conversation)] = conversation
            begun.append(conversation)
        messages.append(self._keep(event, cause, channel, conversation.case_id, "registered", None))
        said = self._said(event, cause, conversation, known is None)
        emits = [Emit(TOPIC, conversation.case_id, said, cause, now)]
        if known is None:
            text = words("registered", self._template("registered", conversation.language, now),
                         reference=conversation.reference)  # fmt: skip
            emits.append(self._notice("registered", text, conversation, event.contact, cause, now))
        return emits

    def _begin(self, event: MessageReceived | VerdictReceived, cause: Envelope, channel: str) -> Conversation:
        case_id = derived_id("case", cause.source, cause.id)
        contact = event.contact
        return Conversation(
            channel=channel,
            conversation=event.conversation,
            case_id=case_id,
            reference=reference_of(case_id),
            citizen=self._vault.pseudonym(channel, contact.address),
            contact=self._vault.seal(contact.model_dump_json(), case_id),
            language=contact.language or "en",
            key_id=self._vault.key_id,
            correlation_id=cause.correlation_id,
        )

    def _keep(
        self, event: MessageReceived | VerdictReceived, cause: Envelope, channel: str, case_id: str | None, state: str,
        reason: str | None,
    ) -> Message:  # fmt: skip
        message_id = message_id_of(cause)
        sealed = self._vault.seal(event.text, message_id)
        return Message(message_id, case_id, channel, state, reason, sealed, self._vault.key_id, event.sent_at)

    def _said(
        self, event: MessageReceived | VerdictReceived, cause: Envelope, conversation: Conversation, first: bool
    ) -> Event:
        message_id, text, channel = message_id_of(cause), redact(event.text), conversation.channel
        if isinstance(event, VerdictReceived):
            return VerdictGiven(
                case_id=conversation.case_id, citizen=conversation.citizen, verdict=event.verdict, rating=event.rating,
                text=text, given_at=event.sent_at, synthetic=event.synthetic,
            )  # fmt: skip
        if first:
            place = event.place
            if place.address is not None:
                place = place.model_copy(update={"address": redact(place.address)})
            return MessageRegistered(
                message_id=message_id, case_id=conversation.case_id, reference=conversation.reference,
                channel=channel, citizen=conversation.citizen, text=text,
                category=redact(event.category) if event.category is not None else None,
                place=place, language=conversation.language, received_at=event.sent_at, synthetic=event.synthetic,
            )  # fmt: skip
        return MessageAdded(
            message_id=message_id, case_id=conversation.case_id, channel=channel, citizen=conversation.citizen,
            text=text, received_at=event.sent_at,
        )  # fmt: skip

    def _refuse(
        self, event: MessageReceived | VerdictReceived, cause: Envelope, channel: str, reason: str, now: datetime
    ) -> list[Emit]:
        message_id = message_id_of(cause)
        refused = MessageRefused(message_id=message_id, channel=channel, reason=reason)
        notice = NoticeIssued(
            case_id=message_id, reference="", conversation=event.conversation, contact=event.contact,
            notice="refused", text=words("refused", None, answer=reason),
        )  # fmt: skip
        return [
            Emit(TOPIC, message_id, refused, cause, now),
            Emit(f"channel.{channel}.outbound", message_id, notice, cause, now),
        ]

    def _tell(self, event: Told, conversation: Conversation, cause: Envelope) -> Emit:
        fields = {"reference": conversation.reference}
        notice = "escalated"
        if isinstance(event, CaseAnswered):
            notice = "answered"
            fields["answer"] = event.text
        elif isinstance(event, CaseExtended):
            notice = "extended"
            fields["due"] = event.due_at.date().isoformat()
        text = words(notice, self._template(notice, conversation.language, cause.time), **fields)
        contact = Contact.model_validate_json(self._vault.open(conversation.contact, conversation.case_id))
        return self._notice(notice, text, conversation, contact, cause, cause.time)

    def _notice(
        self, notice: Notice, text: str, conversation: Conversation, contact: Contact, cause: Envelope, now: datetime
    ) -> Emit:
        issued = NoticeIssued.model_validate(
            {
                "case_id": conversation.case_id,
                "reference": conversation.reference,
                "conversation": conversation.conversation,
                "contact": contact,
                "notice": notice,
                "text": text,
            }
        )
        topic = f"channel.{conversation.channel}.outbound"
        return Emit(topic, conversation.case_id, issued, cause, now, correlation_id=conversation.correlation_id)

    def _template(self, notice: Notice, language: str, now: datetime) -> str | None:
        """The national text; None where the rulebook has none yet, since a receipt must not wait for one."""
        try:
            decision = self._releases.book.in_force(NATIONAL, now).decide("texts", notice=notice, language=language)
        except ReleaseMissing:
            return None
        return str(decision.outputs["text"]) if decision else None


def message_id_of(cause: Envelope) -> str:
    """A message is known by its sender's id; two senders may use the same one."""
    return derived_id("message", cause.source, cause.id)


def _thread(delivery: Delivery) -> tuple[str, str] | None:
    event = delivery.event
    if isinstance(event, MessageReceived | VerdictReceived):
        return _channel(delivery), event.conversation
    return None


def _channel(delivery: Delivery) -> str:
    """`web` of channel.web.inbound."""
    return delivery.topic.split(".")[1]
