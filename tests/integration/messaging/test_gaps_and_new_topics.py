"""Records that do not follow on from where a service stands, and topics that are not the ones it read before."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from common.runtime.service import Service
from confluent_kafka.admin import NewTopic

from tests.conftest import Ground
from tests.forwarding import TOPIC, Forward, database, message, published, routing_service, send, texts, wait_for
from tests.kafka import admin, eventually


def raw_consumer(service: Service) -> Any:
    return service._subscriber.consumer


async def test_records_that_the_client_dropped_are_read_again_before_later_ones_are_handled(
    ground: Ground, tmp_path: Path
) -> None:
    """The consumer is moved on past records that nobody has seen, as a client that drops what it drained does."""
    handler = Forward()
    async with routing_service(ground, tmp_path, handler, batch_records=10) as service:
        await send(ground, [message(f"case-{n % 5}", n, f"{n}") for n in range(50)])
        await wait_for(ground, 50)
        handler.gate = asyncio.Event()
        await send(ground, [message(f"case-{n % 5}", n, f"{n}") for n in range(50, 200)])
        await eventually(lambda: _truth(len(handler.sizes) > handler.finished))
        consumer = raw_consumer(service)
        for place in consumer.assignment():
            if place.topic == ground.installation.physical(TOPIC):
                end = (await consumer.end_offsets([place]))[place]
                consumer.seek(place, end - 3)
        handler.gate.set()
        handler.gate = None
        records = await wait_for(ground, 200)
    for case in range(5):
        assert texts(records, f"case-{case}") == [str(n) for n in range(case, 200, 5)]
    assert len(records) == 200


async def test_a_topic_kept_for_ever_that_is_made_anew_waits_for_an_operator_and_goes_on_without_a_restart(
    ground: Ground, tmp_path: Path
) -> None:
    """The new one is longer than the old one was, so its offsets alone tell nothing."""
    async with routing_service(
        ground, tmp_path, ready_grace_seconds=0, metadata_seconds=0.3, stop_pause_seconds=0.2
    ) as service:
        await send(ground, [message(f"case-{n % 5}", n, f"{n}") for n in range(30)])
        await wait_for(ground, 30)
        await _make_anew(ground, TOPIC)
        await send(ground, [message(f"case-{n % 5}", n, f"{n}") for n in range(30, 200)])
        await eventually(lambda: _says(service, "DELETE FROM position"))
        async with database(ground) as db:
            await db.execute("DELETE FROM position WHERE topic = $1", ground.installation.physical(TOPIC))
        records = await wait_for(ground, 200)
        await eventually(lambda: _says(service, "DELETE FROM position", False))
    assert len(records) == 200
    assert texts(records, "case-0") == [str(n) for n in range(0, 200, 5)]


async def test_a_topic_kept_for_ever_that_was_cut_short_loses_nothing_that_is_appended_later(
    ground: Ground, tmp_path: Path
) -> None:
    """To the service a topic that lost its last records is one that ends before where the service stands."""
    name = ground.installation.physical(TOPIC)
    async with routing_service(ground, tmp_path, metadata_seconds=0.3, stop_pause_seconds=0.2) as service:
        await send(ground, [message(f"case-{n % 5}", n, f"{n}") for n in range(30)])
        await wait_for(ground, 30)
        async with database(ground) as db:
            await db.execute("UPDATE position SET next_offset = next_offset + 100 WHERE topic = $1", name)
            await send(ground, [message(f"case-{n % 5}", n, f"{n}") for n in range(30, 50)])
            await eventually(lambda: _says(service, "to go on at offset N"))
            assert len(await published(ground)) == 30
            await db.execute("UPDATE position SET next_offset = next_offset - 100 WHERE topic = $1", name)
        records = await wait_for(ground, 50)
    assert texts(records, "case-0") == [str(n) for n in range(0, 50, 5)]


async def _make_anew(ground: Ground, topic: str) -> None:
    client, name = admin(ground), ground.installation.physical(topic)

    def make() -> None:
        client.delete_topics([name])[name].result(120)
        while name in client.list_topics(timeout=120).topics:
            pass
        client.create_topics([NewTopic(name, 3, 1)], operation_timeout=120)[name].result(120)

    await asyncio.to_thread(make)


async def _says(service: Service, words: str, wanted: bool = True) -> bool:
    service._readiness._looked = 0.0  # type: ignore[union-attr]
    facts = await service.facts()
    return (words in str([facts["problems"], facts.get("warnings")])) == wanted


async def _truth(value: bool) -> bool:
    return value
