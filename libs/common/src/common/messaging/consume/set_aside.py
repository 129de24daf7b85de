"""Gives records back to Kafka's consumer and holds their partitions while they are stopped."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError

from common.messaging.consume.dead_letter_limit import Stop
from common.messaging.consume.inbox import Place
from common.messaging.kafka import Record, rewind


def set_aside(consumer: AIOKafkaConsumer, records: Sequence[Record], stopped: Mapping[Place, Stop]) -> None:
    """Have these records delivered again, and hold the partitions that are stopped until they are due.

    A partition that went to another consumer meanwhile is left alone. One that comes back is not held; its records are
    then given back anew.
    """
    rewind(consumer, records)
    for topic, number in {(r.topic, r.partition) for r in records} & stopped.keys():
        place, seconds = TopicPartition(topic, number), stopped[(topic, number)].until - time.monotonic()
        if seconds > 0:
            with contextlib.suppress(IllegalStateError):
                consumer.pause(place)
                asyncio.get_running_loop().call_later(seconds, _resume, consumer, place)


def _resume(consumer: AIOKafkaConsumer, place: TopicPartition) -> None:
    # The assertion is aiokafka's word for a consumer that was stopped.
    with contextlib.suppress(IllegalStateError, AssertionError):
        consumer.resume(place)
