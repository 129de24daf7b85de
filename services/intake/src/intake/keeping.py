"""Messages and verdicts as they were decided: what is kept of each, published, and answered to its sender."""

from __future__ import annotations

from common.contracts.delivery import Delivery, Emit
from common.contracts.events.intake import MessageRefused
from common.messaging.consume.time_bounds import Timeliness

from intake.addressed_notices import AddressedNotices
from intake.batch import Batch
from intake.believed_time import believed_time
from intake.conversation import MessageDecision
from intake.domain import (
    TOPIC,
    Incoming,
    given_files,
)
from intake.other_addresses import GivenThere
from intake.rejections import Rejections
from intake.sealed_records import SealedRecords


class Keeping:
    """The sender's key must be held."""

    def __init__(
        self, sealed: SealedRecords, notices: AddressedNotices, rejections: Rejections, timeliness: Timeliness
    ) -> None:  # fmt: skip
        self._sealed = sealed
        self._notices = notices
        self._rejections = rejections
        self._timeliness = timeliness

    def keep(
        self, decision: MessageDecision, incoming: Incoming, delivery: Delivery, thread: bytes, work: Batch
    ) -> None:
        """Take a message or a verdict as it was decided, or tell of a refusal."""
        conversation, cause = decision.conversation, incoming.cause
        if conversation is not None and decision.begins:
            kept = self._sealed.keep_conversation(conversation, incoming, thread)
            work.threads.setdefault(thread, []).append(kept)
            work.begun.append(kept)
        work.messages.append(self._sealed.keep_message(decision, incoming, delivery.raw))
        if conversation is not None:
            work.said[decision.message_id] = conversation.case_id
        others = incoming.event.contact.others
        if conversation is not None and decision.refusal is None and others is not None:
            about = next(
                (one for one in work.threads[thread] if one.case_id == conversation.case_id), work.threads[thread][-1]
            )
            at = max(decision.at, believed_time(delivery, self._timeliness))
            work.others[thread] = GivenThere(incoming, about, others, at)
        event = decision.event
        key = event.message_id if isinstance(event, MessageRefused) else event.case_id
        work.emits.append(Emit(TOPIC, key, decision.event, cause, decision.at))
        work.emits += [Emit(TOPIC, one.attachment_id, one, cause, decision.at) for one in given_files(decision)]
        work.emits += self._notices.to_sender(decision, incoming)
        if decision.refusal is not None:
            refusal = decision.refusal
            work.emits.append(
                self._rejections.of_delivery(
                    delivery, cause, refusal.fault, refusal.reason, decision.at, decision.message_id
                )
            )
