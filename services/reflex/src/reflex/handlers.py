"""Events become facts, buffered until the tick; on the tick the loops see them in order and speak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor, Command, Event
from common.contracts.events.clock import RECORDS_AHEAD, TimeCorrected, TimePassed
from common.contracts.events.reflex.prevention import ReflexCommandRefused
from common.contracts.events.rules import PauseTrial, WithdrawProposal
from common.contracts.refusals import coded
from common.contracts.signing import SignatureRefused
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import buffered

from reflex import long_tick, store
from reflex.facts import text_of_fact
from reflex.loop import Loop
from reflex.loop_homes import LoopHomes
from reflex.runner import LoopRunner

TICKS = (TimePassed, TimeCorrected)


class ReflexHandler:
    """The loops' state is read back from the database only when it is not what this process wrote last: after a failed
    batch, a restart, or another replica's tick."""

    def __init__(self, loops: Sequence[Loop], check: Callable[[Delivery], str], homes: LoopHomes | None = None) -> None:
        """`check` proves who signed a command; without `homes` all loops are at home here."""
        self._check = check
        self._runner = LoopRunner(loops)
        self._homes = homes
        self._mine: store.Last | None = None
        kinds = frozenset().union(*(loop.facts for loop in loops))
        self.types: frozenset[type[Event]] = frozenset(kind.event for kind in kinds) | {*TICKS}

    async def startup(self, db: asyncpg.Connection) -> list[Emit]:
        """Say which loops run here."""
        if self._homes is not None:
            await self._homes.claim(db)
        return []

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        facts, emits = [], []
        for d in batch:
            if isinstance(d.event, Command) and (refused := self._refused(d, d.event)) is not None:
                emits.append(refused)
            elif not isinstance(d.event, TICKS):
                facts.append(buffered(d, body=text_of_fact(d.event, d.envelope).encode()))
        await tick_buffer.keep(db, facts)
        for delivery in batch:
            if isinstance(delivery.event, TimePassed):
                emits += await self._tick(db, delivery.envelope, delivery.event.until)
            elif isinstance(delivery.event, TimeCorrected):
                emits += await self._take_back(db, delivery.envelope, delivery.event)
        return emits

    def _refused(self, delivery: Delivery, command: Command) -> Emit | None:
        """The refusal of a command whose signer is not proven; others wait for the tick like any fact."""
        try:
            self._check(delivery)
        except SignatureRefused as error:
            about, cause = str(getattr(command, command.subject_field)), delivery.envelope
            refused = ReflexCommandRefused(
                order_id=about, command=command.type, command_id=cause.id, actor=command.actor.id,
                **coded(error.reason),
            )  # fmt: skip
            return Emit("reflex.prevention", about, refused, cause, cause.time)
        return None

    async def _tick(self, db: asyncpg.Connection, cause: Envelope, now: datetime) -> list[Emit]:
        last = await store.last_tick(db)
        if last is not None and now <= last.until:
            return []
        if last is None or last != self._mine:
            self._runner.forget()
        self._mine = None
        length = None if last is None else now - last.until
        if last is not None and length is not None and long_tick.far_longer(length, last.length):
            await long_tick.keep(db, now)
        kept = await long_tick.keeps(db)
        taken = await store.take(db, now, keep=kept)
        here = self._runner.names if self._homes is None else await self._homes.here(db)
        emits = await self._runner.tick(db, cause, now, taken, here, keep=kept)
        self._mine = await store.save_tick(db, now, length)
        return emits

    async def _take_back(self, db: asyncpg.Connection, cause: Envelope, event: TimeCorrected) -> list[Emit]:
        """The loops go on from where they stood before the wrong ticks; what they proposed at those is withdrawn, and
        trials that they widened are paused: a person looks, and resumes them."""
        undone = await long_tick.go_back(db, event.until)
        await tick_buffer.not_ahead(db, cause.time, cause.time + RECORDS_AHEAD)
        self._mine = None
        await store.save_tick(db, event.until, timedelta(0))
        orders: list[WithdrawProposal | PauseTrial] = []
        for loop, proposal_id in undone.proposed:
            actor = Actor(id=loop, role="loop")
            orders.append(WithdrawProposal(actor=actor, proposal_id=proposal_id, reason=event.reason))
        for loop, proposal_id in undone.widened:
            actor = Actor(id=loop, role="loop")
            orders.append(PauseTrial(actor=actor, proposal_id=proposal_id, reason=event.reason))
        return [
            Emit("rules.commands", one.proposal_id, one, cause, cause.time, correlation_id=one.proposal_id)
            for one in orders
        ]
