"""What tests do with Kafka: send as a principal, read a topic, wait for a condition."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiokafka import AIOKafkaProducer
from common.envelope import Headers, header_map
from common.kafka import Record, client_options, read_to_end

from tests.conftest import Ground


async def send(ground: Ground, principal: str, topic: str, records: Sequence[tuple[str, Headers, bytes]]) -> None:
    """Publish records (key, headers, body) and wait for Kafka."""
    producer = AIOKafkaProducer(**client_options(ground.settings(principal)), max_request_size=8_388_608)
    await producer.start()
    try:
        name = ground.installation.physical(topic)
        await asyncio.gather(*[await producer.send(name, value=v, key=k.encode(), headers=h) for k, h, v in records])
    finally:
        await producer.stop()


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Wait until a condition holds; TimeoutError when it does not."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - the condition lives in Kafka or the database
            await asyncio.sleep(0.05)


async def records_of(ground: Ground, reader: str, topic: str, count: int) -> list[Record]:
    """At least `count` records of a topic, as the principal `reader` may read them."""
    settings, name = ground.settings(reader), ground.installation.physical(topic)

    async def enough() -> bool:
        return len(await read_to_end(settings, name)) >= count

    await eventually(enough)
    return await read_to_end(settings, name)


def types_of(records: Sequence[Record]) -> list[str]:
    return [header_map(r.headers)["ce_type"] for r in records]
