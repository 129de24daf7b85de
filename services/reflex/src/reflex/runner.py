"""One tick of every loop, each inside a savepoint of its own: one that fails stops alone, and catches up later.

A savepoint, and not a consumer group a loop: facts are read and built once for all loops, one transaction still says
what the tick did, and a healthy loop pays two statements a tick for it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor
from common.contracts.events.reflex.loop_event import LoopEvent
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange, TrialOrder
from common.messaging.consume.error_text import reason_of
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.telemetry.metrics import LOOP_FAILURES
from common.rulebook.errors import ReleaseMissing

from reflex import declarations, long_tick, stopped_loops, store
from reflex.facts import Fact, fact_of_text
from reflex.loop import Loop, LoopOutput
from reflex.retry_times import retry_at
from reflex.stopped_loops import Stop

log = logging.getLogger(__name__)

MAX_CASES = 50
"""Case ids kept in a proposal's evidence."""


def bounded(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence with its list of cases cut to the last MAX_CASES."""
    return {k: v[-MAX_CASES:] if k == "cases" else v for k, v in evidence.items()}


class LoopRunner:
    """Loops live in memory. A loop's state is read back from the database when it is not known to be what lies there:
    after its own failure, and when `forget` was called."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._loops = loops
        self._in_memory: set[str] = set()

    @property
    def names(self) -> list[str]:
        return [loop.name for loop in self._loops]

    def forget(self) -> None:
        """Somebody else may have written the loops' state."""
        self._in_memory.clear()

    async def tick(
        self, db: asyncpg.Connection, cause: Envelope, now: datetime, taken: Sequence[store.TakenFact],
        here: Collection[str], *, keep: bool,
    ) -> list[Emit]:  # fmt: skip
        """What the loops that are at home `here` say of the facts that a tick took. `keep`: so that it can be taken
        back."""
        loops = [loop for loop in self._loops if loop.name in here]
        self._in_memory &= {loop.name for loop in loops}
        facts = [(row, fact_of_text(row.body)) for row in taken]
        stops = await stopped_loops.all_stopped(db)
        if not stops.keys() <= set(here):
            await stopped_loops.forget_others(db, sorted(here))
        saved = await self._saved(db, [loop.name for loop in loops if not _waits(stops.get(loop.name), now)])
        emits = [emitted(said.loop, said, cause, now) for said in await declarations.news(db, loops, now)]
        for loop in loops:
            wanted = [one for one in facts if type(one[1]) in loop.facts]
            state = saved.get(loop.name, {})
            emits += await self._turn(db, loop, state, stops.get(loop.name), wanted, cause, now, keep=keep)
        return emits

    async def _saved(self, db: asyncpg.Connection, turn: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        """By loop: the state of those whose turn it is that are not in memory."""
        lost = [name for name in turn if name not in self._in_memory]
        return await store.load(db, lost) if lost else {}

    async def _turn(
        self, db: asyncpg.Connection, loop: Loop, state: Mapping[str, Any], standstill: Stop | None,
        wanted: Sequence[tuple[store.TakenFact, Fact]], cause: Envelope, now: datetime, *, keep: bool,
    ) -> list[Emit]:  # fmt: skip
        name = loop.name
        if _waits(standstill, now):
            await stopped_loops.add_missed(db, name, now, [row for row, _ in wanted])
            return []
        try:
            async with db.transaction():
                if name not in self._in_memory:
                    loop.load(state)
                    self._in_memory.add(name)
                facts = [fact for _, fact in wanted]
                if standstill is not None:
                    late = [(row, fact_of_text(row.body)) for row in await stopped_loops.missed(db, name)]
                    both = sorted([*late, *wanted], key=lambda one: (one[0].at, one[0].id))
                    facts = [fact for _, fact in both]
                    await stopped_loops.resume(db, name, now, keep=keep)
                emits = await self._run(db, loop, facts, cause, now, keep=keep)
        except (TransientError, *DATABASE_AWAY):
            raise
        except ReleaseMissing as error:
            raise TransientError(str(error)) from error
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one loop, the others go on
            self._in_memory.discard(name)
            return await self._fail(db, name, error, standstill, wanted, cause, now)
        if standstill is not None:
            words = f"The loop runs again, with all that it has missed since {standstill.since:%Y-%m-%d %H:%M} UTC."
            emits.append(emitted(name, _standing(name, "resumed", words, standstill.failures, now), cause, now))
        return emits

    async def _run(
        self, db: asyncpg.Connection, loop: Loop, facts: Sequence[Fact], cause: Envelope, now: datetime, *, keep: bool
    ) -> list[Emit]:
        for fact in facts:
            loop.observe(fact)
        emits = []
        for said in loop.on_tick(now):
            emit = emitted(loop.name, said, cause, now)
            # What cannot be written fails here, for this loop, and not in the outbox for all.
            emits.append(replace(emit, body=emit.event.wire()))
            if keep and isinstance(said, ProposeChange):
                await long_tick.note_proposal(db, now, loop.name, said.proposal_id)
            elif keep and isinstance(said, TrialOrder):
                await long_tick.note_order(db, now, loop.name, said.proposal_id, said.type)
        await store.save(db, [(loop.name, key, body) for key, body in loop.changed().items()])
        return emits

    async def _fail(
        self, db: asyncpg.Connection, name: str, error: Exception, standstill: Stop | None,
        wanted: Sequence[tuple[store.TakenFact, Fact]], cause: Envelope, now: datetime,
    ) -> list[Emit]:  # fmt: skip
        log.error("loop %s fails and is stopped; the others go on", name, exc_info=error)
        LOOP_FAILURES.labels(name).inc()
        failures = 1 if standstill is None else standstill.failures + 1
        since = now if standstill is None else standstill.since
        await stopped_loops.stop(db, name, Stop(since, failures, retry_at(now, failures), reason_of(error)))
        await stopped_loops.add_missed(db, name, now, [row for row, _ in wanted])
        if standstill is not None:
            return []
        words = f"The loop failed and is stopped ({reason_of(error)}); the others go on. It is tried again by itself."
        return [emitted(name, _standing(name, "stopped", words, failures, now), cause, now)]


def _waits(standstill: Stop | None, now: datetime) -> bool:
    """Whether a loop that failed is not tried again yet."""
    return standstill is not None and now < standstill.retry_at


def _standing(loop: str, kind: str, words: str, failures: int, now: datetime) -> FindingMade:
    return FindingMade(
        loop=loop, key=f"loop|{loop}", kind=kind, words=words, numbers={"failures": failures}, found_at=now
    )


def emitted(name: str, said: LoopOutput, cause: Envelope, now: datetime) -> Emit:
    """The record of what the loop of that name says; a command is given the loop as its actor."""
    if isinstance(said, LoopEvent):
        return Emit(said.topic, said.record_key(name), said, cause, now, correlation_id=said.correlation_id())
    actor = {"actor": Actor(id=name, role="loop")}
    proposed = {"evidence": bounded(said.evidence), "loop": name} if isinstance(said, ProposeChange) else {}
    command = said.model_copy(update={**actor, **proposed})
    return Emit("rules.commands", said.proposal_id, command, cause, now, correlation_id=said.proposal_id)
