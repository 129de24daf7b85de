"""Events become facts, buffered until the tick; on the tick the loops see them in order and speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import asyncpg
from common.delivery import Delivery, Emit
from common.envelope import Envelope, derived_id
from common.events.base import Actor, Event
from common.events.clock import TimePassed
from common.events.reflex import FindingMade
from common.events.region import CaseAnswered, CaseJoined, CaseOpened, CaseTransferred
from common.events.rules import (
    ProposalAdopted,
    ProposalRefused,
    ProposalRejected,
    ProposalReturned,
    ProposalWithdrawn,
    ProposeChange,
)
from common.failures import Passing
from common.federation import Federation
from common.rulebook import ReleaseBook, ReleaseMissing

from reflex import store

MOST_CASES = 50
"""Case ids kept in a proposal's evidence."""

OBSERVED: tuple[type[Event], ...] = (
    CaseOpened,
    CaseTransferred,
    CaseJoined,
    CaseAnswered,
    ProposalRejected,
    ProposalRefused,
    ProposalReturned,
    ProposalWithdrawn,
    ProposalAdopted,
)
NOT_KEPT = {"text", "citizen", "place", "handed_case", "tables"}
"""What no loop needs: the citizen's words and person, and whole tables."""


class Loop(Protocol):
    """One loop: plain facts in, findings and proposals out, state by key."""

    def observe(self, fact: Mapping[str, Any]) -> None: ...
    def on_tick(self, now: datetime) -> Sequence[FindingMade | ProposeChange]: ...
    def load(self, state: Mapping[str, dict[str, Any]]) -> None: ...
    def changed(self) -> Mapping[str, dict[str, Any]]:
        """Keys changed since the last call, with their state."""
        ...


def fact_of(event: Event, envelope: Envelope) -> dict[str, Any]:
    """The event as loops see it: its wire type, time and fields, without personal data."""
    body = event.model_dump(mode="json", exclude_none=True, exclude=NOT_KEPT)
    return {**body, "type": event.type, "at": envelope.time.isoformat(), "id": envelope.id}


def proposal_id(cell: str, now: datetime) -> str:
    """One proposal a cell and day."""
    return derived_id("proposal", cell, now.date().isoformat())


def bounded(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence with every list cut to MOST_CASES."""
    return {k: list(v)[:MOST_CASES] if isinstance(v, list | tuple) else v for k, v in evidence.items()}


def outcome_at(federation: Federation, book: ReleaseBook, region: str, at: datetime) -> datetime:
    """When a case assigned at `at` counts, whatever became of it. Raises Passing while its release is not here."""
    try:
        decision = book.in_force(region, at).decide("loop_settings", loop="misrouting")
    except ReleaseMissing as error:
        raise Passing(str(error)) from error
    if decision is None:
        raise Passing(f"table loop_settings has no row for misrouting in {region}; publish one")
    return federation.calendar(region).add(at, int(decision.outputs["outcome_working_minutes"]))


class ReflexHandler:
    """Loops live in memory and are read back from the database whenever a batch holds a tick: a failed batch
    leaves nothing behind."""

    types: frozenset[type[Event]] = frozenset({*OBSERVED, TimePassed})

    def __init__(self, loops: Mapping[str, Loop], outcome: Callable[[str, datetime], datetime]) -> None:
        self._loops = loops
        self._outcome = outcome

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        facts = [(d.envelope.time, d.envelope.id, self._fact(d)) for d in batch if not isinstance(d.event, TimePassed)]
        if facts:
            await store.buffer(db, facts)
        emits: list[Emit] = []
        for delivery in batch:
            if isinstance(delivery.event, TimePassed):
                emits += await self._tick(db, delivery.envelope, delivery.event.until)
        return emits

    def _fact(self, delivery: Delivery) -> dict[str, Any]:
        fact = fact_of(delivery.event, delivery.envelope)
        if isinstance(delivery.event, CaseOpened):
            fact["outcome_at"] = self._outcome(delivery.event.region, delivery.envelope.time).isoformat()
        return fact

    async def _tick(self, db: asyncpg.Connection, cause: Envelope, now: datetime) -> list[Emit]:
        last = await store.last_tick(db)
        if last is not None and now <= last:
            return []
        held = await store.load(db)
        facts = await store.take(db, now)
        emits: list[Emit] = []
        states: list[tuple[str, str, dict[str, Any]]] = []
        for name, loop in self._loops.items():
            loop.load(held.get(name, {}))
            for fact in facts:
                loop.observe(fact)
            for said in loop.on_tick(now):
                emits.append(self._emit(name, said, cause, now))
            states += [(name, key, body) for key, body in loop.changed().items()]
        if states:
            await store.save(db, states)
        await store.save_tick(db, now)
        return emits

    def _emit(self, name: str, said: FindingMade | ProposeChange, cause: Envelope, now: datetime) -> Emit:
        if isinstance(said, FindingMade):
            return Emit("reflex.observations", said.key, said, cause, now)
        actor = Actor(id=name, role="loop")
        command = said.model_copy(update={"actor": actor, "evidence": bounded(said.evidence), "loop": name})
        return Emit("rules.commands", said.proposal_id, command, cause, now, correlation_id=said.proposal_id)
