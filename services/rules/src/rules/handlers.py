"""Load what a command is about, decide, save, and hand the steps to the outbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import get_args

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.base import Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.rules import (
    AdoptTrial,
    DecideProposal,
    EndTrial,
    PauseTrial,
    ProposeChange,
    ResumeTrial,
    ReviewChange,
    RollBackTrial,
    StepTrial,
    WithdrawProposal,
)
from common.contracts.signing import SignatureRefused
from common.federation.country import EPOCH, Federation
from common.messaging.clock import last_tick
from common.rulebook import Release

from rules import store, waiting
from rules.domain import (
    at_tick_begin,
    at_tick_end,
    cannot_be_judged,
    decide,
    publish_base,
    speaks_ahead,
    waits_for_tick,
)
from rules.model import Fact, Incoming, Proposal, RulesCommand, RulesDecision, RulesState, Tick
from rules.peace import REMEMBERED
from rules.waiting import Waiting

log = logging.getLogger(__name__)


class RulesHandler:
    """Everything is serial under the lock on the chain's head: proposals are few, order is what matters."""

    types: frozenset[type[Event]] = frozenset(
        {
            ProposeChange, DecideProposal, WithdrawProposal, StepTrial, PauseTrial, ResumeTrial, AdoptTrial,
            RollBackTrial, EndTrial, ReviewChange, TimePassed, TimeCorrected, *get_args(Fact),
        }
    )  # fmt: skip

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
        for delivery in in_order(batch):
            if isinstance(delivery.event, TimePassed):
                await self._pass_time(db, found, delivery.event, delivery.envelope)
            else:
                await self._receive(db, found, delivery)
        await found.save(db)
        return found.emits

    async def _load(self, db: asyncpg.Connection, batch: Sequence[Delivery]) -> RulesState:
        head, day = await store.lock_head(db)
        last = await last_tick.latest(db)
        tick = None if last is None else Tick(last.since, last.until)
        recent = await store.releases(db, min((d.envelope.time for d in batch), default=None))
        heads = {layer: held[-1] for layer, held in recent.items()}
        named = _named(d.event for d in batch if isinstance(d.event, RulesCommand))
        proposals = await store.proposals(db, named)
        return RulesState(head, tick, heads, proposals, recent, await store.revoked(db), day)

    async def _receive(self, db: asyncpg.Connection, found: _Batch, delivery: Delivery) -> None:
        incoming, event = self._incoming(delivery), delivery.event
        if waits_for_tick(incoming) or speaks_ahead(incoming, found.state.tick):
            await waiting.keep(db, delivery, incoming.principal)
            return
        if isinstance(event, WithdrawProposal):
            incoming = replace(incoming, waiting=await waiting.of_author(db, event))
        if isinstance(event, TimeCorrected):
            await waiting.not_ahead(db, incoming.time)
        if isinstance(event, DecideProposal) and incoming.refused is None:
            # Whoever decides has read that the deliberation has ended: so must we have.
            await self._judge(db, found, await waiting.take_facts(db, event.proposal_id, incoming.time))
        await self._decide(found, incoming, delivery.envelope)
        if isinstance(event, WithdrawProposal) and incoming.waiting is not None and incoming.refused is None:
            await waiting.drop(db, event)

    async def _pass_time(self, db: asyncpg.Connection, found: _Batch, passed: TimePassed, cause: Envelope) -> None:
        tick = Tick(passed.since, passed.until)
        cause = replace(cause, time=tick.until)
        found.add(at_tick_begin(found.state, tick), cause)
        await self._judge(db, found, await waiting.take(db, tick.until))
        found.add(await asyncio.to_thread(at_tick_end, found.state, tick, self._federation), cause)
        tried = {plan.proposal_id for head in found.state.heads.values() for plan in head.trials}
        if tried:
            await self._judge(db, found, await waiting.take_roll_backs(db, tried, tick.until))

    async def _judge(self, db: asyncpg.Connection, found: _Batch, due: Sequence[Waiting]) -> None:
        unknown = _named(one.incoming.event for one in due) - set(found.state.proposals)
        if unknown:
            found.state = found.state.knowing(await store.proposals(db, unknown))
        if any(isinstance(one.incoming.event, ProposeChange) for one in due):
            since = min(one.incoming.time for one in due) - REMEMBERED
            found.state = found.state.knowing(await store.recent_proposals(db, since))
        for one in due:
            try:
                await self._decide(found, one.incoming, one.envelope)
            except Exception as error:
                # Left where it waits, it would fail each tick anew, and nothing would ever be due again.
                log.exception("record %s of type %s cannot be judged", one.envelope.id, one.envelope.type)
                found.add(cannot_be_judged(found.state, one.incoming, error), one.envelope)

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


def in_order(batch: Sequence[Delivery]) -> list[Delivery]:
    """As they came, but roll backs by loops last, by (time, id): several loops' orders at one tick, on several
    partitions, come into the record alike however they were read."""

    def by_loop(one: Delivery) -> bool:
        return isinstance(one.event, RollBackTrial) and one.event.actor.role == "loop"

    last = sorted((one for one in batch if by_loop(one)), key=lambda one: (one.envelope.time, one.envelope.id))
    return [*(one for one in batch if not by_loop(one)), *last]


class _Batch:
    """The state as a transaction goes on, and what it says."""

    def __init__(self, state: RulesState) -> None:
        self.state = state
        self.emits: list[Emit] = []
        self._revoked = state.revoked
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
        if self.state.revoked != self._revoked:
            await store.save_revoked(db, self.state.revoked - self._revoked)
        await store.save_head(db, self.state.head, self.state.day)


def _named(events: Iterable[Event]) -> set[str]:
    """Proposals that these are about, and those that they take back."""
    found = {getattr(event, name, None) for event in events for name in ("proposal_id", "reverses")}
    return {name for name in found if isinstance(name, str)}
