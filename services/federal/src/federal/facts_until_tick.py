"""What the centre is told of one case by several topics waits for the tick: which is read first must decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.events.region import CaseEvent, CaseOverdue, DirectiveAnswered
from common.contracts.frozen import value
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import Buffered, buffered

from federal.domain import HEARD

WORDLESS = {"text": "", "reason": "", "question": "", "ground": "", "handed_case": None}
"""Fields of a region's events with words, and what stands there instead."""
TYPES = {kind.type: kind for kind in HEARD}


@value
class Fact:
    """One event as the centre reads it, with its place among its case's events on its topic."""

    topic: str
    place: int
    event: Event
    envelope: Envelope

    @property
    def time(self) -> datetime:
        return self.envelope.time


def kept(delivery: Delivery) -> Buffered:
    """A fact as it waits: without the words of citizens and officials, by which no decision of the centre goes. Only
    the answer to a directive keeps its own."""
    event = delivery.event
    if isinstance(event, DirectiveAnswered):
        return buffered(delivery)
    words = WORDLESS if isinstance(event, CaseEvent) else {"text": ""}
    empty = {name: value for name, value in words.items() if name in type(event).model_fields}
    return buffered(delivery, body=event.model_copy(update=empty).wire() if empty else None)


async def forget_overdue(db: asyncpg.Connection, withdrawn: Sequence[Delivery]) -> None:
    """What was said of missed deadlines and is taken back, and still waits for its tick."""
    words = [buffered(delivery) for delivery in withdrawn]
    held = await tick_buffer.waiting(db, {word.key for word in words})
    until = {(word.key, word.topic): word.place for word in sorted(words, key=lambda w: w.place)}
    await tick_buffer.drop(
        db,
        [
            one
            for one in held
            if one.envelope.type == CaseOverdue.type and one.place < until.get((one.key, one.topic), one.place)
        ],
    )


async def take(db: asyncpg.Connection, until: datetime) -> dict[str, list[Buffered]]:
    """Remove and return what was told up to a tick's end, by case, for `read`.

    What happened at the very end counts: a level that is reached then must not be, where the case was answered then.
    What regions say at the tick itself, that a deadline has passed, moves nothing here.
    """
    found: dict[str, list[Buffered]] = {}
    for one in await tick_buffer.take(db, until, at_end=True):
        found.setdefault(one.key, []).append(one)
    return found


def read(one: Buffered) -> Fact:
    """What was told, as it was kept."""
    event = TYPES[one.envelope.type].model_validate_json(one.body)
    return Fact(one.topic, one.place, event, one.envelope)
