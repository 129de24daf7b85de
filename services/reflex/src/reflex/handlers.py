"""Events become facts, buffered until the tick; on the tick the loops see them in order and speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor, Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.reflex import CellObserved, FindingMade
from common.contracts.events.region import CaseOpenedSummary
from common.contracts.events.rules import ProposeChange, WithdrawProposal

from reflex import before, store
from reflex.facts import Fact, OutcomeAt, fact_of
from reflex.times import text_of

MAX_CASES = 50
"""Case ids kept in a proposal's evidence."""


TICKS = (TimePassed, TimeCorrected)
AHEAD = timedelta(days=1)
"""How far records may be ahead of their tick: a replay tells what happened in an interval before its tick."""

LoopOutput = FindingMade | CellObserved | ProposeChange


class Loop(Protocol):
    """One loop: plain facts in, findings and proposals out, state by key."""

    @property
    def observes(self) -> frozenset[type[Event]]:
        """The events it wants as facts."""
        ...

    def observe(self, fact: Fact) -> None: ...
    def on_tick(self, now: datetime) -> Sequence[LoopOutput]: ...
    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None: ...
    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        """Keys changed since the last call, with their state; None for one that is gone."""
        ...


def bounded(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence with its list of cases cut to the last MAX_CASES."""
    return {k: v[-MAX_CASES:] if k == "cases" else v for k, v in evidence.items()}


class ReflexHandler:
    """Loops live in memory. Their state is read back from the database only when it is not what this process wrote
    last: after a failed batch, a restart, or another replica's tick."""

    def __init__(self, loops: Mapping[str, Loop], outcome: OutcomeAt) -> None:
        self._loops = loops
        self._outcome = outcome
        self._mine: store.Last | None = None
        self._wanted = frozenset[type[Event]]().union(*(loop.observes for loop in loops.values()))
        self._by = {name: frozenset(t.type for t in loop.observes) for name, loop in loops.items()}
        self.types: frozenset[type[Event]] = self._wanted | {TimePassed, TimeCorrected}

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        # Two regions may say the same id: neither takes the place of the other's fact.
        facts = [
            (d.envelope.time, f"{d.envelope.id} {d.topic}", self._fact(d))
            for d in batch
            if not isinstance(d.event, TICKS)
        ]
        if facts:
            await store.buffer(db, facts)
        emits: list[Emit] = []
        for delivery in batch:
            if isinstance(delivery.event, TimePassed):
                emits += await self._tick(db, delivery.envelope, delivery.event.until)
            elif isinstance(delivery.event, TimeCorrected):
                emits += await self._take_back(db, delivery.envelope, delivery.event)
        return emits

    def _fact(self, delivery: Delivery) -> Fact:
        event, envelope = delivery.event, delivery.envelope
        fact = fact_of(event, envelope)
        if isinstance(event, CaseOpenedSummary):
            fact["outcome_at"] = text_of(self._outcome(event.region, envelope.time))
        return fact

    async def _tick(self, db: asyncpg.Connection, cause: Envelope, now: datetime) -> list[Emit]:
        last = await store.last_tick(db)
        if last is not None and now <= last.until:
            return []
        if last is None or last != self._mine:
            held = await store.load(db)
            for name, loop in self._loops.items():
                loop.load(held.get(name, {}))
        self._mine = None
        length = None if last is None else now - last.until
        if last is not None and length is not None and before.far_longer(length, last.length):
            await before.keep(db, now)
        kept = await before.keeps(db)
        facts = await store.take(db, now, keep=kept)
        emits: list[Emit] = []
        states: list[store.KeptState] = []
        for name, loop in self._loops.items():
            wanted = self._by[name]
            for fact in facts:
                if fact["type"] in wanted:
                    loop.observe(fact)
            for said in loop.on_tick(now):
                emits.append(self._emit(name, said, cause, now))
                if kept and isinstance(said, ProposeChange):
                    await before.note_proposal(db, now, name, said.proposal_id)
            states += [(name, key, body) for key, body in loop.changed().items()]
        await store.save(db, states)
        self._mine = await store.save_tick(db, now, length)
        return emits

    async def _take_back(self, db: asyncpg.Connection, cause: Envelope, event: TimeCorrected) -> list[Emit]:
        """The loops go on from where they stood before the wrong ticks; what they proposed at those is withdrawn."""
        proposed = await before.go_back(db, event.until)
        await before.not_ahead(db, cause.time, cause.time + AHEAD)
        self._mine = None
        await store.save_tick(db, event.until, timedelta(0))
        return [
            Emit(
                "rules.commands", proposal_id,
                WithdrawProposal(actor=Actor(id=loop, role="loop"), proposal_id=proposal_id, reason=event.reason),
                cause, cause.time, correlation_id=proposal_id,
            )
            for loop, proposal_id in proposed
        ]  # fmt: skip

    def _emit(
        self, name: str, said: FindingMade | CellObserved | ProposeChange, cause: Envelope, now: datetime
    ) -> Emit:
        if isinstance(said, CellObserved):
            return Emit("reflex.observations", f"cell|{said.category}|{said.area}", said, cause, now)
        if isinstance(said, FindingMade):
            return Emit("reflex.observations", said.key, said, cause, now)
        actor = Actor(id=name, role="loop")
        command = said.model_copy(update={"actor": actor, "evidence": bounded(said.evidence), "loop": name})
        return Emit("rules.commands", said.proposal_id, command, cause, now, correlation_id=said.proposal_id)
