"""Load the batch's conversations, decide each record in order, save them, and hand events and notices to the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg
from common.contracts.catalogue import Installation
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.base import Event
from common.contracts.events.channel import (
    ErasureRequested,
    LinkRequested,
    MessageReceived,
    NoticeDelivered,
    Said,
    SupportReceived,
    VerdictReceived,
    VoiceReceived,
)
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.deliberation import CitizenToBeTold, CitizenToBeToldOfIdea, DeliberationOpened
from common.contracts.events.federal import CaseEscalationWithdrawn
from common.contracts.events.intake import EraseCitizen, OpenOriginal
from common.contracts.events.operations import RecordDisclosure
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
    standing_store,
    store,
    told_questions,
    voice_store,
)
from intake.addressed_notices import AddressedNotices
from intake.batch import load
from intake.believed_time import believed_time
from intake.border import Border
from intake.case_news import CaseNews, move
from intake.citizen_keys import CitizenKeys
from intake.conversation_rules import Ruling
from intake.counting_days import CountingDays, said_in
from intake.counting_days import Rules as DayRules
from intake.course import Asked
from intake.domain import Incoming, IntakeRules
from intake.early_warnings import HEARD, RulesAt
from intake.erasure_handler import Erasures
from intake.forgetting import FOR_180_DAYS, Remembered
from intake.holding import Holding
from intake.keeping import Keeping
from intake.link_handler import Linking
from intake.link_store import Links
from intake.linking import TERM, code_in
from intake.official_notices import TELLS, OfficialNotices
from intake.opening_handler import Openings
from intake.other_addresses import OtherAddresses
from intake.phrasing import Phrasing
from intake.receipt_handler import ReceiptHandler
from intake.receiving import Receiving
from intake.recognising import Recognising
from intake.redirecting import Redirecting
from intake.rejections import Rejections
from intake.sealed_records import SealedRecords
from intake.second_pass import SecondPass
from intake.telling import Told, told_types
from intake.vault import Vault
from intake.voice_handler import VoiceHandler
from intake.waiting_messages import WaitingMessages
from intake.warning_news import WarningNews

WORDS = MessageReceived | VerdictReceived | VoiceReceived
"""What citizens say in words that others will read."""
MOST_THREADS = 1_000
"""Conversations in which one tick ends the waiting; the next one goes on."""


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
            CitizenToBeToldOfIdea, DeliberationOpened, EraseCitizen, OpenOriginal, TimePassed, TimeCorrected,
            *HEARD, *TELLS, *told_types(),
        }
    )  # fmt: skip

    def __init__(
        self, vault: Vault, border: Border, rules: IntakeRules, phrasing: Phrasing, rejections: Rejections,
        orders: OrderCheck, by_rule: Callable[[Asked, datetime], Ruling], by_day: DayRules, federation: Federation,
        told_of_warnings: RulesAt, time: Time = "wall", second_pass: SecondPass | None = None,
        remembered: Remembered = FOR_180_DAYS,
    ) -> None:  # fmt: skip
        """`by_rule` says what becomes of a message in a conversation that is about a case already, `by_day` how
        many are taken of a conversation in a day, `told_of_warnings` who is told of early warnings."""
        self._second_pass = second_pass
        self._remembered = remembered
        self._rejections = rejections
        self._keys = CitizenKeys(vault)
        self._sealed = SealedRecords(self._keys)
        self._notices = AddressedNotices(self._sealed, phrasing)
        self._voices = VoiceHandler(vault, self._keys, self._sealed, rules, phrasing)
        self._addresses = OtherAddresses(vault, self._keys, self._notices, phrasing, federation)
        self._redirecting = Redirecting(self._keys, self._sealed, phrasing, federation, self._addresses)
        self._receipts = ReceiptHandler(vault, self._keys, self._sealed, border, rejections, self._redirecting)
        self._erasures = Erasures(orders.federation, orders.check, self._keys, self._notices)
        self._openings = Openings(
            orders.federation, orders.check, orders.installation, vault, self._keys, self._notices
        )
        self._linking = Linking(vault, self._keys, self._notices, self._addresses)
        self._timeliness = Timeliness(time)
        self._recognising = Recognising(vault, border)
        keeping = Keeping(self._sealed, self._notices, rejections, self._timeliness)
        self._holding = Holding(self._keys, border)
        self._waiting = WaitingMessages(
            self._holding, keeping, self._keys, self._sealed, self._notices, rules, self._timeliness
        )  # fmt: skip
        self._days = CountingDays(by_day, rules, ZoneInfo(federation.zone(None)), self._timeliness)
        self._receiving = Receiving(
            self._recognising, self._waiting, keeping, self._voices, rules, by_rule, self._timeliness, self._days
        )
        self._news = CaseNews(self._notices, self._sealed)
        self._officials = OfficialNotices(federation, phrasing.text)
        self._warnings = WarningNews(self._keys, self._notices, self._officials, told_of_warnings)

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
        since = self._remembered.since(None if last is None else last.until)
        named = {id(d): t for d in batch if (t := self._recognising.thread(d)) is not None}
        threads = set(named.values())
        passed = max((d.event.until for d in batch if isinstance(d.event, TimePassed)), default=None)
        overdue = await held_store.overdue(db, passed, MOST_THREADS) if passed is not None else []
        threads |= set(overdue)
        self._keys.begin()
        senders = set(self._recognising.senders(batch))
        links = await link_store.links(db, senders, threads, since)
        await key_store.hold_for(db, self._keys, {links.citizens.get(one, one) for one in senders})
        work = await load(batch, threads, await self._voices.load(batch, threads, db, since), self._keys, db, since)
        work.links = links
        if self._second_pass is not None:
            waiting = [held for thread in overdue for held in work.held.get(thread, ())]
            await self._second_pass.read(self._holding.text(one) for one in waiting if self._keys.opens(one.key_id))
        earlier = {one for delivery in batch for one in self._recognising.earlier(delivery)}
        if earlier:
            work.said |= await store.cases_of_messages(db, earlier)
        begun = work.threads.keys() | work.voices.conversations.keys()
        await self._days.load(said_in(batch), begun, work, db)
        for delivery in batch:
            event = delivery.event
            if isinstance(event, Said):
                self._receiving.receive(event, delivery, named[id(delivery)], work)
            elif isinstance(event, Told):
                move(event, delivery.envelope.time, work)
                self._news.tell(event, delivery, work)
                if isinstance(event, MessageSplit):
                    self._news.register_parts(event, delivery, work)
            elif isinstance(event, CaseEscalationWithdrawn):
                self._news.take_back(event, delivery, work)
            elif isinstance(event, DuplicateSuggested):
                self._news.ask_whether(event, delivery, work)
            elif isinstance(event, DuplicateDecided):
                work.settle(event.case_id)
        for thread in overdue:
            waiting = work.held.get(thread, [])
            if passed is not None and waiting and waiting[0].until <= passed:
                self._waiting.let_go(thread, waiting[0].case_ids[0], work)
        await held_store.let_go(db, work.let_go)
        await held_store.keep(db, work.held_now.values())
        await store.add_conversations(db, work.begun)
        await standing_store.keep(db, work.moved.values())
        await store.add_messages(db, work.messages)
        await store.tell_escalations(db, work.escalations.told_now)
        await known_store.keep(db, work.newly_asked.values(), work.settled)
        await told_questions.keep(db, work.questions)
        await self._days.save(work, passed, db)
        await self._voices.save(work.voices, db)
        if work.spoken or work.languages:
            await voice_store.note_last_words(db, work.spoken, work.languages)
        work.emits += await self._addresses.give(work.others, db)
        await self._warnings.wait(batch, db)
        for delivery in batch:
            if isinstance(delivery.event, TimeCorrected):
                work.emits += await self._warnings.correct(delivery.envelope, db)
        if passed is not None:
            work.emits += await self._warnings.tell(passed, db)
            await self._redirecting.forget_old(passed, db)
            await link_store.forget_old(db, passed - TERM)
        await self._redirecting.keep(work.emits, db)
        work.emits += await self._voices.tell(batch, db)
        told = (self._officials.of(d.event, d.envelope) for d in batch if isinstance(d.event, TELLS))
        work.emits += [one for one in told if one is not None]
        receipts = [d for d in batch if isinstance(d.event, NoticeDelivered)]
        work.emits += await self._receipts.handle(receipts, db, lambda d: believed_time(d, self._timeliness), since)
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


def _ends_part(event: Event) -> bool:
    """Whether what follows may be said by somebody else than before."""
    return isinstance(event, EraseCitizen | ErasureRequested | LinkRequested) or (
        isinstance(event, MessageReceived) and code_in(event) is not None
    )
