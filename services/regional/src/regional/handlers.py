"""Load the batch's cases, decide each record in order, save them, and hand the events to the outbox."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events import clock, federal, region
from common.contracts.events.base import Command, Event
from common.contracts.events.clock import RECORDS_AHEAD
from common.contracts.events.intake import CitizenErased, ConversationErased
from common.contracts.events.routing import CaseAssigned, JoinForwarded
from common.contracts.rights import HasPeople, beyond_forwarding, denial
from common.contracts.signing import SignatureRefused
from common.messaging.erased_citizens import without_erased_words

from regional import store
from regional.answer_clock import take_back
from regional.case import Case, CaseDecision, RegionContext
from regional.domain import MOVES, Incoming, decide, raised_by_join, refuse
from regional.passing_time import pass_moment

if TYPE_CHECKING:
    import asyncpg

DIRECTIVES = federal.DirectiveIssued | federal.DirectiveWithdrawn
CHUNK = 500
"""How many cases to which time does something are locked and saved at a time."""


JOINS = region.JoinCase | JoinForwarded
"""What names another case of the region."""


class Checks(Protocol):
    """Verifies a command's signature; see common.signing.Verifier."""

    def check(self, delivery: Delivery) -> str: ...


class RegionalHandler:
    """Everything a region does about a batch."""

    types: frozenset[type[Event]] = frozenset(
        {*MOVES, CaseAssigned, CitizenErased, ConversationErased, clock.TimePassed, clock.TimeCorrected}
    )

    def __init__(
        self, context: RegionContext, federation: HasPeople, verifier: Checks, lateness: timedelta = timedelta(0),
        endpoints: Container[str] = (),
    ) -> None:  # fmt: skip
        """`lateness` is how long before a tick's end a deadline must lie to fire; `endpoints` are the authorities for
        which the edges may speak."""
        self._endpoints = endpoints
        self._lateness = lateness
        self._context = context
        self._federation = federation
        self._verifier = verifier
        self._topic = f"region.{context.region}.cases"

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        """Records between two ticks are decided together; a tick sees all that came before it. Erasures come last: they
        reach what the batch brings."""
        batch = await without_erased_words(db, batch)
        emits = await self._decided(
            [d for d in batch if not isinstance(d.event, CitizenErased | ConversationErased)], db
        )
        for delivery in batch:
            if isinstance(delivery.event, CitizenErased):
                await store.forget_words(db, delivery.event.citizen, delivery.event.erased_at)
            elif isinstance(delivery.event, ConversationErased):
                event = delivery.event
                await store.forget_words_in(db, event.citizen, event.erased_at, event.cases)
        return emits

    async def _decided(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        emits: list[Emit] = []
        records: list[Delivery] = []
        for delivery in batch:
            event = delivery.event
            if isinstance(event, clock.TimePassed):
                emits += await self._records(records, db)
                records = []
                emits += await self._tick(event, delivery.envelope, db)
            elif isinstance(event, clock.TimeCorrected):
                emits += await self._records(records, db)
                records = []
                emits += await self._take_back(event, delivery.envelope, db)
            elif not (isinstance(event, DIRECTIVES) and event.region != self._context.region):
                records.append(delivery)
        return emits + await self._records(records, db)

    async def _records(self, records: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        if not records:
            return []
        wanted = {_case_id(d) for d in records}
        wanted |= {d.event.into_case for d in records if isinstance(d.event, JOINS)}
        cases = await store.load(db, wanted)
        changed: dict[str, Case] = {}
        emits: list[Emit] = []
        for delivery in records:
            case_id = _case_id(delivery)
            known = cases.get(case_id)
            decision = self._decide(known, delivery, cases)
            if decision.case is not None and decision.case is not known:
                cases[case_id] = changed[case_id] = decision.case
            emits += self._emits(case_id, decision, delivery.envelope)
            raised = self._raised(decision, delivery, cases)
            if raised is not None and raised.case is not None and raised.events:
                cases[raised.case.case_id] = changed[raised.case.case_id] = raised.case
                emits += self._emits(raised.case.case_id, raised, delivery.envelope)
        await store.save(db, changed.values())
        return emits

    def _raised(self, decision: CaseDecision, delivery: Delivery, cases: Mapping[str, Case]) -> CaseDecision | None:
        """What a join did to the case under which the other goes on; None of any other record, or a refused join."""
        envelope, event = delivery.envelope, delivery.event
        into = cases.get(event.into_case) if isinstance(event, JOINS) else None
        if (
            into is None
            or decision.case is None
            or not any(isinstance(e.event, region.CaseJoined) for e in decision.events)
        ):
            return None
        incoming = Incoming(envelope.id, envelope.correlation_id, envelope.time, event, envelope.mandate)
        return raised_by_join(into, decision.case, incoming, self._context)

    def _decide(self, case: Case | None, delivery: Delivery, cases: dict[str, Case]) -> CaseDecision:
        envelope, event = delivery.envelope, delivery.event
        incoming = Incoming(envelope.id, envelope.correlation_id, envelope.time, event, envelope.mandate)
        if isinstance(event, Command):
            try:
                principal = self._verifier.check(delivery)
            except SignatureRefused as refusal:
                return refuse(case, incoming, self._context, refusal.reason)
            if case is not None:
                no = denial(
                    self._federation, event.actor, type(event), region=self._context.region, authority=case.authority
                ) or beyond_forwarding(type(event), case.authority, self._endpoints, principal)
                if no is not None:
                    return refuse(case, incoming, self._context, no)
        other = cases.get(event.into_case) if isinstance(event, JOINS) else None
        return decide(case, incoming, self._context, other=other)

    async def _tick(self, tick: clock.TimePassed, cause: Envelope, db: asyncpg.Connection) -> list[Emit]:
        horizon = tick.until - self._lateness
        emits: list[Emit] = []
        while ids := await store.due(db, horizon, CHUNK):
            cases = await store.load(db, ids)
            changed = []
            for case_id in ids:
                decision = pass_moment(cases[case_id], self._context, horizon)
                if decision.case is not None:
                    changed.append(decision.case)
                emits += self._emits(case_id, decision, cause)
            await store.save(db, changed)
        return sorted(emits, key=lambda emit: emit.time)

    async def _take_back(self, event: clock.TimeCorrected, cause: Envelope, db: asyncpg.Connection) -> list[Emit]:
        """Undo what ticks after the right time did; the next tick begins there."""
        right, now = event.until, cause.time
        emits: list[Emit] = []
        after = ""
        while ids := await store.touched_after(db, right, now + RECORDS_AHEAD, after, CHUNK):
            cases = await store.load(db, ids)
            changed = []
            for case_id in ids:
                decision = take_back(cases[case_id], self._context, right, now, event.reason)
                if decision.case is not None and decision.case is not cases[case_id]:
                    changed.append(decision.case)
                emits += self._emits(case_id, decision, cause)
            await store.save(db, changed)
            after = ids[-1]
        return emits

    def _emits(self, case_id: str, decision: CaseDecision, cause: Envelope) -> list[Emit]:
        case = decision.case
        return [
            Emit(
                topic=self._topic,
                key=case_id,
                event=said.event,
                cause=cause,
                time=said.at,
                release=case.release if case else None,
                correlation_id=case.correlation_id if case else None,
                mandate=case.mandate if case else None,
            )
            for said in decision.events
        ]


def _case_id(delivery: Delivery) -> str:
    """The case a record is about; its body says it, so a wrong key cannot reach another case's row."""
    return str(getattr(delivery.event, "case_id", delivery.key))
