"""The loops' memory and their rows on the real database: a failed batch leaves nothing, another replica's tick is seen,
and what is said is the same as if nothing had happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest
import reflex.app
from common.contracts.delivery import Delivery, Emit
from common.contracts.events import clock, rules
from common.contracts.events.base import Actor
from common.messaging.postgres import PLUMBING, migrate, open_pool, transaction
from reflex import store
from reflex.handlers import ReflexHandler

from tests.databases import Databases
from tests.integration.reflex.replica import START, STEP, Failed, batches, deliver, delivery, handler


@pytest.fixture
async def pool(databases: Databases) -> asyncpg.Pool:
    pool = await open_pool(databases["reflex"])
    await migrate(pool, [PLUMBING, reflex.app.MIGRATIONS])
    return pool


async def reads(replica: ReflexHandler, pool: asyncpg.Pool, batch: Sequence[Delivery]) -> int:
    """How often the loops' whole state was read for a batch."""
    asked: list[str] = []
    async with transaction(pool) as db:
        with db.query_logger(lambda record: asked.append(record.query)):
            await replica.handle(batch, db)
    return sum("FROM loop_state" in query and "SELECT" in query for query in asked)


async def undisturbed(pool: asyncpg.Pool) -> list[Emit]:
    replica = handler()
    return [emit for batch in batches() for emit in await deliver(replica, pool, batch)]


async def emptied(pool: asyncpg.Pool) -> None:
    await pool.execute("TRUNCATE tick_batch, loop_state, last_tick, long_tick, declared_loop CASCADE")


async def test_failed_batches_and_ticks_of_another_replica_change_nothing_in_what_is_said(pool: asyncpg.Pool) -> None:
    expected = await undisturbed(pool)
    assert {emit.topic for emit in expected} == {"rules.commands", "reflex.observations"}
    await emptied(pool)
    replicas = [handler(), handler()]
    said: list[Emit] = []
    for number, batch in enumerate(batches()):
        replica = replicas[number // 3 % 2]
        if number % 4 == 1:
            with pytest.raises(Failed):
                await deliver(replica, pool, batch, fail=True)
        said += await deliver(replica, pool, batch)
    assert said == expected


async def test_state_is_read_from_the_database_only_when_it_is_not_this_process_that_wrote_it(
    pool: asyncpg.Pool,
) -> None:
    replica, other = handler(), handler()
    first, second, third, fourth, fifth, *_ = batches()
    assert await reads(replica, pool, first) == 1
    assert await reads(replica, pool, second) == 0
    with pytest.raises(Failed):
        await deliver(replica, pool, third, fail=True)
    assert await reads(replica, pool, third) == 1
    assert await reads(other, pool, fourth) == 1
    assert await reads(replica, pool, fifth) == 1


async def test_more_rows_than_one_statement_takes_are_saved_and_removed(pool: asyncpg.Pool) -> None:
    names = [f"case|{number}" for number in range(2 * store.MAX_ROWS + 7)]
    async with transaction(pool) as db:
        await store.save(db, [("deadline", name, {"is": name}) for name in names])
        assert await store.load(db, ["deadline"]) == {"deadline": {name: {"is": name} for name in names}}
        await store.save(db, [("deadline", name, {"is": "new"} if name == names[-1] else None) for name in names])
        assert await store.load(db, ["deadline"]) == {"deadline": {names[-1]: {"is": "new"}}}


async def test_a_tick_that_was_seen_is_ignored(pool: asyncpg.Pool) -> None:
    replica = handler()
    for batch in batches():
        await deliver(replica, pool, batch)
    rows = await pool.fetch("SELECT * FROM loop_state ORDER BY loop, key")
    assert await deliver(replica, pool, batches()[-1]) == []
    assert await pool.fetch("SELECT * FROM loop_state ORDER BY loop, key") == rows


async def test_cases_of_which_nothing_more_matters_leave_no_row(pool: asyncpg.Pool) -> None:
    await undisturbed(pool)
    last = START + len(list(batches())) * STEP
    later = last + timedelta(days=60)
    await deliver(handler(), pool, [delivery(clock.TimePassed(since=last, until=later), later, "later")])
    keys = [row["key"] for row in await pool.fetch("SELECT key FROM loop_state")]
    assert "cell|pothole|01" in keys
    assert not [key for key in keys if key.startswith("case|")]
    assert await pool.fetchval("SELECT count(*) FROM tick_batch") == 0


async def test_a_wrong_tick_is_taken_back_and_the_loops_say_what_they_would_have_said(pool: asyncpg.Pool) -> None:
    """Sixty days ahead in place of the first tick at which the loop proposes something; then taken back."""
    expected = await undisturbed(pool)
    first = next(e for e in expected if isinstance(e.event, rules.ProposeChange)).time
    rows = await pool.fetch("SELECT * FROM loop_state ORDER BY loop, key")
    await emptied(pool)
    replica, said = handler(), list[Emit]()
    for number, batch in enumerate(batches()):
        right = START + number * STEP
        if right + STEP == first:
            wrong = right + timedelta(days=60)
            tick = clock.TimePassed(since=right, until=wrong)
            # The facts of the interval are there when the wrong tick comes.
            early = await deliver(replica, pool, [*batch[:-1], delivery(tick, wrong, "wrong")])
            event = clock.TimeCorrected(
                wrong_until=wrong, until=right, reason="ahead", actor=Actor(id="federal:centre", role="federal")
            )
            back = await deliver(replica, pool, [delivery(event, right, "corrected")])
            proposed = {e.key for e in early if isinstance(e.event, rules.ProposeChange)}
            withdrawn = [e for e in back if isinstance(e.event, rules.WithdrawProposal)]
            assert {e.key for e in withdrawn} == proposed
            assert proposed, "the wrong tick made the loop propose something"
            batch = batch[-1:]
        said += await deliver(replica, pool, batch)
    assert said == expected
    assert await pool.fetch("SELECT * FROM loop_state ORDER BY loop, key") == rows
