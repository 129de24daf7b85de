"""The same circumstances with our consumer and relay: nothing lost, nothing for ever, every trace its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import intake.app
import pytest
from aiokafka import AIOKafkaProducer
from common.contracts.envelope import header_map
from common.messaging.kafka import client_options
from common.messaging.retry import LONGEST_PAUSE, Backoff
from common.runtime.service import Service
from confluent_kafka.admin import AclOperation

from tests import kafka
from tests.conftest import Ground
from tests.forwarding import OUT, TOPIC, message, published, routing_service, send, sequences, wait_for
from tests.kafka import admin, make_topic


def test_pauses_between_redeliveries_double_up_to_a_bound() -> None:
    backoff = Backoff(0.5)
    assert [backoff.next() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]
    backoff.reset()
    assert backoff.next() == 0.5


async def test_a_stop_ends_the_pause_of_a_batch_that_waits_to_be_tried_again() -> None:
    backoff = Backoff(1_000)
    async with asyncio.timeout(60):
        waiting = asyncio.create_task(backoff.wait(backoff.next()))
        backoff.end()
        await waiting


async def test_a_tombstone_is_dead_lettered_and_the_rest_goes_on(ground: Ground, tmp_path: Path) -> None:
    key, headers, _ = message("case-1", 1)
    async with routing_service(ground, tmp_path):
        producer = AIOKafkaProducer(**client_options(ground.settings("intake")))
        await producer.start()
        try:
            name = ground.installation.physical(TOPIC)
            await producer.send_and_wait(name, value=None, key=key.encode(), headers=headers)
            await producer.send_and_wait(name, value=None, key=b"case-2")
        finally:
            await producer.stop()
        await send(ground, [message("case-3", 1)])
        records = await wait_for(ground, 1)
        dead = await wait_for(ground, 2, "routing.deadletters")
    assert list(sequences(records)) == ["case-3"]
    reasons = {header_map(r.headers)["dead_letter_reason"] for r in dead}
    assert any("no body" in reason for reason in reasons)
    assert any("ce_type is missing" in reason for reason in reasons)


async def test_the_relay_spreads_keys_over_partitions_and_keeps_each_on_one(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [message(f"case-{n % 30}", n) for n in range(120)])
        records = await wait_for(ground, 120)
    places: dict[bytes | None, set[int]] = {}
    for record in records:
        places.setdefault(record.key, set()).add(record.partition)
    assert all(len(partitions) == 1 for partitions in places.values())
    assert len({p for partitions in places.values() for p in partitions}) == 3


@pytest.mark.parametrize("flag", ["00", "01"])
async def test_each_record_of_a_batch_keeps_its_own_trace(ground: Ground, tmp_path: Path, flag: str) -> None:
    traces = {f"case-{n}": f"{n + 1:032x}" for n in range(5)}
    batch = []
    for case_id, trace in traces.items():
        key, headers, body = message(case_id, 1)
        batch.append((key, [*headers, ("traceparent", f"00-{trace}-{'b' * 16}-{flag}".encode())], body))
    await send(ground, batch)
    async with routing_service(ground, tmp_path):
        records = await wait_for(ground, 5)
    for record in records:
        _, trace, span, sampled = header_map(record.headers)["traceparent"].split("-")
        assert trace == traces[(record.key or b"").decode()]
        assert sampled == flag
        assert (span == "b" * 16) is (flag == "00"), "a sampled record has a span of its own"


async def test_a_new_group_reads_what_was_there_before_it(ground: Ground, tmp_path: Path) -> None:
    await send(ground, [message("case-early", 1)])
    async with routing_service(ground, tmp_path):
        records = await wait_for(ground, 1)
    assert list(sequences(records)) == ["case-early"]


async def test_a_service_makes_no_topic(ground: Ground, tmp_path: Path) -> None:
    prefix = ground.installation.prefix + "."
    before = {t for t in admin(ground).list_topics(timeout=120).topics if t.startswith(prefix)}
    async with routing_service(ground, tmp_path):
        await send(ground, [message("case-1", 1)])
        await wait_for(ground, 1)
    assert {t for t in admin(ground).list_topics(timeout=120).topics if t.startswith(prefix)} == before


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_a_record_compressed_by_its_writer_is_read(ground: Ground, tmp_path: Path, codec: str) -> None:
    key, headers, body = message("case-1", 1)
    async with routing_service(ground, tmp_path):
        producer = AIOKafkaProducer(**client_options(ground.settings("intake")), compression_type=codec)
        await producer.start()
        try:
            name = ground.installation.physical(TOPIC)
            await producer.send_and_wait(name, value=body, key=key.encode(), headers=headers)
        finally:
            await producer.stop()
        assert len(await wait_for(ground, 1)) == 1


async def test_a_channel_topic_made_later_is_found_and_read_from_its_beginning(ground: Ground) -> None:
    """An integrator's own channel: a topic and its rights, nothing here is told or restarted."""
    logical = "channel.telegram.inbound"
    service = Service(ground.settings("intake"), intake.app.build)
    await service.start()
    try:
        make_topic(ground, logical, {"intake": [AclOperation.READ], "world": [AclOperation.WRITE]})
        headers = [("ce_type", b"channel.message.received.v1"), ("ce_id", b"1")]
        await kafka.send(ground, "world", logical, [("early", headers, b"garbage")])
        dead = await kafka.records_of(ground, "intake", "intake.deadletters", 1)
    finally:
        await service.stop()
    assert header_map(dead[0].headers)["dead_letter_position"].startswith(logical)
    assert await published(ground, OUT) == []
