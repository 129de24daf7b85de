"""Records that wait for a tick: which are taken by it, in which order, and that each is taken once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor
from common.contracts.events.region import AcceptCase
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import MAX_RECORDS_PER_ROW, Buffered, buffered
from common.messaging.postgres import PLUMBING, migrate

from tests.databases import Databases
from tests.kafka import eventually

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def record(name: str, at: datetime, *, case_id: str = "case", topic: str = "region.north.commands") -> Buffered:
    event = AcceptCase(actor=Actor(id="desk", role="desk", scope="yard-01"), case_id=case_id)
    envelope = Envelope(name, "portal", event.type, at, case_id, "chain", sequence=7, release="national:1")
    return buffered(Delivery(envelope, event, topic, 0, 3, "another key"), principal="portal")


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    pool = await asyncpg.create_pool(databases["rules"], min_size=1)
    await migrate(pool, [PLUMBING])
    async with pool.acquire() as connection:
        yield connection
    await pool.close()


def names(records: Sequence[Buffered]) -> list[str]:
    return [one.envelope.id for one in records]


async def test_records_are_taken_once_in_order_of_time_and_id_whatever_the_order_of_arrival(
    db: asyncpg.Connection,
) -> None:
    await tick_buffer.keep(db, [record("c", NOON - MINUTE), record("b", NOON - MINUTE)])
    await tick_buffer.keep(db, [record("z", NOON - 2 * MINUTE), record("a", NOON - MINUTE)])
    assert names(await tick_buffer.take(db, NOON)) == ["z", "a", "b", "c"]
    assert await tick_buffer.take(db, NOON) == []


async def test_what_is_said_at_the_very_tick_waits_for_the_next(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("before", NOON - timedelta.resolution), record("at", NOON)])
    assert names(await tick_buffer.take(db, NOON)) == ["before"]
    assert names(await tick_buffer.take(db, NOON + MINUTE)) == ["at"]


async def test_a_reader_may_take_what_happened_at_the_very_end_of_the_tick(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("at", NOON), record("after", NOON + timedelta.resolution, case_id="later")])
    assert await tick_buffer.take(db, NOON) == []
    assert names(await tick_buffer.take(db, NOON, at_end=True)) == ["at"]


async def test_a_record_comes_back_as_it_was_kept_about_the_case_that_its_body_names(db: asyncpg.Connection) -> None:
    kept = record("one", NOON)
    await tick_buffer.keep(db, [kept])
    (back,) = await tick_buffer.take(db, NOON + MINUTE)
    assert (back.key, back.topic, back.place, back.principal) == ("case", "region.north.commands", 7, "portal")
    assert AcceptCase.model_validate_json(back.body).case_id == "case"
    sent = kept.envelope
    assert back.envelope == Envelope(
        sent.id, sent.source, sent.type, sent.time, sent.subject, sent.correlation_id, release=sent.release
    )


async def test_a_tick_takes_a_part_of_a_batch_and_the_rest_waits(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("later", NOON + MINUTE), record("now", NOON - MINUTE)])
    assert names(await tick_buffer.take(db, NOON)) == ["now"]
    assert names(await tick_buffer.waiting(db, ["case"])) == ["later"]
    assert names(await tick_buffer.take(db, NOON + 2 * MINUTE)) == ["later"]


async def test_what_waits_about_the_named_keys_goes_on_waiting(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("one", NOON, case_id="a"), record("two", NOON, case_id="b")])
    assert names(await tick_buffer.waiting(db, ["b", "c"])) == ["two"]
    assert names(await tick_buffer.take(db, NOON + MINUTE)) == ["one", "two"]


async def test_any_number_of_records_waits(db: asyncpg.Connection) -> None:
    many = [record(f"{number:04}", NOON) for number in range(2 * MAX_RECORDS_PER_ROW + 1)]
    await tick_buffer.keep(db, many)
    assert names(await tick_buffer.take(db, NOON + MINUTE)) == names(many)


async def test_what_an_older_version_kept_is_taken_too(db: asyncpg.Connection) -> None:
    await db.execute(
        "INSERT INTO tick_buffer (key, topic, place, at, id, source, type, subject, correlation_id, principal, body)"
        " VALUES ('old case', 'region.north.commands', 3, $1, 'old', 'portal', 'a.type', 's', 'c', 'portal', 'x')",
        NOON,
    )
    await tick_buffer.keep(db, [record("new", NOON)])
    (old,) = await tick_buffer.waiting(db, ["old case"])
    assert (old.topic, old.place, old.principal, old.body) == ("region.north.commands", 3, "portal", b"x")
    assert old.envelope == Envelope("old", "portal", "a.type", NOON, "s", "c")
    assert names(await tick_buffer.take(db, NOON + MINUTE)) == ["new", "old"]
    assert await tick_buffer.take(db, NOON + MINUTE) == []


async def test_what_a_tick_has_left_can_be_dropped_by_whoever_waited_for_that_tick(
    db: asyncpg.Connection, databases: Databases
) -> None:
    """Two replicas: one takes, the other drops a record of the same batch that the tick does not reach."""
    late = record("late", NOON + MINUTE)
    await tick_buffer.keep(db, [record("due", NOON - MINUTE), late])
    other = await asyncpg.connect(databases["rules"])
    try:
        mine = db.transaction()
        await mine.start()
        assert names(await tick_buffer.take(db, NOON)) == ["due"]
        dropping = asyncio.ensure_future(tick_buffer.drop(other, [late]))
        await eventually(lambda: waits_for_a_lock(db, other.get_server_pid()))
        await mine.commit()
        await dropping
    finally:
        await other.close()
    assert await tick_buffer.waiting(db, ["case"]) == []


async def waits_for_a_lock(db: asyncpg.Connection, pid: int) -> bool:
    return bool(await db.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid))


async def test_one_id_on_two_topics_is_two_records(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("one", NOON), record("one", NOON, topic="region.south.commands")])
    assert names(await tick_buffer.take(db, NOON + MINUTE)) == ["one", "one"]


async def test_a_record_that_is_dropped_is_not_taken(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("one", NOON), record("two", NOON)])
    await tick_buffer.drop(db, (await tick_buffer.waiting(db, ["case"]))[:1])
    assert names(await tick_buffer.take(db, NOON + MINUTE)) == ["two"]


async def test_what_waits_for_a_tick_that_will_not_come_is_dated_now(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("far", NOON + timedelta(days=60)), record("near", NOON + MINUTE)])
    await tick_buffer.not_ahead(db, NOON, NOON + timedelta(days=1))
    assert names(await tick_buffer.take(db, NOON + MINUTE)) == ["far"]
