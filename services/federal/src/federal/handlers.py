"""Keep what comes until the tick; then apply it in order and hand escalations and directives to the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from common.contracts.case_sequence import in_one_order
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events import clock, region
from common.contracts.events.base import Event
from common.contracts.events.clock import RECORDS_AHEAD
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import Buffered, about

from federal import facts_until_tick, store
from federal.domain import HEARD, Heard, apply, escalate, overdue_withdrawn, take_back
from federal.model import Directive, FederalContext, FederalDecision, Watched

if TYPE_CHECKING:
    import asyncpg

NOT_FACTS = (clock.TimePassed, clock.TimeCorrected, region.CaseOverdueWithdrawn)

CHUNK = 500
"""How many cases are locked and saved at a time on a tick."""


class FederalHandler:
    """Everything the centre does about a batch."""

    types: frozenset[type[Event]] = frozenset(
        {*HEARD, region.CaseOverdueWithdrawn, clock.TimePassed, clock.TimeCorrected}
    )

    def __init__(self, centre: FederalContext, lateness: timedelta = timedelta(0)) -> None:
        """`lateness` is how long before a tick's end a deadline must lie to fire."""
        self._centre = centre
        self._lateness = lateness

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        """Facts are kept until their tick; a tick applies them, then moves the ladder."""
        heard = [d for d in batch if not isinstance(d.event, NOT_FACTS)]
        for delivery in heard:
            self._can_begin(delivery)
        await tick_buffer.keep(db, [facts_until_tick.kept(delivery) for delivery in heard])
        await self._withdraw_overdue([d for d in batch if isinstance(d.event, region.CaseOverdueWithdrawn)], db)
        emits: list[Emit] = []
        for delivery in batch:
            if isinstance(delivery.event, clock.TimePassed):
                emits += await self._tick(delivery.event, delivery.envelope, db)
            elif isinstance(delivery.event, clock.TimeCorrected):
                emits += await self._take_back(delivery.event, delivery.envelope, db)
        return emits

    async def _withdraw_overdue(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
        """At once, not at the tick: what is taken back may wait for a tick that is weeks away."""
        if not batch:
            return
        await facts_until_tick.forget_overdue(db, batch)
        ids = sorted({about(d) for d in batch})
        cases = await store.load(db, ids)
        for delivery in batch:
            case, event = cases.get(about(delivery)), delivery.event
            if case is not None and isinstance(event, region.CaseOverdueWithdrawn):
                cases[case.case_id] = overdue_withdrawn(case, event, self._centre)
        await store.save(db, cases.values())

    async def _take_back(self, event: clock.TimeCorrected, cause: Envelope, db: asyncpg.Connection) -> list[Emit]:
        """Undo what ticks after the right time did; the next tick begins there."""
        right, now = event.until, cause.time
        await tick_buffer.not_ahead(db, now, now + RECORDS_AHEAD)
        await store.not_ahead(db, now, now + RECORDS_AHEAD)
        emits: list[Emit] = []
        after = ""
        while ids := await store.climbed_after(db, right, after, CHUNK):
            cases = await store.load(db, ids)
            changed: list[Watched] = []
            gone: list[Directive] = []
            for case_id in ids:
                decision = take_back(cases[case_id], right, now, event.reason, self._centre)
                if decision.case is not None and decision.case is not cases[case_id]:
                    changed.append(decision.case)
                gone += decision.directives
                emits += _emits(case_id, decision, cause)
            await store.save(db, changed)
            await store.forget_directives(db, gone)
            after = ids[-1]
        return emits

    def _can_begin(self, delivery: Delivery) -> None:
        """What cannot be watched, a date beyond every calendar, fails now and alone, not at its tick."""
        event = delivery.event
        if isinstance(event, region.CaseOpenedSummary):
            self._centre.calendar(event.region).minutes_between(event.due_at, event.due_at)
        else:
            apply(None, _heard(event, delivery.envelope), (), self._centre)

    async def _tick(self, tick: clock.TimePassed, cause: Envelope, db: asyncpg.Connection) -> list[Emit]:
        horizon = tick.until - self._lateness
        emits: list[Emit] = []
        told = await facts_until_tick.take(db, tick.until)
        told_of = sorted(told)
        for at in range(0, len(told_of), CHUNK):
            emits += await self._apply({case_id: told.pop(case_id) for case_id in told_of[at : at + CHUNK]}, db)
        while ids := await store.due(db, horizon, CHUNK):
            cases = await store.load(db, ids)
            changed: list[Watched] = []
            orders: list[Directive] = []
            for case_id in ids:
                decision = escalate(cases[case_id], horizon, self._centre)
                if decision.case is not None:
                    changed.append(decision.case)
                orders += decision.directives
                emits += _emits(case_id, decision, cause)
            await store.save(db, changed)
            await store.save_directives(db, orders)
        # One case's events stay in order: their times never go back, and the sort is stable.
        return sorted(emits, key=lambda emit: (emit.time, emit.key))

    async def _apply(self, told: Mapping[str, Sequence[Buffered]], db: asyncpg.Connection) -> list[Emit]:
        """Everything that was told of some cases."""
        cases = await store.load(db, told)
        directives = await store.open_directives(db, cases) if cases else {}
        changed: dict[str, Watched] = {}
        orders: dict[str, Directive] = {}
        emits: list[Emit] = []
        for case_id, records in told.items():
            known, held = cases.get(case_id), {d.directive_id: d for d in directives.get(case_id, ())}
            for fact in in_one_order(map(facts_until_tick.read, records)):
                heard = _heard(fact.event, fact.envelope)
                standing = [d for d in held.values() if d.closed_at is None]
                decision = apply(known, heard, standing, self._centre)
                if decision.case is not None and decision.case is not known:
                    known = changed[case_id] = decision.case
                held |= {d.directive_id: d for d in decision.directives}
                orders |= {d.directive_id: d for d in decision.directives}
                emits += _emits(case_id, decision, fact.envelope)
        await store.save(db, changed.values())
        await store.save_directives(db, orders.values())
        return emits


def _heard(event: Event, envelope: Envelope) -> Heard:
    return Heard(event, envelope.time, envelope.release or "", envelope.correlation_id)


def _emits(case_id: str, decision: FederalDecision, cause: Envelope) -> list[Emit]:
    case = decision.case
    return [
        Emit(
            topic=said.topic,
            key=case_id,
            event=said.event,
            cause=cause,
            time=said.at,
            release=case.release if case else None,
            correlation_id=case.correlation_id if case else None,
        )
        for said in decision.events
    ]
