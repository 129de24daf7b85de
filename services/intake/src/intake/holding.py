"""Messages that wait for their citizen's word, sealed and opened again: what is decided of one then is what would have
been decided at once, under the same ids."""

from __future__ import annotations

from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.channel import MessageReceived
from pydantic import AwareDatetime, BaseModel

from intake.border import Border
from intake.citizen_keys import CitizenKeys
from intake.domain import Incoming, message_id_of
from intake.held_store import HeldMessage
from intake.which_case import Question


class _Cause(BaseModel):
    """The envelope as others may see it."""

    id: str
    source: str
    type: str
    time: AwareDatetime
    subject: str
    correlation_id: str
    traceparent: str | None
    outside_id: str | None


class _Record(BaseModel):
    """A message as it came, and by what its sender is known."""

    cause: _Cause
    topic: str
    partition: int
    offset: int
    key: str
    body: str
    appended_at: AwareDatetime
    claimed_at: AwareDatetime
    channel: str
    sender: str
    by_edge: bool
    earlier: tuple[str, ...]


class Holding:
    """The keys must be held."""

    def __init__(self, keys: CitizenKeys, border: Border) -> None:
        self._keys = keys
        self._border = border

    def held(self, incoming: Incoming, delivery: Delivery, thread: bytes, question: Question) -> HeldMessage:
        cause, message_id, key_id = incoming.cause, message_id_of(incoming.cause), self._keys.of(incoming.citizen)
        record = _Record(
            cause=_Cause(
                id=cause.id, source=cause.source, type=cause.type, time=cause.time, subject=cause.subject,
                correlation_id=cause.correlation_id, traceparent=cause.traceparent, outside_id=cause.outside_id,
            ),
            topic=delivery.topic, partition=delivery.partition, offset=delivery.offset, key=delivery.key,
            body=delivery.raw.decode(), appended_at=incoming.appended_at, claimed_at=incoming.claimed_at,
            channel=incoming.channel, sender=incoming.sender, by_edge=incoming.by_edge, earlier=incoming.earlier,
        )  # fmt: skip
        sealed = self._keys.seal(record.model_dump_json(), _about(message_id), key_id)
        return HeldMessage(
            message_id, thread, incoming.citizen, question.case_ids, question.until, sealed, key_id
        )  # fmt: skip

    def text(self, held: HeldMessage) -> str:
        """Its words."""
        event = self.opened(held)[0].event
        assert isinstance(event, MessageReceived)
        return event.text

    def opened(self, held: HeldMessage) -> tuple[Incoming, Delivery]:
        """As it came in; its sender may be known as another by now."""
        opened = self._keys.open(held.record, _about(held.message_id), held.key_id)
        record = _Record.model_validate_json(opened)
        event, cause = MessageReceived.model_validate_json(record.body), Envelope(**record.cause.model_dump())
        incoming = Incoming(
            event=event, cause=cause, channel=record.channel, citizen=held.citizen, by_edge=record.by_edge,
            appended_at=record.appended_at, claimed_at=record.claimed_at, sender=record.sender,
            attachments=self._border.attachments(event, record.channel), earlier=record.earlier,
        )  # fmt: skip
        delivery = Delivery(
            cause, event, record.topic, record.partition, record.offset, record.key, record.body.encode(),
            record.appended_at,
        )  # fmt: skip
        return incoming, delivery


def asked_of(held: HeldMessage) -> Question:
    """What the message waits for the answer to."""
    return Question(tuple(held.case_ids), held.until)


def _about(message_id: str) -> str:
    return f"held {message_id}"
