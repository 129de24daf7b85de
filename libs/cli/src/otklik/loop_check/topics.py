"""Records of the topics on which a loop's proposals go out and are answered, as the operator reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from aiokafka import TopicPartition
from common.contracts.catalogue import Installation
from common.contracts.envelope import EnvelopeError, header_map, parse_time
from common.messaging.consume.dead_letters import appended_at
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.kafka import Record, client_options
from common.runtime.settings import Settings

from otklik.loop_check.life import LoopLife, Step

TOPICS = ("rules.commands", "rules.proposals")
POLL_MS = 300


async def steps(settings: Settings, life: LoopLife, *, beginning: bool, to_end: bool) -> AsyncIterator[Step]:
    """What becomes of a loop's proposals, told of `life` as well; what lies there already only on demand. For ever, or
    to the present end. Raises KafkaError."""
    consumer: Any = GuardedConsumer(**client_options(settings))
    await consumer.start()
    try:
        names = [Installation(settings.prefix).physical(name) for name in TOPICS]
        cluster = await consumer._client.fetch_all_metadata()
        places = [TopicPartition(name, n) for name in names for n in cluster.partitions_for_topic(name) or ()]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        starts = await consumer.beginning_offsets(places)
        for place in places:
            consumer.seek(place, starts[place])
        caught_up = False
        while True:
            found = await consumer.getmany(timeout_ms=POLL_MS)
            records = [record for batch in found.values() for record in batch]
            for record in sorted(records, key=_order):
                step = step_of(life, record)
                if step is not None and (beginning or record.offset >= ends[_place(record)]):
                    yield step
            caught_up = caught_up or all([await consumer.position(p) >= ends[p] for p in places])
            if to_end and caught_up:
                return
    finally:
        await consumer.stop()


def _place(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


def _order(record: Record) -> tuple[int, str, int]:
    return record.timestamp, record.topic, record.offset


def step_of(life: LoopLife, record: Record) -> Step | None:
    """None for what cannot be read, which anybody may write who may propose."""
    try:
        headers = header_map(record.headers)
        body = orjson.loads(record.value or b"{}")
        at = parse_time(headers["ce_time"]) if "ce_time" in headers else appended_at(record)
    except (EnvelopeError, OverflowError, OSError, ValueError):
        return None
    if not isinstance(body, dict):
        return None
    return life.take(headers.get("ce_type", ""), body, at)
