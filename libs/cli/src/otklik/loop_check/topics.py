"""Records of the topics on which a loop's proposals go out and are answered, as the operator reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson
from aiokafka import TopicPartition
from common.contracts.envelope import EnvelopeError, header_map, parse_time
from common.contracts.outside_loops import principal_of_loop
from common.messaging.consume.dead_letters import appended_at
from common.messaging.kafka import Record
from common.runtime.settings import Settings

from otklik.loop_check.life import LoopLife, Step
from otklik.topic_reader import TopicReader

TOPICS = ("rules.commands", "rules.proposals")


async def steps(settings: Settings, life: LoopLife, *, beginning: bool, to_end: bool) -> AsyncIterator[Step]:
    """What becomes of a loop's proposals, told of `life` as well; what lies there already only on demand. For ever, or
    to the present end. Raises NothingToWatch or KafkaError."""
    async with TopicReader(settings, "the rulebook's proposals", TOPICS) as reader:
        async for records in reader.batches(beginning=True, to_end=to_end):
            for record in sorted(records, key=_order):
                step = step_of(life, record)
                if step is not None and (beginning or record.offset >= reader.ends.get(_place(record), 0)):
                    yield step


def _place(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


def _order(record: Record) -> tuple[int, str, int]:
    return record.timestamp, record.topic, record.offset


def step_of(life: LoopLife, record: Record) -> Step | None:
    """None for what cannot be read, which anybody may write who may propose; such a record of the loop is counted."""
    try:
        headers = header_map(record.headers)
        at = parse_time(headers["ce_time"]) if "ce_time" in headers else appended_at(record)
    except (EnvelopeError, OverflowError, OSError, ValueError):
        return None
    try:
        body = orjson.loads(record.value or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        life.unreadable += headers.get("ce_source") == principal_of_loop(life.loop)
        return None
    return life.take(headers.get("ce_type", ""), body, at)
