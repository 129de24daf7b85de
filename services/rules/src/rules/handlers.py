"""Load what a command is about, decide, save, and hand the steps to the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.base import Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.rules import DecideProposal, ProposeChange, WithdrawProposal
from common.contracts.signing import SignatureRefused
from common.federation.country import EPOCH, Federation
from common.messaging.clock import last_tick
from common.rulebook import Release

from rules import store, waiting_proposals
from rules.domain import decide, publish_base, waits_for_tick
from rules.model import Incoming, Proposal, RulesCommand, RulesDecision, RulesState, Tick


class RulesHandler:
    """Everything is serial under the lock on the chain's head: proposals are few, order is what matters."""

    types: frozenset[type[Event]] = frozenset(
        {ProposeChange, DecideProposal, WithdrawProposal, TimePassed, TimeCorrected}
    )

    def __init__(self, federation: Federation, check: Callable[[Delivery], str]) -> None:
        self._federation = federation
        self._check = check

    async def startup(self, db: asyncpg.Connection) -> list[Emit]:
        """Publish the base releases that this database has never published."""
        batch = _Batch(await self._load(db, ()))
        for release in self._federation.base_releases():
            name = derived_id("base-release", self._federation.name, release.layer)
            cause = Envelope(name, "rules", "rules.base", EPOCH, release.layer, correlation_id=name)
            batch.add(publish_base(batch.state, release, EPOCH), cause)
        await batch.save(db)
        return batch.emits

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        found = _Batch(await self._load(db, batch))
        for delivery in batch:
            if isinstance(delivery.event, TimePassed):
                await self._judge_waiting(db, found, delivery.event)
            else:
                await self._receive(db, found, delivery)
        await found.save(db)
        return found.emits

    async def _load(self, db: asyncpg.Connection, batch: Sequence[Delivery]) -> RulesState:
        head = await store.lock_head(db)
        last = await last_tick.latest(db)
        tick = None if last is None else Tick(last.since, last.until)
        named = {d.event.proposal_id for d in batch if isinstance(d.event, RulesCommand)}
        return RulesState(head, tick, await store.heads(db), await store.proposals(db, named) if named else {})

    async def _receive(self, db: asyncpg.Connection, found: _Batch, delivery: Delivery) -> None:
        incoming, event = self._incoming(delivery), delivery.event
        if isinstance(event, ProposeChange) and waits_for_tick(incoming):
            await waiting_proposals.keep(db, delivery, event.proposal_id, incoming.principal)
            return
        if isinstance(event, WithdrawProposal):
            incoming = replace(incoming, waiting=await waiting_proposals.of_author(db, event))
        await self._decide(found, incoming, delivery.envelope)
        if isinstance(event, WithdrawProposal) and incoming.waiting is not None and incoming.refused is None:
            await waiting_proposals.drop(db, event)

    async def _judge_waiting(self, db: asyncpg.Connection, found: _Batch, tick: TimePassed) -> None:
        due = await waiting_proposals.take(db, tick.until)
        named = {w.incoming.event.proposal_id for w in due if isinstance(w.incoming.event, ProposeChange)}
        unknown = named - set(found.state.proposals)
        found.state = found.state.knowing(await store.proposals(db, unknown) if unknown else {})
        for one in due:
            await self._decide(found, one.incoming, one.envelope)

    def _incoming(self, delivery: Delivery) -> Incoming:
        envelope, event = delivery.envelope, delivery.event
        if not isinstance(event, RulesCommand):
            return Incoming(envelope.id, envelope.time, event)
        try:
            return Incoming(envelope.id, envelope.time, event, self._check(delivery))
        except SignatureRefused as refused:
            return Incoming(envelope.id, envelope.time, event, refused=refused.reason)

    async def _decide(self, found: _Batch, incoming: Incoming, cause: Envelope) -> None:
        """In a thread: zen-engine would hold up everything else."""
        found.add(await asyncio.to_thread(decide, found.state, incoming, self._federation), cause)


class _Batch:
    """The state as a transaction goes on, and what it says."""

    def __init__(self, state: RulesState) -> None:
        self.state = state
        self.emits: list[Emit] = []
        self._released: list[Release] = []
        self._changed: dict[str, Proposal] = {}

    def add(self, decision: RulesDecision, cause: Envelope) -> None:
        before, self.state = self.state.proposals, decision.state
        self._released += decision.released
        if decision.state.proposals is not before:
            self._changed |= {i: p for i, p in decision.state.proposals.items() if before.get(i) is not p}
        self.emits += [Emit(e.topic, e.key, e.event, cause, cause.time) for e in decision.events]

    async def save(self, db: asyncpg.Connection) -> None:
        if self._released:
            await store.add_releases(db, self._released)
        if self._changed:
            await store.save_proposals(db, self._changed.values())
        await store.save_head(db, self.state.head)
