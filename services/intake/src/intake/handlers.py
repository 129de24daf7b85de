"""Load the batch's conversations, decide each record in order, save them, and hand events and notices to the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

import asyncpg
from common.contracts.catalogue import Installation, channel_of
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import derived_id
from common.contracts.events.base import Event, Place
from common.contracts.events.channel import (
    ErasureRequested,
    LinkRequested,
    MessageReceived,
    NoticeDelivered,
    OtherContact,
    SupportReceived,
    VerdictReceived,
    VoiceReceived,
)
from common.contracts.events.clock import TimePassed
from common.contracts.events.deliberation import CitizenToBeTold, CitizenToBeToldOfIdea, DeliberationOpened
from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.contracts.events.intake import EraseCitizen, MessageRefused, OpenOriginal, RequestNoted
from common.contracts.events.operations import RecordDisclosure
from common.contracts.events.region import CaseJoined, CaseReminded, CitizenAsked
from common.contracts.events.routing import DuplicateDecided, DuplicateSuggested, MessageSplit
from common.contracts.frozen import value
from common.contracts.rights import HasPeople
from common.federation.country import Federation
from common.messaging.clock import last_tick
from common.messaging.consume.dead_letters import appended_at
from common.messaging.consume.decode import Read
from common.messaging.consume.time_bounds import Time, Timeliness
from common.messaging.kafka import Record

from intake import (
    held_store,
    key_store,
    known_store,
    link_store,
    standing,
    standing_store,
    store,
    told_questions,
    voice_store,
)
from intake.addressed_notices import AddressedNotices
from intake.border import EDGE, Border
from intake.citizen_keys import CitizenKeys
from intake.conversation import Begun, Conversation, MessageDecision
from intake.conversation_rules import Ruling
from intake.course import Asked, Course, Then, course_by_choice, course_of, course_of_edit
from intake.domain import (
    TOPIC,
    Incoming,
    IntakeRules,
    decide,
    given_files,
    message_id_of,
    reader_language,
    refused,
    refused_request,
)
from intake.erasure_handler import Erasures
from intake.escalations import Escalations, ToldEscalation, WrongTime
from intake.held_store import HeldMessage
from intake.holding import Holding, asked_of
from intake.link_handler import Linking
from intake.link_store import NO_LINKS, Links
from intake.linking import TERM, code_in
from intake.may_be_known import AskedWhether, question_of, support_in, take_support
from intake.opening_handler import Openings
from intake.parts import registered_parts
from intake.phrasing import Phrasing
from intake.receipt_handler import ReceiptHandler
from intake.redirecting import Redirecting
from intake.rejections import Rejections
from intake.sealed_records import SealedRecords
from intake.second_pass import SecondPass
from intake.standing import Standing
from intake.store import KeptConversation, Message
from intake.telling import Telling, Told, speaker_of, supporters_kind, telling_of, told_types
from intake.vault import Vault
from intake.voice_handler import VoiceHandler, Voices
from intake.voices import VoiceDecision
from intake.which_case import MOST_HELD, Answer, answer_in, question_about

Said = MessageReceived | VerdictReceived | VoiceReceived | SupportReceived | ErasureRequested | LinkRequested
WORDS = MessageReceived | VerdictReceived | VoiceReceived
"""What citizens say in words that others will read."""
MOST_THREADS = 1_000
"""Conversations in which one tick ends the waiting; the next one goes on."""
TOLD = Told | CaseEscalationWithdrawn | DuplicateSuggested
"""What is told about a case."""
ABOUT_THEMSELVES = ErasureRequested | LinkRequested
"""What citizens ask about themselves."""


@dataclass
class _Batch:
    """What is known of one batch, and what is to be saved of it."""

    threads: dict[bytes, list[KeptConversation]]
    """The cases of each conversation, in the order in which they were opened."""
    living: Mapping[str, str]
    """Under which case those of these go on that were joined to another."""
    standings: dict[str, Standing]
    cases: Mapping[str, KeptConversation]
    supporters: Mapping[str, Sequence[KeptConversation]]
    """Conversations whose cases were joined to a case."""
    escalations: Escalations
    voices: Voices
    begun: list[KeptConversation] = field(default_factory=list)
    moved: dict[str, Standing] = field(default_factory=dict)
    """How cases stand that others have said something new of."""
    messages: list[Message] = field(default_factory=list)
    spoken: dict[bytes, datetime] = field(default_factory=dict)
    """When somebody spoke last in a conversation that was begun before."""
    questions: dict[str, datetime] = field(default_factory=dict)
    """When the region asked, by the notice that puts its question."""
    requests: list[tuple[Incoming, bytes, datetime]] = field(default_factory=list)
    """What citizens ask about themselves, and codes that link their channels: in which conversation, and when."""
    links: Links = NO_LINKS
    asked: dict[str, AskedWhether] = field(default_factory=dict)
    """Of cases that may be known ones the questions that wait for an answer."""
    newly_asked: dict[str, AskedWhether] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    """Cases of which it is said, or was in what the batch brings, whether they are known."""
    said: dict[str, str] = field(default_factory=dict)
    """Of the batch's own messages, and of those that some are said instead of, which case each is about."""
    held: dict[bytes, list[HeldMessage]] = field(default_factory=dict)
    """What waits in each conversation until its citizen says which case it is about."""
    held_now: dict[str, HeldMessage] = field(default_factory=dict)
    let_go: list[str] = field(default_factory=list)
    """Which waited before the batch and wait no longer."""
    languages: dict[bytes, str] = field(default_factory=dict)
    """Of conversations whose citizens are answered in another language from now on."""
    others: dict[bytes, tuple[str, str, Sequence[OtherContact]]] = field(default_factory=dict)
    """Other addresses that were given in a conversation: by whom, on which channel."""
    emits: list[Emit] = field(default_factory=list)

    def spoken_at(self, cases: Sequence[KeptConversation]) -> datetime | None:
        """When somebody spoke last in the conversation of these cases; None where that is not known."""
        times = [at for one in cases for at in (one.begun_at, one.spoken_at) if at is not None]
        here = self.spoken.get(cases[-1].thread) if cases else None
        return max([*times, *([here] if here is not None else [])], default=None)

    def answer_in(self, language: str, thread: bytes) -> None:
        """From now on a conversation's citizen is answered in this language."""
        self.languages[thread] = language
        if thread in self.threads:
            self.threads[thread] = [replace(one, language=language) for one in self.threads[thread]]
        if thread in self.voices.conversations:
            self.voices.conversations[thread] = replace(self.voices.conversations[thread], language=language)
        own = {name: replace(one, language=language) for name, one in self.cases.items() if one.thread == thread}
        self.cases = {**self.cases, **own}

    def settle(self, case_id: str) -> None:
        """Nobody is waited for any more to say whether the case is a known one."""
        self.asked.pop(case_id, None)
        self.newly_asked.pop(case_id, None)
        self.settled.add(case_id)

    def waiting_for(
        self, case_id: str, speaker: str | None
    ) -> tuple[KeptConversation | None, Sequence[KeptConversation]]:  # fmt: skip
        """Who is told first of what happens to a case: whoever of those waiting for it spoke, else its own citizen
        (None where they were erased); and who else waits for it."""
        first, joined = self.cases.get(case_id), self.supporters.get(case_id, ())
        everybody = [*joined] if first is None else [first, *joined]
        if speaker is not None:
            first = next((one for one in everybody if one.citizen == speaker), first)
        return first, [one for one in everybody if one is not first]


