"""From raw messages to pseudonyms and redacted text; from what happened to notices on the citizen's channel."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.base import Event
from common.contracts.events.channel import (
    Contact,
    Fault,
    MessageReceived,
    NoticeDelivered,
    NoticeIssued,
    VerdictReceived,
)
from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.contracts.events.intake import MessageAdded, MessageRefused, MessageRegistered, VerdictGiven
from common.contracts.events.region import CaseAnswered, CaseJoined
from common.contracts.reference import reference_of
from common.messaging.clock import last_tick
from common.messaging.consume.dead_letters import appended_at
from common.messaging.consume.decode import Read
from common.messaging.consume.time_bounds import MESSAGE_AGE, Time, Timeliness

from intake import store
from intake.border import Border
from intake.domain import Authority, Told, language_of, supporters_kind, telling_of, told_types
from intake.edge_key import EDGE, EdgeKey, fingerprint
from intake.escalations import Escalations
from intake.notice_kinds import KINDS
from intake.notices import notice_id
from intake.phrasing import Phrasing
from intake.receipts import Receipts
from intake.redaction import redact, redact_address
from intake.rejections import Rejections
from intake.store import Conversation, Message
from intake.vault import Vault

TOPIC = "intake.messages"
Fields = Mapping[str, str | datetime | Authority]
NOTHING: Fields = {}
UNKNOWN_CATEGORY = "[unknown category]"
"""Stands on internal topics for what a channel named and nobody knows."""


class IntakeHandler:
    """Everything intake does about a batch."""

    types: frozenset[type[Event]] = frozenset(
        {MessageReceived, VerdictReceived, NoticeDelivered, CaseEscalationWithdrawn, *told_types()}
    )

    def __init__(
        self, vault: Vault, edge_key: EdgeKey, border: Border, phrasing: Phrasing, rejections: Rejections,
        categories: Callable[[], Container[str]], time: Time = "wall",
    ) -> None:  # fmt: skip
        """`categories` that a channel may name."""
        self._vault = vault
        self._edge_key = edge_key
        self._phrasing = phrasing
        self._rejections = rejections
        self._receipts = Receipts(vault, border, rejections)
        self._border = border
        self._categories = categories
        self._timeliness = Timeliness(time)

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        last = await last_tick.latest(db)
        if last is not None:
            self._timeliness.hear(last)
        named = {id(d): t for d in batch if (t := self._thread(d)) is not None}
        threads = await store.by_thread(db, set(named.values()))
        told = {d.event.case_id for d in batch if isinstance(d.event, Told | CaseEscalationWithdrawn)}
        await store.join_cases(db, {e.case_id: e.into_case for d in batch if isinstance(e := d.event, CaseJoined)})
        cases = await store.by_case(db, told) if told else {}
        supporters = await store.joined_to(db, told) if told else {}
        begun: list[Conversation] = []
        messages: list[Message] = []
        receipts: list[Delivery] = []
        answered: dict[str, bool] = {}
        escalations = await Escalations.of(batch, db)
        emits: list[Emit] = []
        for delivery in batch:
            event = delivery.event
            if isinstance(event, NoticeDelivered):
                receipts.append(delivery)
            elif isinstance(event, Told):
                conversation = cases.get(event.case_id)
                if conversation is not None and not escalations.premature(delivery):
                    others = supporters.get(event.case_id, [])
                    emits += self._tell(event, conversation, others, delivery.envelope)
                    if isinstance(event, CaseAnswered):
                        answered |= {one.case_id: True for one in (conversation, *others)}
                    elif isinstance(event, CaseEscalated):
                        escalations.told(event, emits[-1])
            elif isinstance(event, CaseEscalationWithdrawn):
                unsaid, wrong = escalations.withdraw(event)
                emits = [e for e in emits if e.id not in unsaid] if unsaid else emits
                conversation = cases.get(event.case_id)
                if conversation is not None and wrong:
                    emits.append(self._correct(conversation, delivery.envelope, wrong))
            elif isinstance(event, MessageReceived | VerdictReceived):
                emits += self._receive(event, delivery, named[id(delivery)], threads, begun, messages)
                taken = messages[-1]
                if isinstance(event, VerdictReceived) and event.verdict == "reopened" and taken.case_id is not None:
                    answered[taken.case_id] = False
        await store.add_conversations(db, begun)
        await store.add_messages(db, messages)
        await store.note_answers(db, answered)
        await escalations.save(db)
        return emits + await self._receipts.take(receipts, db, self._said_at)

    def rejected(self, reads: Sequence[Read]) -> list[Emit]:
        """Word to a channel's integrator about records that were not taken."""
        now = [(read, self._timeliness.said_at(at := appended_at(read.record), at)) for read in reads]
        return [emit for read, at in now if (emit := self._rejections.of_record(read, at)) is not None]

    def _thread(self, delivery: Delivery) -> bytes | None:
        event = delivery.event
        if isinstance(event, MessageReceived | VerdictReceived):
            return self._vault.thread(_channel(delivery), event.conversation)
        return None

    def _said_at(self, delivery: Delivery) -> datetime:
        """When it is, whatever a sender outside says."""
        claimed = delivery.envelope.time
        return self._timeliness.said_at(claimed, delivery.appended_at or claimed)

    def _receive(
        self,
        event: MessageReceived | VerdictReceived,
        delivery: Delivery,
        thread: bytes,
        threads: dict[bytes, Conversation],
        begun: list[Conversation],
        messages: list[Message],
    ) -> list[Emit]:
        channel = _channel(delivery)
        cause, now = self._border.cause(delivery.envelope, channel), event.sent_at
        known = threads.get(thread)
        by_edge = cause.source == EDGE
        secret = fingerprint(self._edge_key.secret(channel, event.conversation)) if by_edge else None
        refused = self._refusal(event, delivery, channel, known, by_edge)
        if refused is not None:
            fault, reason = refused
            at = self._said_at(delivery)
            messages.append(self._keep(delivery, cause, channel, None, "refused", at, secret, reason))
            told = self._rejections.of_delivery(delivery, cause, fault, reason, at, message_id_of(cause))
            return [*self._refuse(event, delivery, cause, channel, reason, at), told]
        conversation = known or self._begin(event, cause, channel, thread)
        if known is None:
            threads[thread] = conversation
            begun.append(conversation)
        messages.append(self._keep(delivery, cause, channel, conversation.case_id, "registered", now, secret))
        said = self._said(event, cause, conversation, known is None)
        emits = [Emit(TOPIC, conversation.case_id, said, cause, now)]
        if known is None:
            emits.append(
                self._notice("registered", self._words("registered", conversation, now), conversation, event.contact,
                             cause, now, message_id=message_id_of(cause), outside_id=delivery.envelope.outside_id,
                             named_conversation=event.conversation)
            )  # fmt: skip
        if isinstance(event, MessageReceived) and event.attachments:
            emits.append(
                self._notice("attachments", self._words("attachments", conversation, now), conversation, event.contact,
                             cause, now, named_conversation=event.conversation)
            )  # fmt: skip
        return emits

    def _refusal(
        self, event: MessageReceived | VerdictReceived, delivery: Delivery, channel: str, known: Conversation | None,
        by_edge: bool,
    ) -> tuple[Fault, str] | None:  # fmt: skip
        """Why a message cannot be taken; None when it can."""
        appended_at = delivery.appended_at or delivery.envelope.time
        untimely = self._timeliness.untimely(event.sent_at, appended_at, MESSAGE_AGE, timedelta())
        if untimely is not None:
            return "untimely", f"sent_at: {untimely}"
        if known is not None and known.citizen != self._vault.pseudonym(channel, event.contact.address):
            return "foreign_conversation", "this conversation belongs to another contact; begin one of your own"
        if known is not None and by_edge and not known.by_edge:
            return "foreign_conversation", "this conversation was begun on the channel; over HTTP begin one of your own"
        if known is None and isinstance(event, VerdictReceived):
            return "unknown_conversation", f"no message of this conversation is known on channel {channel}"
        return None

    def _begin(
        self, event: MessageReceived | VerdictReceived, cause: Envelope, channel: str, thread: bytes
    ) -> Conversation:
        case_id = derived_id("case", cause.source, cause.id)
        contact = event.contact
        return Conversation(
            channel=channel,
            thread=thread,
            conversation=self._vault.seal(event.conversation, f"conversation of {case_id}"),
            case_id=case_id,
            reference=reference_of(case_id),
            citizen=self._vault.pseudonym(channel, contact.address),
            contact=self._vault.seal(contact.model_dump_json(), case_id),
            language=language_of(contact.language) or self._phrasing.spoken,
            key_id=self._vault.key_id,
            correlation_id=cause.correlation_id,
            begun_at=event.sent_at,
            by_edge=cause.source == EDGE,
        )

    def _keep(
        self, delivery: Delivery, cause: Envelope, channel: str, case_id: str | None, state: str,
        at: datetime, secret: bytes | None, reason: str | None = None,
    ) -> Message:  # fmt: skip
        message_id = message_id_of(cause)
        sealed = self._vault.seal(delivery.raw.decode(), message_id)
        return Message(message_id, case_id, channel, state, reason, sealed, self._vault.key_id, at, secret)

    def _said(
        self, event: MessageReceived | VerdictReceived, cause: Envelope, conversation: Conversation, first: bool
    ) -> Event:
        message_id, text, channel = message_id_of(cause), redact(event.text), conversation.channel
        if isinstance(event, VerdictReceived):
            return VerdictGiven(
                case_id=conversation.case_id, citizen=conversation.citizen, verdict=event.verdict, rating=event.rating,
                text=text, given_at=event.sent_at, channel=channel, message_id=message_id, synthetic=event.synthetic,
            )  # fmt: skip
        if first:
            place = event.place
            if place.address is not None:
                place = place.model_copy(update={"address": redact_address(place.address)})
            return MessageRegistered(
                message_id=message_id, case_id=conversation.case_id, reference=conversation.reference,
                channel=channel, citizen=conversation.citizen, text=text,
                category=self._known(event.category),
                place=place, language=conversation.language, received_at=event.sent_at, synthetic=event.synthetic,
            )  # fmt: skip
        return MessageAdded(
            message_id=message_id, case_id=conversation.case_id, channel=channel, citizen=conversation.citizen,
            text=text, received_at=event.sent_at,
        )  # fmt: skip

    def _known(self, category: str | None) -> str | None:
        """A category that the rules or the federation know; any other is free text, which only the vault keeps."""
        return category if category is None or category in self._categories() else UNKNOWN_CATEGORY

    def _refuse(
        self, event: MessageReceived | VerdictReceived, delivery: Delivery, cause: Envelope, channel: str, reason: str,
        now: datetime,
    ) -> list[Emit]:  # fmt: skip
        message_id = message_id_of(cause)
        refused = MessageRefused(message_id=message_id, channel=channel, reason=reason)
        language = language_of(event.contact.language) or self._phrasing.spoken
        notice = NoticeIssued(
            case_id=message_id, reference="", conversation=event.conversation, contact=event.contact,
            notice="refused", text=self._phrasing.text("refused", language, now, {"answer": reason}),
            message_id=message_id, outside_id=delivery.envelope.outside_id,
        )  # fmt: skip
        return [
            Emit(TOPIC, message_id, refused, cause, now),
            Emit(f"channel.{channel}.outbound", message_id, notice, cause, now,
                 id=notice_id(channel, message_id, "refused", cause.identity)),
        ]  # fmt: skip

    def _tell(
        self, event: Told, conversation: Conversation, others: Sequence[Conversation], cause: Envelope
    ) -> list[Emit]:
        """The notice to the case's citizen, and to those whose cases were joined to it."""
        telling = telling_of(event)
        if telling is None:
            return []
        wider = supporters_kind(telling.kind)
        told = [(telling.kind, conversation), *((wider, one) for one in others if wider is not None)]
        region = getattr(event, "region", None)
        emits = []
        for kind, one in told:
            text = self._words(kind, one, cause.time, telling.fields, region)
            emits.append(self._notice(kind, text, one, self._contact(one), cause, cause.time))
        return emits

    def _words(
        self, kind: str, conversation: Conversation, now: datetime, fields: Fields = NOTHING, region: str | None = None
    ) -> str:
        named = {"reference": conversation.reference, **fields}
        return self._phrasing.text(kind, conversation.language, now, named, region)

    def _correct(self, conversation: Conversation, cause: Envelope, wrong: tuple[str, ...]) -> Emit:
        """One word for all the notices that were wrong, whatever their number; of their kind, so that an adapter which
        knows nothing of corrections delivers it too."""
        text = self._words("corrected", conversation, cause.time)
        contact = self._contact(conversation)
        return self._notice("escalated", text, conversation, contact, cause, cause.time, replaces=wrong)

    def _contact(self, conversation: Conversation) -> Contact:
        sealed = self._vault.open(conversation.contact, conversation.case_id, conversation.key_id)
        return Contact.model_validate_json(sealed)

    def _notice(
        self, kind: str, text: str, conversation: Conversation, contact: Contact, cause: Envelope, now: datetime,
        message_id: str | None = None, outside_id: str | None = None, replaces: tuple[str, ...] = (),
        named_conversation: str | None = None,
    ) -> Emit:  # fmt: skip
        """`named_conversation` saves unsealing its name."""
        issued = NoticeIssued.model_validate(
            {
                "case_id": conversation.case_id,
                "reference": conversation.reference,
                "conversation": named_conversation
                or self._vault.open(
                    conversation.conversation, f"conversation of {conversation.case_id}", conversation.key_id
                ),
                "contact": contact,
                "notice": KINDS[kind].notice,
                "kind": kind,
                "text": text,
                "message_id": message_id,
                "outside_id": outside_id,
                "replaces": replaces,
            }
        )
        channel, case_id = conversation.channel, conversation.case_id
        named = notice_id(channel, case_id, kind, cause.identity)
        return Emit(
            f"channel.{channel}.outbound", case_id, issued, cause, now,
            correlation_id=conversation.correlation_id, id=named,
        )  # fmt: skip


def message_id_of(cause: Envelope) -> str:
    """A message is known by its sender's id; two senders may use the same one."""
    return derived_id("message", cause.source, cause.id)


def _channel(delivery: Delivery) -> str:
    """`web` of channel.web.inbound."""
    return delivery.topic.split(".")[1]
