"""Notices in words, with the address that each goes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.channel import NoticeIssued
from common.contracts.notice_ids import notice_id

from intake.conversation import MessageDecision
from intake.domain import Incoming, message_id_of, to_reader
from intake.notice_kinds import KINDS
from intake.phrasing import Phrasing
from intake.sealed_records import SealedRecords
from intake.store import KeptConversation
from intake.telling import CaseChoices, Telling
from intake.voice_store import Addressee
from intake.which_case import Question

FIRST_WORDS = ("registered", "refused", "day_full")
"""Kinds of notices that are the first word on a message."""


class AddressedNotices:
    """Makes a notice of what a citizen is to be told."""

    def __init__(self, sealed: SealedRecords, phrasing: Phrasing) -> None:
        self._sealed = sealed
        self._phrasing = phrasing

    def to_sender(self, decision: MessageDecision, incoming: Incoming) -> list[Emit]:
        """What the sender of a message is told of it."""
        event, conversation, cause = incoming.event, decision.conversation, incoming.cause
        about = conversation.case_id if conversation else decision.message_id
        reference = conversation.reference if conversation else ""
        emits = []
        for telling in decision.tellings:
            first = telling.kind in FIRST_WORDS
            issued = NoticeIssued(
                case_id=about, reference=reference, conversation=event.conversation,
                contact=to_reader(incoming.contact, decision.language), notice=KINDS[telling.kind].notice,
                kind=telling.kind, text=self._text(telling, reference, decision.language, decision.at),
                message_id=decision.message_id if first else None, outside_id=cause.outside_id if first else None,
            )  # fmt: skip
            correlation = conversation.correlation_id if conversation else None
            emits.append(_emit(incoming.channel, about, issued, cause, decision.at, correlation))
        return emits

    def which_case(
        self, cases: Sequence[KeptConversation], question: Question, incoming: Incoming, now: datetime
    ) -> Emit:
        """The question which of these cases a message is about; it is asked of the first."""
        event, cause, first = incoming.event, incoming.cause, cases[0]
        choices = CaseChoices(tuple((one.reference, one.begun_at) for one in cases))
        telling = Telling("which_case", {"choices": choices, "due": question.until})
        issued = NoticeIssued(
            case_id=first.case_id, reference=first.reference, conversation=event.conversation,
            contact=to_reader(incoming.contact, first.language), notice=KINDS[telling.kind].notice, kind=telling.kind,
            text=self._text(telling, first.reference, first.language, now), outside_id=cause.outside_id,
            message_id=message_id_of(cause),
        )  # fmt: skip
        return _emit(incoming.channel, first.case_id, issued, cause, now, first.correlation_id)

    def to_citizen(
        self, telling: Telling, kept: KeptConversation, cause: Envelope, region: str | None = None
    ) -> Emit:  # fmt: skip
        """What whoever began the conversation is told of the case; `region` is whose clock times are told by."""
        text = self._text(telling, kept.reference, kept.language, cause.time, region)
        return self._to_citizen(telling.kind, text, kept, cause)

    def to_asker(self, telling: Telling, kept: KeptConversation, incoming: Incoming, now: datetime) -> Emit:
        """What the sender of a message is told of what they gave with it."""
        issued = NoticeIssued(
            case_id=kept.case_id, reference=kept.reference, conversation=incoming.event.conversation,
            contact=to_reader(incoming.contact, kept.language), notice=KINDS[telling.kind].notice, kind=telling.kind,
            text=self._text(telling, kept.reference, kept.language, now),
        )  # fmt: skip
        return _emit(incoming.channel, kept.case_id, issued, incoming.cause, now, kept.correlation_id)

    def to_addressee(
        self, kind: str, to: Addressee, cause: Envelope, now: datetime, *, answers: bool = True, **fields: str
    ) -> Emit:
        """What somebody is told of no case, in one of their conversations; `answers`: `cause` is a word said there."""
        issued = NoticeIssued(
            case_id=to.opening, reference="", conversation=self._sealed.conversation(to),
            contact=self._sealed.reader(to), notice=KINDS[kind].notice, kind=kind,
            text=self._text(Telling(kind, fields), "", to.language, now),
            outside_id=cause.outside_id if answers else None,
        )  # fmt: skip
        return _emit(to.channel, to.opening, issued, cause, now, None)

    def correction(self, kept: KeptConversation, cause: Envelope, wrong: tuple[str, ...]) -> Emit:
        """One word for all the notices of delays that were wrong, whatever their number; of their kind, so that an
        adapter which knows nothing of corrections delivers it too."""
        text = self._text(Telling("corrected", {}), kept.reference, kept.language, cause.time)
        return self._to_citizen("escalated", text, kept, cause, replaces=wrong)

    def _to_citizen(
        self, kind: str, text: str, kept: KeptConversation, cause: Envelope, replaces: tuple[str, ...] = ()
    ) -> Emit:
        issued = NoticeIssued(
            case_id=kept.case_id, reference=kept.reference, conversation=self._sealed.conversation(kept),
            contact=self._sealed.reader(kept), notice=KINDS[kind].notice, kind=kind,
            text=text, replaces=replaces,
        )  # fmt: skip
        return _emit(kept.channel, kept.case_id, issued, cause, cause.time, kept.correlation_id)

    def _text(
        self, telling: Telling, reference: str, language: str, now: datetime, region: str | None = None
    ) -> str:  # fmt: skip
        fields = {"reference": reference, **telling.fields} if reference else telling.fields
        return self._phrasing.text(telling.kind, language, now, fields, region)


def _emit(
    channel: str, about: str, issued: NoticeIssued, cause: Envelope, now: datetime, correlation_id: str | None
) -> Emit:
    named = notice_id(channel, about, issued.kind or issued.notice, cause.identity)
    return Emit(
        f"channel.{channel}.outbound", about, issued, cause, now, correlation_id=correlation_id, id=named
    )  # fmt: skip
