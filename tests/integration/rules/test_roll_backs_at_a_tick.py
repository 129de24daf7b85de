"""Roll backs that a loop orders at one tick come into the record alike, whether they or the tick are read first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest
from common.contracts.delivery import Delivery
from common.contracts.events.base import Actor
from common.contracts.events.clock import TimePassed
from common.contracts.events.rules import RollBackTrial, TrialRolledBack

from tests.integration.rules.life import chain_of, delivery, handle, handler
from tests.unit.rules.scene import HEAD, HOUR, NOON, WATCHER, change, closed, yes


def tick(number: int) -> Delivery:
    since = NOON + number * HOUR
    return delivery(TimePassed(since=since, until=since + HOUR), since + HOUR, f"tick-{number}")


def rolled_back(name: str, number: int, actor: Actor = WATCHER) -> Delivery:
    """At the end of a tick."""
    order = RollBackTrial(actor=actor, proposal_id=name, reason="harm")
    return delivery(order, NOON + (number + 1) * HOUR, f"back-{name}")


FIRST, SECOND = rolled_back("p1", 2), rolled_back("p2", 2)
ORDERS = {
    "before the tick": [[SECOND], [FIRST], [tick(2)]],
    "with the tick": [[SECOND, tick(2), FIRST]],
    "after the tick": [[tick(2)], [SECOND, FIRST]],
}


async def record(db: asyncpg.Connection, batches: Sequence[Sequence[Delivery]]) -> tuple[list[bytes], list[str]]:
    """The chain after two trials and these batches, and whose roll backs it holds; in a transaction taken back."""
    whole = db.transaction()
    await whole.start()
    try:
        said = await handler().startup(db)
        at = NOON + HOUR / 2
        for name, category in (("p1", "lamp"), ("p2", "hole")):
            given = [delivery(e, at, f"{name}-{n}") for n, e in enumerate((change(name, category), closed(name)))]
            await handle(db, [tick(0)])
            await handle(db, given)
            decided = delivery(yes(name), at + timedelta(minutes=1), f"{name}-yes")
            said += await handle(db, [decided])
        said += await handle(db, [tick(1)])
        for batch in batches:
            said += await handle(db, batch)
        ended = [one.event.proposal_id for one in said if isinstance(one.event, TrialRolledBack)]
        return chain_of(said), ended
    finally:
        await whole.rollback()


@pytest.mark.parametrize("read", list(ORDERS))
async def test_the_order_of_reading_decides_no_number_of_the_record(db: asyncpg.Connection, read: str) -> None:
    found, ended = await record(db, ORDERS[read])
    assert ended == ["p1", "p2"]
    assert found == (await record(db, [[tick(2)], [FIRST, SECOND]]))[0]


async def test_a_person_waits_for_no_tick(db: asyncpg.Connection) -> None:
    _, ended = await record(db, [[rolled_back("p1", 5, HEAD)]])
    assert ended == ["p1"]
