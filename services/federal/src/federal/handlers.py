"""Load the batch's cases, apply each fact in order, save, and hand escalations and directives to the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from common.delivery import Delivery, Emit
from common.envelope import Envelope
from common.events import clock
from common.events.base import Event

from federal import store
from federal.domain import HEARD, Heard, climb, hear
from federal.watch import Centre, Decision, Directive, Watched

if TYPE_CHECKING:
    import asyncpg

CHUNK = 500
"""How many cases are locked and saved at a time on a tick."""


class FederalHandler:
    """Everything the centre does about a batch."""

    types: frozenset[type[Event]] = frozenset({*HEARD, clock.TimePassed})

    def __init__(self, centre: Centre, lateness: timedelta = timedelta(0)) -> None:
        """`lateness` is how long before a tick's end a deadline must lie to fire."""
        self._centre = centre
        self._lateness = lateness

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        """Records between two ticks are applied together; a tick sees all that came before it."""
        emits: list[Emit] = []
        records: list[Delivery] = []
        for delivery in batch:
            if isinstance(delivery.event, clock.TimePassed):
                emits += await self._records(records, db)
                records = []
                emits += await self._tick(delivery.event, delivery.envelope, db)
            else:
                records.append(delivery)
        return emits + await self._records(records, db)

    async def _records(self, records: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        if not records:
            return []
        ids = {_case_id(d) for d in records}
        cases = await store.load(db, ids)
        directives = await store.open_directives(db, cases) if cases else {}
        changed: dict[str, Watched] = {}
        orders: dict[str, Directive] = {}
        emits: list[Emit] = []
        for delivery in records:
            case_id, envelope = _case_id(delivery), delivery.envelope
            known = cases.get(case_id)
            heard = Heard(delivery.event, envelope.time, envelope.release or "", envelope.correlation_id)
            decision = hear(known, heard, directives.get(case_id, ()), self._centre)
            if decision.case is not None and decision.case is not known:
                cases[case_id] = changed[case_id] = decision.case
            if decision.directives:
                orders |= {d.directive_id: d for d in decision.directives}
                kept = {d.directive_id: d for d in (*directives.get(case_id, ()), *decision.directives)}
                directives[case_id] = [d for d in kept.values() if d.closed_at is None]
            emits += _emits(case_id, decision, envelope)
        await store.save(db, changed.values())
        await store.save_directives(db, orders.values())
        return emits

    async def _tick(self, tick: clock.TimePassed, cause: Envelope, db: asyncpg.Connection) -> list[Emit]:
        last = await store.last_tick(db)
        if last is not None and tick.until <= last:
            return []
        horizon = tick.until - self._lateness
        emits: list[Emit] = []
        while ids := await store.due(db, horizon, CHUNK):
            cases = await store.load(db, ids)
            changed: list[Watched] = []
            orders: list[Directive] = []
            for case_id in ids:
                decision = climb(cases[case_id], horizon, self._centre)
                if decision.case is not None:
                    changed.append(decision.case)
                orders += decision.directives
                emits += _emits(case_id, decision, cause)
            await store.save(db, changed)
            await store.save_directives(db, orders)
        await store.set_tick(db, tick.until)
        # One case's levels stay in order: their times never go back, and the sort is stable.
        return sorted(emits, key=lambda emit: (emit.time, emit.key))


def _emits(case_id: str, decision: Decision, cause: Envelope) -> list[Emit]:
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


def _case_id(delivery: Delivery) -> str:
    return str(getattr(delivery.event, "case_id", delivery.key))
