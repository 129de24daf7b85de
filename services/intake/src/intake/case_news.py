"""What happens to a case, told to whoever waits for it."""

from __future__ import annotations

from datetime import datetime

from common.contracts.delivery import Delivery, Emit
from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.contracts.events.region import CaseReminded, CitizenAsked
from common.contracts.events.routing import DuplicateSuggested, MessageSplit

from intake import standing
from intake.addressed_notices import AddressedNotices
from intake.batch import Batch
from intake.domain import TOPIC
from intake.may_be_known import AskedWhether, question_of
from intake.parts import registered_parts
from intake.sealed_records import SealedRecords
from intake.telling import Telling, Told, speaker_of, supporters_kind, telling_of


class CaseNews:
    """The keys of those who are told must be held."""

    def __init__(self, notices: AddressedNotices, sealed: SealedRecords) -> None:
        self._notices = notices
        self._sealed = sealed

    def tell(self, event: Told, delivery: Delivery, work: Batch) -> None:
        """The notice to the case's citizen, or to the one of those waiting for it who spoke; and to all others."""
        cause = delivery.envelope
        if isinstance(event, CaseEscalated) and work.escalations.premature(cause.time, delivery.appended_at):
            return
        telling, region = telling_of(event), getattr(event, "region", None)
        if telling is None:
            return
        kept, others = work.waiting_for(event.case_id, speaker_of(event))
        if kept is not None:
            emit = self._notices.to_citizen(telling, kept, cause, region)
            work.emits.append(emit)
            if isinstance(event, CaseEscalated) and emit.id is not None:
                work.escalations.told(event, emit.id)
            if isinstance(event, CitizenAsked | CaseReminded) and emit.id is not None:
                work.questions[emit.id] = event.asked_at if isinstance(event, CaseReminded) else cause.time
        wider = supporters_kind(telling.kind)
        if wider is not None:
            shared = Telling(wider, telling.fields)
            work.emits += [self._notices.to_citizen(shared, one, cause, region) for one in others]

    def register_parts(self, event: MessageSplit, delivery: Delivery, work: Batch) -> None:
        """The parts of a message in its citizen's conversation; none where the citizen was erased meanwhile."""
        whole, cause = work.cases.get(event.case_id), delivery.envelope
        if whole is None:
            return
        for part in registered_parts(event, whole):
            kept, message = self._sealed.keep_part(part, whole)
            work.begun.append(kept)
            if whole.thread in work.threads:
                work.threads[whole.thread].append(kept)
            work.messages.append(message)
            work.said[message.id] = kept.case_id
            work.emits.append(Emit(TOPIC, kept.case_id, part.event, cause, cause.time))

    def ask_whether(self, event: DuplicateSuggested, delivery: Delivery, work: Batch) -> None:
        """Ask the citizen whether their case is about the same thing as the one that is suggested."""
        kept = work.cases.get(event.case_id)
        telling = question_of(event, work.standings.get(event.case_id), work.standings.get(event.other_case))
        if kept is None or telling is None:
            return
        work.emits.append(self._notices.to_citizen(telling, kept, delivery.envelope, event.region))
        question = AskedWhether(event.case_id, event.other_case, delivery.envelope.time)
        work.asked[event.case_id] = work.newly_asked[event.case_id] = question

    def take_back(self, event: CaseEscalationWithdrawn, delivery: Delivery, work: Batch) -> None:
        unsaid, wrong = work.escalations.withdraw(event)
        if unsaid:
            work.emits = [e for e in work.emits if e.id not in unsaid]
        kept, cause = work.cases.get(event.case_id), delivery.envelope
        if kept is not None and wrong:
            work.emits.append(self._notices.correction(kept, cause, wrong))


def move(event: Told, time: datetime, work: Batch) -> None:
    """How a case stands from now on."""
    found = standing.after(work.standings.get(event.case_id), event, time)
    if found is not None:
        work.standings[event.case_id] = work.moved[event.case_id] = found
