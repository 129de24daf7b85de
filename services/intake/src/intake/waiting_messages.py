"""Messages that wait until their citizen has said which case they are about."""

from __future__ import annotations

from collections.abc import Sequence

from common.contracts.delivery import Delivery
from common.contracts.events.base import Place
from common.contracts.events.channel import MessageReceived
from common.messaging.consume.time_bounds import Timeliness

from intake.addressed_notices import AddressedNotices
from intake.batch import Batch
from intake.believed_time import believed_time
from intake.citizen_keys import CitizenKeys
from intake.conversation import Conversation
from intake.course import course_by_choice
from intake.domain import (
    Incoming,
    IntakeRules,
    decide,
)
from intake.held_store import HeldMessage
from intake.holding import Holding, asked_of
from intake.keeping import Keeping
from intake.noting import noted
from intake.sealed_records import SealedRecords
from intake.store import KeptConversation
from intake.which_case import Answer, answer_in, question_about


class WaitingMessages:
    """Asks the citizen once, and lets the messages go on by the answer."""

    def __init__(
        self, holding: Holding, keeping: Keeping, keys: CitizenKeys, sealed: SealedRecords, notices: AddressedNotices,
        rules: IntakeRules, timeliness: Timeliness,
    ) -> None:  # fmt: skip
        self._holding = holding
        self._keeping = keeping
        self._keys = keys
        self._sealed = sealed
        self._notices = notices
        self._rules = rules
        self._timeliness = timeliness

    def hold(
        self, incoming: Incoming, delivery: Delivery, thread: bytes, case: Conversation, wait_minutes: int,
        work: Batch,
    ) -> None:  # fmt: skip
        """Let a message wait; its citizen is asked once, whatever else they write meanwhile."""
        waiting, now = work.held.setdefault(thread, []), believed_time(delivery, self._timeliness)
        cases = work.threads[thread]
        if waiting:
            question = asked_of(waiting[0])
        else:
            question = question_about(case, cases, work.living, work.standings, now, wait_minutes)
            known = {one.case_id: one for one in cases}
            work.emits.append(
                self._notices.which_case([known[name] for name in question.case_ids], question, incoming, now)
            )
        held = self._holding.held(incoming, delivery, thread, question)
        waiting.append(held)
        work.held_now[held.message_id] = held
        work.emits += noted(incoming, "which_case", now)

    def let_go(self, thread: bytes, case_id: str | None, work: Batch) -> None:
        """What waited goes to this case, or all of it to one of its own."""
        for held in work.held.pop(thread, []):
            if work.held_now.pop(held.message_id, None) is None:
                work.let_go.append(held.message_id)
            cases = work.threads.get(thread, [])
            case = next((one for one in cases if one.case_id == case_id), cases[-1] if cases else None)
            if case is None or not self._keys.opens(held.key_id):
                continue
            incoming, delivery = self._holding.opened(held)
            assert isinstance(incoming.event, MessageReceived)
            course = work.edit_of(incoming, cases) or course_by_choice(
                incoming.event, case, work.living, work.standings, another=case_id is None
            )
            decided = decide(course, incoming, self._rules, self._timeliness, case)
            self._keeping.keep(decided, incoming, delivery, thread, work)
            if case_id is None and decided.conversation is not None and decided.begins:
                case_id = decided.conversation.case_id

    def keep_answer(
        self, incoming: Incoming, delivery: Delivery, cases: Sequence[KeptConversation], answer: Answer, work: Batch
    ) -> None:
        """The word that says which case it is and nothing else: kept like any other, and told to nobody."""
        about = answer.case_id if answer.case_id is not None else cases[-1].case_id
        work.messages.append(self._sealed.keep_answer(incoming, about, delivery.raw))
        work.emits += noted(incoming, "which_case_answered", believed_time(delivery, self._timeliness))


def answer_of(
    event: MessageReceived, waiting: Sequence[HeldMessage], cases: Sequence[KeptConversation]
) -> Answer | None:  # fmt: skip
    """What a message says to the question that others wait for; whoever brings more than words says something else."""
    if not waiting or event.category or event.attachments or event.place != Place() or event.replaces is not None:
        return None
    return answer_in(event.text, asked_of(waiting[0]), cases)