@value
class OrderCheck:
    """By what an order is judged: who may give it, and who signed it."""

    federation: HasPeople
    check: Callable[[Delivery], str]
    installation: Installation


class IntakeHandler:
    """Everything intake does about a batch."""

    types: frozenset[type[Event]] = frozenset(
        {
            MessageReceived, VerdictReceived, VoiceReceived, SupportReceived, ErasureRequested, LinkRequested,
            NoticeDelivered, DuplicateDecided, DuplicateSuggested, CaseEscalationWithdrawn, CitizenToBeTold,
            CitizenToBeToldOfIdea, DeliberationOpened, EraseCitizen, OpenOriginal, TimePassed, *told_types(),
        }
    )  # fmt: skip

    def __init__(
        self, vault: Vault, border: Border, rules: IntakeRules, phrasing: Phrasing, rejections: Rejections,
        orders: OrderCheck, by_rule: Callable[[Asked, datetime], Ruling], federation: Federation, time: Time = "wall",
        second_pass: SecondPass | None = None,
    ) -> None:  # fmt: skip
        """`by_rule` says what becomes of a message in a conversation that is about a case already."""
        self._by_rule = by_rule
        self._second_pass = second_pass
        self._vault = vault
        self._border = border
        self._rules = rules
        self._rejections = rejections
        self._keys = CitizenKeys(vault)
        self._sealed = SealedRecords(self._keys)
        self._notices = AddressedNotices(self._sealed, phrasing)
        self._voices = VoiceHandler(vault, self._keys, self._sealed, rules, phrasing)
        self._redirecting = Redirecting(vault, self._keys, self._sealed, phrasing, federation)
        self._receipts = ReceiptHandler(vault, self._keys, self._sealed, border, rejections, self._redirecting)
        self._erasures = Erasures(orders.federation, orders.check, self._keys, self._notices)
        self._openings = Openings(
            orders.federation, orders.check, orders.installation, vault, self._keys, self._notices
        )
        self._holding = Holding(self._keys, border)
        self._linking = Linking(vault, self._keys, self._notices)
        self._timeliness = Timeliness(time)

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        """What changes who somebody is comes after all that stands before it in the batch, and before what stands
        behind it."""
        if self._second_pass is not None:
            self._second_pass.begin()
            await self._second_pass.read(e.text for d in batch if isinstance(e := d.event, WORDS))
        emits: list[Emit] = []
        part: list[Delivery] = []
        for delivery in batch:
            part.append(delivery)
            if _ends_part(delivery.event):
                emits += await self._handle(part, db)
                part = []
        return emits + (await self._handle(part, db) if part else [])

    async def _handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        last = await last_tick.latest(db)
        if last is not None:
            self._timeliness.hear(last)
        named = {id(d): t for d in batch if (t := self._thread(d)) is not None}
        threads = set(named.values())
        passed = max((d.event.until for d in batch if isinstance(d.event, TimePassed)), default=None)
        overdue = await held_store.overdue(db, passed, MOST_THREADS) if passed is not None else []
        threads |= set(overdue)
        self._keys.begin()
        senders = set(self._senders(batch))
        links = await link_store.links(db, senders, threads)
        await key_store.hold_for(db, self._keys, {links.citizens.get(one, one) for one in senders})
        work = await _load(batch, threads, await self._voices.load(batch, threads, db), self._keys, db)
        work.links = links
        if self._second_pass is not None:
            waiting = [held for thread in overdue for held in work.held.get(thread, ())]
            await self._second_pass.read(self._holding.text(one) for one in waiting if self._keys.opens(one.key_id))
        earlier = {one for delivery in batch for one in self._earlier(delivery)}
        if earlier:
            work.said |= await store.cases_of_messages(db, earlier)
        for delivery in batch:
            event = delivery.event
            if isinstance(event, Said):
                self._receive(event, delivery, named[id(delivery)], work)
            elif isinstance(event, Told):
                _move(event, delivery.envelope.time, work)
                self._tell(event, delivery, work)
                if isinstance(event, MessageSplit):
                    self._register_parts(event, delivery, work)
            elif isinstance(event, CaseEscalationWithdrawn):
                self._take_back(event, delivery, work)
            elif isinstance(event, DuplicateSuggested):
                self._ask_whether(event, delivery, work)
            elif isinstance(event, DuplicateDecided):
                work.settle(event.case_id)
        for thread in overdue:
            waiting = work.held.get(thread, [])
            if passed is not None and waiting and waiting[0].until <= passed:
                self._let_go(thread, waiting[0].case_ids[0], work)
        await held_store.let_go(db, work.let_go)
        await held_store.keep(db, work.held_now.values())
        await store.add_conversations(db, work.begun)
        if work.languages:
            await store.answer_in(db, work.languages)
        await standing_store.keep(db, work.moved.values())
        await store.add_messages(db, work.messages)
        await store.tell_escalations(db, work.escalations.told_now)
        await known_store.keep(db, work.newly_asked.values(), work.settled)
        await told_questions.keep(db, work.questions)
        await self._voices.save(work.voices, db)
        if work.spoken:
            await voice_store.note_last_words(db, work.spoken)
        await self._redirecting.give(work.others, db)
        if passed is not None:
            await self._redirecting.forget_old(passed, db)
            await link_store.forget_old(db, passed - TERM)
        await self._redirecting.keep(work.emits, db)
        work.emits += await self._voices.tell(batch, db)
        receipts = [d for d in batch if isinstance(d.event, NoticeDelivered)]
        work.emits += await self._receipts.handle(receipts, db, self._said_at)
        for delivery in batch:
            if isinstance(delivery.event, OpenOriginal):
                work.emits += await self._openings.ordered(delivery, delivery.event, db)
            if isinstance(delivery.event, EraseCitizen):
                work.emits += await self._erasures.ordered(delivery, delivery.event, db)
        for incoming, thread, at in work.requests:
            work.emits += await self._carry_out(incoming, thread, at, links, db)
        return work.emits

    async def _carry_out(
        self, incoming: Incoming, thread: bytes, at: datetime, links: Links, db: asyncpg.Connection
    ) -> list[Emit]:
        if isinstance(incoming.event, ErasureRequested):
            return await self._erasures.requested(incoming, thread, at, db)
        if isinstance(incoming.event, LinkRequested):
            return await self._linking.requested(incoming, thread, at, db)
        return await self._linking.answered(incoming, links.awaited[thread], at, db)

    async def disclosed(self, record: Record, delivery: Delivery, db: asyncpg.Connection) -> list[Emit]:
        """Somebody looks into a dead letter: whose words it holds is told."""
        assert isinstance(delivery.event, RecordDisclosure)
        self._keys.begin()
        return await self._openings.looked_into(record, delivery, delivery.event, db)

    def rejected(self, reads: Sequence[Read]) -> list[Emit]:
        """Word to a channel's integrator about records that were not taken."""
        now = [(read, self._timeliness.said_at(at := appended_at(read.record), at)) for read in reads]
        return [emit for read, at in now if (emit := self._rejections.of_record(read, at)) is not None]

    def _senders(self, batch: Sequence[Delivery]) -> Iterable[str]:
        """Pseudonyms of those who said something."""
        for delivery in batch:
            if isinstance(event := delivery.event, Said):
                yield self._vault.pseudonym(channel_of(delivery.topic), event.contact.address)

    def _thread(self, delivery: Delivery) -> bytes | None:
        event = delivery.event
        return self._vault.thread(channel_of(delivery.topic), event.conversation) if isinstance(event, Said) else None

    def _earlier(self, delivery: Delivery) -> tuple[str, ...]:
        """As what the message may be known that this one is said instead of."""
        event = delivery.event
        if not isinstance(event, MessageReceived) or event.replaces is None:
            return ()
        return self._border.earlier(delivery, channel_of(delivery.topic), event.replaces)

    def _said_at(self, delivery: Delivery) -> datetime:
        """When it is, whatever a sender outside says."""
        claimed = delivery.envelope.time
        return self._timeliness.said_at(claimed, delivery.appended_at or claimed)

    def _receive(self, event: Said, delivery: Delivery, thread: bytes, work: _Batch) -> None:
        cases, begun = work.threads.get(thread, []), work.voices.conversations.get(thread)
        kept = cases[-1] if cases else None
        incoming = self._recognised(self._incoming(event, delivery, work.links), kept or begun, thread, work.links)
        if self._follow_language(incoming, kept or begun, thread, work):
            cases, begun = work.threads.get(thread, []), work.voices.conversations.get(thread)
            kept = cases[-1] if cases else None
        is_code = thread in work.links.awaited and isinstance(event, MessageReceived) and code_in(event) is not None
        if isinstance(event, ABOUT_THEMSELVES) or is_code:
            self._request(incoming, kept or begun, delivery, thread, work)
            return
        if isinstance(event, SupportReceived | MessageReceived):
            # While messages wait for their citizen to say which case they are about, words are the answer to that.
            other_asked = isinstance(event, MessageReceived) and work.held.get(thread)
            support = None if other_asked else support_in(event, cases, work.asked, work.standings)
            if support is not None or isinstance(event, SupportReceived):
                taken = take_support(support, kept or begun, incoming, self._rules, self._timeliness)
                if support is not None and taken.refusal is None:
                    work.settle(support.case.case_id)
                    work.spoken[thread] = max(taken.at, work.spoken.get(thread, taken.at))
                self._keep(taken, incoming, delivery, thread, work)
                return
        spoken_before = kept is not None or begun is not None
        edit = _edit(incoming, cases, work)
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
            self._keep(decided, incoming, delivery, thread, work)

    def _follow_language(self, incoming: Incoming, begun: Begun | None, thread: bytes, work: _Batch) -> bool:
        """Whether the citizen of a conversation that was begun is answered in another language than before."""
        if begun is None:
            return False
        language = reader_language(incoming, self._rules, begun.language)
        if language == begun.language or refused(begun, incoming, self._rules, self._timeliness) is not None:
            return False
        work.answer_in(language, thread)
        return True

    def _settled(
        self, incoming: Incoming, cases: Sequence[KeptConversation], delivery: Delivery, thread: bytes, work: _Batch
    ) -> Course | None:  # fmt: skip
        """The course of a message; None for one that waits for its citizen's word on what it is about, and for that
        word where it says nothing else."""
        event, waiting = incoming.event, work.held.get(thread, [])
        course, wait_minutes = self._course(incoming, cases, delivery, work)
        if course.case is None or not isinstance(event, MessageReceived):
            return course
        if refused(course.case, incoming, self._rules, self._timeliness) is not None:
            return course
        answer = _answer(event, waiting, cases)
        if answer is not None:
            self._let_go(thread, answer.case_id, work)
            if answer.alone:
                self._keep_answer(incoming, delivery, cases, answer, work)
                return None
            return self._course(incoming, work.threads[thread], delivery, work)[0]
        undecided = bool(waiting) and not course.certain and isinstance(course.event, MessageReceived)
        if course.then != "asks" and not undecided:
            return course
        if len(waiting) >= MOST_HELD:
            self._let_go(thread, waiting[0].case_ids[0], work)
            return course_by_choice(event, course.case, work.living, work.standings, another=False)
        self._hold(incoming, delivery, thread, course.case, wait_minutes, work)
        return None

    def _course(
        self, incoming: Incoming, cases: Sequence[KeptConversation], delivery: Delivery, work: _Batch
    ) -> tuple[Course, int]:
        """And how many minutes an answer is awaited where the citizen is asked."""
        event, now = incoming.event, self._said_at(delivery)
        assert isinstance(event, MessageReceived | VerdictReceived)
        ruling = Ruling("joins")

        def rule(asked: Asked) -> Then:
            nonlocal ruling
            ruling = self._by_rule(asked, now)
            return ruling.then

        course = course_of(event, cases, work.living, work.standings, rule, work.spoken_at(cases))
        return course, ruling.wait_minutes

    def _hold(
        self, incoming: Incoming, delivery: Delivery, thread: bytes, case: Conversation, wait_minutes: int,
        work: _Batch,
    ) -> None:  # fmt: skip
        """Let a message wait; its citizen is asked once, whatever else they write meanwhile."""
        waiting, now = work.held.setdefault(thread, []), self._said_at(delivery)
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
        work.emits += _noted(incoming, "which_case", now)

    def _let_go(self, thread: bytes, case_id: str | None, work: _Batch) -> None:
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
            course = _edit(incoming, cases, work) or course_by_choice(
                incoming.event, case, work.living, work.standings, another=case_id is None
            )
            decided = decide(course, incoming, self._rules, self._timeliness, case)
            self._keep(decided, incoming, delivery, thread, work)
            if case_id is None and decided.conversation is not None and decided.begins:
                case_id = decided.conversation.case_id

    def _keep_answer(
        self, incoming: Incoming, delivery: Delivery, cases: Sequence[KeptConversation], answer: Answer, work: _Batch
    ) -> None:
        """The word that says which case it is and nothing else: kept like any other, and told to nobody."""
        about = answer.case_id if answer.case_id is not None else cases[-1].case_id
        work.messages.append(self._sealed.keep_answer(incoming, about, delivery.raw))
        work.emits += _noted(incoming, "which_case_answered", self._said_at(delivery))

    def _request(
        self, incoming: Incoming, begun: Begun | None, delivery: Delivery, thread: bytes, work: _Batch
    ) -> None:
        """Refuse what a citizen asks about themself, or let it wait for the end of the batch."""
        refusal = refused_request(begun, incoming, self._rules, self._timeliness)
        if refusal is not None:
            self._keep(refusal, incoming, delivery, thread, work)
        else:
            work.requests.append((incoming, thread, max(incoming.event.sent_at, self._said_at(delivery))))

    def _keep(
        self, decision: MessageDecision, incoming: Incoming, delivery: Delivery, thread: bytes, work: _Batch
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
        if decision.refusal is None and others is not None:
            work.others[thread] = (incoming.citizen, incoming.channel, others)
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

    def _recognised(self, incoming: Incoming, begun: Begun | None, thread: bytes, links: Links) -> Incoming:
        """In a conversation its sender is known as whoever began it: under the pseudonym of the address, under that of
        its spelling where it was begun when each had its own, or as whom the conversation was linked to."""
        if begun is None:
            return incoming
        before = self._vault.pseudonym_before(incoming.channel, incoming.event.contact.address)
        own = begun.citizen in (incoming.sender, before)
        if own or links.conversations.get(thread) == (incoming.sender, begun.citizen):
            return replace(incoming, citizen=begun.citizen)
        return incoming

    def _incoming(self, event: Said, delivery: Delivery, links: Links) -> Incoming:
        channel = channel_of(delivery.topic)
        cause = self._border.cause(delivery, channel)
        sender = self._vault.pseudonym(channel, event.contact.address)
        return Incoming(
            event=event,
            cause=cause,
            channel=channel,
            citizen=links.citizens.get(sender, sender),
            sender=sender,
            by_edge=cause.source == EDGE,
            appended_at=delivery.appended_at or delivery.envelope.time,
            claimed_at=delivery.envelope.time,
            attachments=self._border.attachments(event, channel) if isinstance(event, MessageReceived) else (),
            earlier=self._earlier(delivery),
        )

    def _tell(self, event: Told, delivery: Delivery, work: _Batch) -> None:
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

    def _register_parts(self, event: MessageSplit, delivery: Delivery, work: _Batch) -> None:
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

    def _ask_whether(self, event: DuplicateSuggested, delivery: Delivery, work: _Batch) -> None:
        """Ask the citizen whether their case is about the same thing as the one that is suggested."""
        kept = work.cases.get(event.case_id)
        telling = question_of(event, work.standings.get(event.case_id), work.standings.get(event.other_case))
        if kept is None or telling is None:
            return
        work.emits.append(self._notices.to_citizen(telling, kept, delivery.envelope, event.region))
        question = AskedWhether(event.case_id, event.other_case, delivery.envelope.time)
        work.asked[event.case_id] = work.newly_asked[event.case_id] = question

    def _take_back(self, event: CaseEscalationWithdrawn, delivery: Delivery, work: _Batch) -> None:
        unsaid, wrong = work.escalations.withdraw(event)
        if unsaid:
            work.emits = [e for e in work.emits if e.id not in unsaid]
        kept, cause = work.cases.get(event.case_id), delivery.envelope
        if kept is not None and wrong:
            work.emits.append(self._notices.correction(kept, cause, wrong))


def _answer(
    event: MessageReceived, waiting: Sequence[HeldMessage], cases: Sequence[KeptConversation]
) -> Answer | None:  # fmt: skip
    """What a message says to the question that others wait for; whoever brings more than words says something else."""
    if not waiting or event.category or event.attachments or event.place != Place() or event.replaces is not None:
        return None
    return answer_in(event.text, asked_of(waiting[0]), cases)


def _noted(incoming: Incoming, state: str, at: datetime) -> list[Emit]:
    """For whoever asks over HTTP what became of it."""
    if not incoming.by_edge:
        return []
    message_id = message_id_of(incoming.cause)
    noted = RequestNoted(message_id=message_id, channel=incoming.channel, state=state)
    return [Emit(TOPIC, message_id, noted, incoming.cause, at, id=derived_id("noted", message_id, state))]


def _ends_part(event: Event) -> bool:
    """Whether what follows may be said by somebody else than before."""
    return isinstance(event, EraseCitizen | ErasureRequested | LinkRequested) or (
        isinstance(event, MessageReceived) and code_in(event) is not None
    )


def _edit(incoming: Incoming, cases: Sequence[KeptConversation], work: _Batch) -> Course | None:
    """The course of a message that is said instead of an earlier one of the same conversation; None for any other."""
    event = incoming.event
    if isinstance(event, MessageReceived):
        for replaced in incoming.earlier:
            case = next((one for one in cases if one.case_id == work.said.get(replaced)), None)
            if case is not None:
                return course_of_edit(event, replaced, case, work.living, work.standings)
    return None


def _move(event: Told, time: datetime, work: _Batch) -> None:
    """How a case stands from now on."""
    found = standing.after(work.standings.get(event.case_id), event, time)
    if found is not None:
        work.standings[event.case_id] = work.moved[event.case_id] = found


async def _held_cases(
    cases: dict[str, KeptConversation], divided: set[str], keys: CitizenKeys, db: asyncpg.Connection
) -> dict[str, KeptConversation]:  # fmt: skip
    """The cases with those of these read again once their citizens' keys are held: whoever was erased until then has
    none."""
    await key_store.hold_for(db, keys, {cases[name].citizen for name in divided if name in cases})
    return {name: kept for name, kept in cases.items() if name not in divided} | await store.by_case(db, divided)


async def _load(
    batch: Sequence[Delivery], threads: set[bytes], voices: Voices, keys: CitizenKeys, db: asyncpg.Connection
) -> _Batch:  # fmt: skip
    told = {d.event.case_id for d in batch if isinstance(d.event, TOLD)}
    corrected, earlier = None, list[ToldEscalation]()
    if any(isinstance(d.event, CaseEscalated) for d in batch):
        corrected = await last_tick.correction(db)
    withdrawn = {
        (d.event.case_id, level)
        for d in batch
        if isinstance(d.event, CaseEscalationWithdrawn)
        for level in d.event.withdrawn
    }
    if withdrawn:
        earlier = await store.untell_escalations(db, withdrawn)
    wrong_time = None
    if corrected is not None:
        wrong_time = WrongTime(corrected.until, corrected.wrong_until, corrected.appended_at)
    await store.join_cases(db, {e.case_id: e.into_case for d in batch if isinstance(e := d.event, CaseJoined)})
    begun = await store.by_thread(db, threads)
    held = await held_store.of_threads(db, threads) if threads else {}
    await key_store.hold(db, keys, [one.key_id for one in chain(*held.values())])
    own = {c.case_id for c in chain(*begun.values())}
    living = await standing_store.living(db, own) if own else {}
    moving = {d.event.case_id for d in batch if isinstance(d.event, Told)}
    suggested = [d.event for d in batch if isinstance(d.event, DuplicateSuggested)]
    moving |= {name for one in suggested for name in (one.case_id, one.other_case)}
    known = own | set(living.values()) | moving
    standings = await standing_store.standings(db, known) if known else {}
    others = [c.citizen for c in chain(*begun.values())] + [c.citizen for c in voices.conversations.values()]
    await key_store.hold_for(db, keys, others)
    cases = await store.by_case(db, told) if told else {}
    divided = {d.event.case_id for d in batch if isinstance(d.event, MessageSplit)}
    if divided:
        cases = await _held_cases(cases, divided, keys, db)
    supporters = await store.joined_to(db, told) if told else {}
    await key_store.hold(db, keys, [c.key_id for c in (*cases.values(), *chain(*supporters.values()))])
    return _Batch(
        asked=await known_store.asked(db, own) if own else {},
        threads=begun,
        living=living,
        standings=standings,
        # Whose key is destroyed is told nothing.
        cases={case_id: kept for case_id, kept in cases.items() if keys.opens(kept.key_id)},
        supporters={case_id: [c for c in all_of if keys.opens(c.key_id)] for case_id, all_of in supporters.items()},
        escalations=Escalations(wrong_time, earlier),
        voices=voices,
        held=held,
    )
