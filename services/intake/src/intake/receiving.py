"""What citizens say: which course it takes, and what is decided of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from common.contracts.delivery import Delivery
from common.contracts.events.channel import (
    ErasureRequested,
    LinkRequested,
    MessageReceived,
    Said,
    SupportReceived,
    VerdictReceived,
)
from common.messaging.consume.time_bounds import Timeliness

from intake.batch import Batch
from intake.believed_time import believed_time
from intake.conversation import Begun
from intake.conversation_rules import Ruling
from intake.counting_days import CountingDays
from intake.course import Asked, Course, Then, course_by_choice, course_of
from intake.domain import (
    Incoming,
    IntakeRules,
    decide,
    reader_language,
    refused,
    refused_request,
)
from intake.keeping import Keeping
from intake.linking import code_in
from intake.may_be_known import support_in, take_support
from intake.recognising import Recognising
from intake.store import KeptConversation
from intake.voice_handler import VoiceHandler
from intake.voices import VoiceDecision
from intake.waiting_messages import WaitingMessages, answer_of
from intake.which_case import MOST_HELD

ABOUT_THEMSELVES = ErasureRequested | LinkRequested
"""What citizens ask about themselves."""


class Receiving:
    """One record after another, each by what those before it in the batch have changed."""

    def __init__(
        self, recognising: Recognising, waiting: WaitingMessages, keeping: Keeping, voices: VoiceHandler,
        rules: IntakeRules, by_rule: Callable[[Asked, datetime], Ruling], timeliness: Timeliness,
        days: CountingDays,
    ) -> None:  # fmt: skip
        """`by_rule` says what becomes of a message in a conversation that is about a case already."""
        self._recognising = recognising
        self._waiting = waiting
        self._keeping = keeping
        self._voices = voices
        self._rules = rules
        self._by_rule = by_rule
        self._timeliness = timeliness
        self._days = days

    def receive(self, event: Said, delivery: Delivery, thread: bytes, work: Batch) -> None:
        cases, begun = work.threads.get(thread, []), work.voices.conversations.get(thread)
        kept = cases[-1] if cases else None
        incoming = self._recognising.recognised(
            self._recognising.incoming(event, delivery, work.links), kept or begun, thread, work.links
        )
        if self._follow_language(incoming, kept or begun, thread, work):
            cases, begun = work.threads.get(thread, []), work.voices.conversations.get(thread)
            kept = cases[-1] if cases else None
        is_code = thread in work.links.awaited and isinstance(event, MessageReceived) and code_in(event) is not None
        if isinstance(event, ABOUT_THEMSELVES) or is_code:
            self._request(incoming, kept or begun, delivery, thread, work)
            return
        # While messages wait for their citizen to say which case they are about, words are the answer to that.
        support, answers = None, False
        if isinstance(event, MessageReceived) and work.held.get(thread):
            answers = answer_of(event, work.held[thread], cases) is not None
        elif isinstance(event, SupportReceived | MessageReceived):
            support = support_in(event, cases, work.asked, work.standings)
            answers = support is not None
        too_much = self._days.over(incoming, kept or begun, delivery, thread, work, answers=answers)
        if too_much is not None:
            self._keeping.keep(too_much, incoming, delivery, thread, work)
            return
        if support is not None or isinstance(event, SupportReceived):
            taken = take_support(support, kept or begun, incoming, self._rules, self._timeliness)
            if support is not None and taken.refusal is None:
                work.settle(support.case.case_id)
                work.spoken[thread] = max(taken.at, work.spoken.get(thread, taken.at))
            self._keeping.keep(taken, incoming, delivery, thread, work)
            return
        spoken_before = kept is not None or begun is not None
        edit = work.edit_of(incoming, cases)
        voice = self._voices.voice_of(incoming, thread, kept, work.voices) if edit is None else None
        if voice is not None:
            decided = self._voices.receive(voice, delivery.raw, thread, kept, work.voices, self._timeliness)
        else:
            course = edit or self._settled(incoming, cases, delivery, thread, work)
            if course is None:
                work.spoken[thread] = max(event.sent_at, work.spoken.get(thread, event.sent_at))
                return
            cases = work.threads.get(thread, [])
            kept = cases[-1] if cases else None
            decided = decide(course, incoming, self._rules, self._timeliness, kept or begun)
        if spoken_before and (isinstance(decided, VoiceDecision) or decided.refusal is None):
            work.spoken[thread] = max(decided.at, work.spoken.get(thread, decided.at))
        if isinstance(decided, VoiceDecision):
            work.emits += self._voices.given(decided, incoming)
        else:
            self._keeping.keep(decided, incoming, delivery, thread, work)

    def _settled(
        self, incoming: Incoming, cases: Sequence[KeptConversation], delivery: Delivery, thread: bytes, work: Batch
    ) -> Course | None:  # fmt: skip
        """The course of a message; None for one that waits for its citizen's word on what it is about, and for that
        word where it says nothing else."""
        event, waiting = incoming.event, work.held.get(thread, [])
        course, wait_minutes = self._course(incoming, cases, delivery, work)
        if course.case is None or not isinstance(event, MessageReceived):
            return course
        if refused(course.case, incoming, self._rules, self._timeliness) is not None:
            return course
        answer = answer_of(event, waiting, cases)
        if answer is not None:
            self._waiting.let_go(thread, answer.case_id, work)
            if answer.alone:
                self._waiting.keep_answer(incoming, delivery, cases, answer, work)
                return None
            return self._course(incoming, work.threads[thread], delivery, work)[0]
        undecided = bool(waiting) and not course.certain and isinstance(course.event, MessageReceived)
        if course.then != "asks" and not undecided:
            return course
        if len(waiting) >= MOST_HELD:
            self._waiting.let_go(thread, waiting[0].case_ids[0], work)
            return course_by_choice(event, course.case, work.living, work.standings, another=False)
        self._waiting.hold(incoming, delivery, thread, course.case, wait_minutes, work)
        return None

    def _course(
        self, incoming: Incoming, cases: Sequence[KeptConversation], delivery: Delivery, work: Batch
    ) -> tuple[Course, int]:
        """And how many minutes an answer is awaited where the citizen is asked."""
        event, now = incoming.event, believed_time(delivery, self._timeliness)
        assert isinstance(event, MessageReceived | VerdictReceived)
        ruling = Ruling("joins")

        def rule(asked: Asked) -> Then:
            nonlocal ruling
            ruling = self._by_rule(asked, now)
            return ruling.then

        course = course_of(event, cases, work.living, work.standings, rule, work.spoken_at(cases))
        return course, ruling.wait_minutes

    def _request(self, incoming: Incoming, begun: Begun | None, delivery: Delivery, thread: bytes, work: Batch) -> None:
        """Refuse what a citizen asks about themself, or let it wait for the end of the batch."""
        refusal = refused_request(begun, incoming, self._rules, self._timeliness)
        if refusal is not None:
            self._keeping.keep(refusal, incoming, delivery, thread, work)
        else:
            at = max(incoming.event.sent_at, believed_time(delivery, self._timeliness))
            work.requests.append((incoming, thread, at))

    def _follow_language(self, incoming: Incoming, begun: Begun | None, thread: bytes, work: Batch) -> bool:
        """Whether the citizen of a conversation that was begun is answered in another language than before."""
        if begun is None:
            return False
        language = reader_language(incoming, self._rules, begun.language)
        if language == begun.language or refused(begun, incoming, self._rules, self._timeliness) is not None:
            return False
        work.answer_in(language, thread)
        return True
