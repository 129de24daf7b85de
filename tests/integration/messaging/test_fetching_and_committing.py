"""What a consumer fetches and commits, against a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import ConsumerStoppedError
from aiokafka.structs import OffsetAndMetadata
from common.messaging.consume.fair_consumer import FairConsumer
from common.messaging.consume.fair_share import FairShare
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.kafka import client_options, new_producer

from tests.conftest import Ground
from tests.forwarding import TOPIC
from tests.kafka import eventually


@asynccontextmanager
async def consumer_of(ground: Ground, *partitions: int, fair: bool = False) -> AsyncIterator[GuardedConsumer]:
    """Routing's consumer of these partitions, without a group's rebalancing; `fair`: as services use it."""
    settings = ground.settings("routing")
    make = partial(FairConsumer, share=FairShare(100), installation=ground.installation) if fair else GuardedConsumer
    consumer = make(
        **client_options(settings), group_id=f"{settings.prefix}.routing", enable_auto_commit=False,
        auto_offset_reset="earliest",
    )  # fmt: skip
    await consumer.start()
    try:
        consumer.assign([place(ground, number) for number in partitions])
        yield consumer
    finally:
        await consumer.stop()


def place(ground: Ground, partition: int) -> TopicPartition:
    return TopicPartition(ground.installation.physical(TOPIC), partition)


async def say(ground: Ground, partition: int, *words: bytes) -> None:
    """One after the other, each acknowledged before the next."""
    producer = new_producer(ground.settings("intake"))
    await producer.start()
    try:
        for word in words:
            await producer.send_and_wait(place(ground, partition).topic, value=word, partition=partition)
    finally:
        await producer.stop()


async def heard(consumer: GuardedConsumer) -> list[bytes]:
    """The next batch."""
    found: list[bytes] = []

    async def some() -> bool:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found.extend(r.value or b"" for r in records)
        return bool(found)

    await eventually(some)
    return found


async def test_what_arrives_while_a_batch_is_handled_comes_together(ground: Ground) -> None:
    async with consumer_of(ground, 0, 1) as consumer:
        await say(ground, 0, b"first")
        assert await heard(consumer) == [b"first"]
        await say(ground, 0, b"second", b"third")
        await say(ground, 1, b"fourth")
        assert sorted(await heard(consumer)) == [b"fourth", b"second", b"third"]


async def test_a_commit_leaves_partitions_alone_that_did_not_move(ground: Ground) -> None:
    async with consumer_of(ground, 0, 1) as consumer, consumer_of(ground, 1) as other:
        await say(ground, 0, b"first")
        await say(ground, 1, b"second", b"third")
        found: list[bytes] = []
        while len(found) < 3:
            found += await heard(consumer)
        await consumer.commit()
        assert await consumer.committed(place(ground, 0)) == 1
        assert await consumer.committed(place(ground, 1)) == 2
        await other.commit({place(ground, 1): OffsetAndMetadata(1, "")})
        await say(ground, 0, b"fourth")
        assert await heard(consumer) == [b"fourth"]
        await consumer.commit()
        assert await consumer.committed(place(ground, 0)) == 2
        assert await consumer.committed(place(ground, 1)) == 1


async def test_an_idle_service_listens_until_something_comes(ground: Ground) -> None:
    async with consumer_of(ground, 0, fair=True) as consumer:
        batch = asyncio.create_task(consumer.getmany(timeout_ms=20, max_records=10))
        done, _ = await asyncio.wait({batch}, timeout=1.0)
        assert not done
        await say(ground, 0, b"first")
        assert [r.value for records in (await batch).values() for r in records] == [b"first"]


async def test_a_consumer_that_is_stopped_while_idle_ends_its_wait(ground: Ground) -> None:
    async with consumer_of(ground, 0, fair=True) as consumer:
        batch = asyncio.create_task(consumer.getmany(timeout_ms=20, max_records=10))
        await asyncio.wait({batch}, timeout=0.1)
    with pytest.raises(ConsumerStoppedError):
        await batch
