"""Records that wait for a tick: which are taken by it, in which order, and that each is taken once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor
from common.contracts.events.region import AcceptCase
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import Buffered, buffered
from common.messaging.postgres import PLUMBING, migrate

from tests.conftest import Ground

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def record(name: str, at: datetime, *, case_id: str = "case", topic: str = "region.north.commands") -> Buffered:
    event = AcceptCase(actor=Actor(id="desk", role="desk", scope="yard-01"), case_id=case_id)
    envelope = Envelope(name, "portal", event.type, at, case_id, "chain", sequence=7, release="national:1")
    return buffered(Delivery(envelope, event, topic, 0, 3, "another key"), principal="portal")


@pytest.fixture
async def db(ground: Ground) -> AsyncIterator[asyncpg.Connection]:
    pool = await asyncpg.create_pool(ground.urls["rules"], min_size=1)
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
    await tick_buffer.keep(db, [record("z", NOON - 2 * MINUTE), record("b", NOON - MINUTE)])
    assert names(await tick_buffer.take(db, NOON)) == ["z", "b", "c"]
    assert await tick_buffer.take(db, NOON) == []


async def test_what_is_said_at_the_very_tick_waits_for_the_next(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("before", NOON - timedelta.resolution), record("at", NOON)])
    assert names(await tick_buffer.take(db, NOON)) == ["before"]
    assert names(await tick_buffer.take(db, NOON + MINUTE)) == ["at"]


async def test_a_reader_may_take_what_happened_at_the_very_end_of_the_tick(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("at", NOON), record("after", NOON + timedelta.resolution, case_id="later")])
    assert await tick_buffer.keys(db, NOON) == []
    assert await tick_buffer.keys(db, NOON, at_end=True) == ["case"]
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


async def test_only_what_is_about_the_named_keys_is_taken(db: asyncpg.Connection) -> None:
    await tick_buffer.keep(db, [record("one", NOON, case_id="a"), record("two", NOON, case_id="b")])
    assert names(await tick_buffer.take(db, NOON + MINUTE, ["b"])) == ["two"]
    assert names(await tick_buffer.waiting(db, ["a", "b"])) == ["one"]


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
