"""Load the batch's cases, decide each record in order, save them, and hand the events to the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Command, Event
from common.contracts.events.clock import RECORDS_AHEAD, TimeCorrected, TimePassed
from common.contracts.events.intake import (
    CitizenErased,
    CitizensLinked,
    ConversationErased,
    MessageAdded,
    MessageRegistered,
    SupportGiven,
)
from common.contracts.events.reflex.warnings import WarningEnded, WarningRaised
from common.contracts.events.routing import (
    AnswerTriage,
    CaseAssigned,
    MessageSplit,
    RefuseDuplicate,
    SplitTriage,
    TriageAnswered,
    TriageDeclined,
    TriageRequested,
)
from common.contracts.mandates import Mandates
from common.contracts.signing import SignatureRefused, Verifier
from common.messaging.clock import last_tick, tick_buffer
from common.messaging.clock.tick_buffer import Buffered
from common.messaging.erased_citizens import names_of, without_erased_words
from common.messaging.failures import Forged, TransientError
from common.rulebook.errors import ReleaseMissing
from common.rulebook.message_text.context import ModelMissing

from routing import link_store, marked_store, store, warning_store
from routing.completion import later_messages
from routing.domain import HANDLED, decide, heard_as_one
from routing.duplicates import store as known_cases
from routing.duplicates import until_tick
from routing.early_warnings import NO_WARNINGS
from routing.model import Incoming, NotTheHolder, RoutedCase, RoutingContext, RoutingDecision
from routing.people import NOBODY_ELSE, Link, people_of

UNKNOWN = RoutedCase()
MARKED = ("spam", "abuse")
PLACING = (MessageRegistered, MessageAdded, AnswerTriage, SplitTriage, CitizensLinked)
"""What may place a case."""
WAITING_AT_MOST = 500
"""Facts that wait for the search for duplicates before it is made without a tick, in wall time: it takes some 0.1 ms
each, in which the process routes nothing."""


class RoutingHandler:
    """Everything routing does about a batch."""

    types: frozenset[type[Event]] = frozenset(
        {
            *HANDLED,
            CitizenErased,
            CitizensLinked,
            ConversationErased,
            *until_tick.GONE,
            RefuseDuplicate,
            SupportGiven,
            WarningRaised,
            WarningEnded,
            TimePassed,
            TimeCorrected,
        }
    )

    def __init__(
        self, context: RoutingContext, verifier: Verifier, mandates: Mandates | None, *,
        waiting_at_most: int | None = None,
    ) -> None:  # fmt: skip
        """`waiting_at_most` None: everything waits for its tick, as in a replay, which must come out the same twice."""
        self._context = context
        self._waiting_at_most = waiting_at_most
        self._waiting = 0
        self._verifier = verifier
        self._mandates = mandates
        self._repeats: dict[str, Mapping[str, int]] = {}
        self._people = NOBODY_ELSE
        self._warnings = NO_WARNINGS

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        batch = await without_erased_words(db, batch)
        links = [(d, d.event) for d in batch if isinstance(d.event, CitizensLinked)]
        for _delivery, link in links:
            await link_store.remember(db, link)
        await self._hear_warnings(batch, db)
        emits = await self._decided([d for d in batch if isinstance(d.event, HANDLED)], db)
        for delivery, link in links:
            emits += await self._heard_as_one(delivery, link, db)
        emits += await self._duplicates(batch, db)
        for delivery in batch:
            # Last: it reaches what the batch brings.
            if isinstance(delivery.event, CitizenErased):
                await store.forget_words(db, delivery.event.citizen, delivery.event.erased_at)
                await known_cases.forget_words(db, delivery.event.citizen, delivery.event.erased_at)
                await marked_store.forget(db, delivery.event.citizen)
                await link_store.forget(db, delivery.event.citizen)
            elif isinstance(delivery.event, ConversationErased):
                names = names_of(delivery.event)
                await store.forget_words_in(db, delivery.event.citizen, delivery.event.erased_at, names)
                await known_cases.forget_words_in(db, names)
        return emits

    async def _hear_warnings(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
        """Keep them and read those that stand: another replica may have heard of one."""
        for delivery in batch:
            if isinstance(delivery.event, WarningRaised):
                await warning_store.raised(db, delivery.event, delivery.envelope.time)
            elif isinstance(delivery.event, WarningEnded):
                await warning_store.ended(db, delivery.event, delivery.envelope.time)
        if any(isinstance(delivery.event, PLACING) for delivery in batch):
            self._warnings = await warning_store.load(db, with_cases=False)

    async def _duplicates(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        """What ticks and people say of cases that may be about the same thing."""
        gone = [one for one in map(until_tick.gone, batch) if one is not None]
        await tick_buffer.keep(db, gone)
        self._waiting += len(gone)
        orders = [(d, self._refused(d)) for d in batch if isinstance(d.event, RefuseDuplicate)]
        emits = await until_tick.decide(db, self._context, orders)
        said = [d for d in batch if isinstance(d.event, SupportGiven)]
        routes = await store.load(db, {_case_id(d) for d in said}, set()) if said else {}
        holders = {name: case.route.region for name, case in routes.items() if case.route is not None}
        emits += await until_tick.hear_citizens(db, [(d, holders.get(_case_id(d))) for d in said])
        for delivery in batch:
            cause, event = delivery.envelope, delivery.event
            if isinstance(event, TimeCorrected):
                await tick_buffer.not_ahead(db, cause.time, cause.time + RECORDS_AHEAD)
                await warning_store.not_ahead(db, cause.time + RECORDS_AHEAD)
            elif isinstance(event, TimePassed):
                await marked_store.forget_before(db, event.until)
                emits += await self._search(db, cause, event.until)
        if self._waiting_at_most is not None and self._waiting >= self._waiting_at_most:
            cause = max((delivery.envelope for delivery in batch), key=attrgetter("time", "id"))
            if await known_cases.search_is_free(db):
                emits += await self._search(db, cause, cause.time)
        return emits

    async def _search(self, db: asyncpg.Connection, cause: Envelope, until: datetime) -> list[Emit]:
        """Among all that happened before `until`."""
        await known_cases.search_alone(db)
        try:
            emits = await until_tick.apply(db, self._context, cause, until)
        except ReleaseMissing as error:
            raise TransientError(str(error)) from error
        self._waiting = 0
        return emits

    async def _decided(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        answered = {_case_id(d) for d in batch if isinstance(d.event, AnswerTriage | MessageRegistered)}
        before = await store.load(db, {_case_id(d) for d in batch}, answered)
        spoke = {d.event.citizen for d in batch if isinstance(d.event, MessageRegistered | MessageAdded)}
        links = await link_store.links_of(db, spoke | _speakers(before.values()))
        self._people = people_of(links)
        self._repeats = await self._closed_before(batch, links, db)
        cases = dict(before)
        emits: list[Emit] = []
        placed: list[Buffered] = []
        for delivery in batch:
            case_id = _case_id(delivery)
            decision = self._decide(cases.get(case_id, UNKNOWN), delivery)
            cases[case_id] = decision.case
            emits += self._emits(case_id, decision, delivery)
            placed += _placed(decision, delivery)
        await store.save(db, before, cases)
        await _mark(emits, db)
        await tick_buffer.keep(db, placed)
        self._waiting += len(placed)
        return emits

    async def _heard_as_one(self, delivery: Delivery, link: CitizensLinked, db: asyncpg.Connection) -> list[Emit]:
        """What a citizen had added under another name to what waits for a person, where the word of the link is read
        after it."""
        links = await link_store.links_of(db, {link.citizen, link.into_citizen})
        people = people_of(links)
        names = people.names_of({link.citizen, link.into_citizen})
        before = await store.load(db, await store.waiting_of(db, names), set())
        cases = dict(before)
        emits: list[Emit] = []
        placed: list[Buffered] = []
        for case_id, case in before.items():
            cause = delivery.envelope
            incoming = Incoming(
                cause.id, cause.correlation_id, cause.time, link, people=people, warnings=self._warnings
            )
            decision = self._considered(partial(heard_as_one, case, incoming, self._context))
            cases[case_id] = decision.case
            emits += self._emits(case_id, decision, delivery)
            placed += _placed(decision, delivery)
        await store.save(db, before, cases)
        await _mark(emits, db)
        await tick_buffer.keep(db, placed)
        return emits

    async def _closed_before(
        self, batch: Sequence[Delivery], links: Sequence[Link], db: asyncpg.Connection
    ) -> dict[str, Mapping[str, int]]:  # fmt: skip
        """By citizen. As of the last tick: what spans cases must not depend on the order in which they are read. Of a
        link that holds of one conversation nobody knows which messages it concerns."""
        citizens = {d.event.citizen for d in batch if isinstance(d.event, MessageRegistered)}
        tick = await last_tick.latest(db) if citizens else None
        if tick is None:
            return {}
        people = people_of(link for link in links if link.whole and link.linked_at <= tick.until)
        return await marked_store.repeats(db, citizens, tick.until, people)

    def _decide(self, case: RoutedCase, delivery: Delivery) -> RoutingDecision:
        envelope = delivery.envelope
        incoming = Incoming(
            envelope.id, envelope.correlation_id, envelope.time, delivery.event, self._refused(delivery),
            self._repeats.get(getattr(delivery.event, "citizen", ""), {}), self._people, self._warnings,
        )  # fmt: skip
        return self._considered(partial(decide, case, incoming, self._context))

    def _considered(self, decided: Callable[[], RoutingDecision]) -> RoutingDecision:
        try:
            return decided()
        except (ReleaseMissing, ModelMissing) as error:
            raise TransientError(str(error)) from error
        except NotTheHolder as error:
            raise Forged(str(error)) from error

    def _refused(self, delivery: Delivery) -> str | None:
        """Why a command may not be considered: its signature is not what it must be."""
        if isinstance(delivery.event, Command):
            try:
                self._verifier.check(delivery)
            except SignatureRefused as error:
                return error.reason
        return None

    def _emits(self, case_id: str, decision: RoutingDecision, delivery: Delivery) -> list[Emit]:
        cause = delivery.envelope
        return [
            Emit(
                topic=said.topic,
                key=case_id,
                event=said.event,
                cause=cause,
                time=cause.time,
                release=said.release,
                mandate=self._mandate(said.event),
            )
            for said in decision.events
        ]

    def _mandate(self, event: Event) -> str | None:
        """Whoever is given a case is given the mandate to speak about it."""
        if self._mandates is None or not isinstance(event, CaseAssigned):
            return None
        return self._mandates.of(event.case_id, event.region)


async def _mark(emits: Iterable[Emit], db: asyncpg.Connection) -> None:
    """What goes to a person as spam or abuse, and what people said of it."""
    events = [(emit.event, emit.time) for emit in emits]
    await marked_store.mark(
        db,
        [
            (event.case_id, event.citizen, event.matter)
            for event, _ in events
            if isinstance(event, TriageRequested) and event.matter in MARKED
        ],
    )
    closed = {e.case_id: at for e, at in events if isinstance(e, TriageDeclined) and e.matter is None}
    placed = [e.case_id for e, _ in events if isinstance(e, TriageAnswered) and not (e.clarified or e.completed)]
    placed += [e.case_id for e, _ in events if isinstance(e, MessageSplit)]
    await marked_store.decided(db, closed, placed)


def _speakers(cases: Iterable[RoutedCase]) -> set[str]:
    """Who has spoken in what waits for a person."""
    found = set()
    for case in cases:
        if case.route is not None and case.route.waiting and case.route.message is not None:
            found.add(MessageRegistered.model_validate_json(case.route.message).citizen)
            found |= {one.citizen for one in later_messages(case.held)}
    return found


def _case_id(delivery: Delivery) -> str:
    """The case a record is about; its body says it, so a wrong key cannot reach another case's row."""
    return str(getattr(delivery.event, "case_id", delivery.key))


def _placed(decision: RoutingDecision, delivery: Delivery) -> list[Buffered]:
    """The case that a decision gave to a region, for the search for duplicates."""
    route = decision.case.route
    if route is None:
        return []
    found = (until_tick.placed(said.event, delivery, route.message_time) for said in decision.events)
    return [one for one in found if one is not None]
