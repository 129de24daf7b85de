"""Sends outbox rows to Kafka, each topic by itself: one that does not take its records holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    InvalidTopicError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.partitioner import murmur2
from aiokafka.structs import RecordMetadata

from common.contracts.catalogue import Installation
from common.messaging.produce.outbox import OutboxRow

LOOK_SECONDS = 1.0
"""When a topic has not acknowledged for so long, Kafka is asked whether the topic is there."""
LEADER_PATIENCE_SECONDS = 10.0
"""A broker that starts needs some seconds to lead its partitions again."""
SILENCE_SECONDS = 20.0
"""A topic that is well by Kafka's word and has not acknowledged for so long is taken to be in trouble all the same."""
NO_LEADER = "has a partition without a leader"
RECORD_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
OF_ONE_TOPIC = (
    *RECORD_TOO_LARGE,
    InvalidTopicError,
    PolicyViolationError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
"""Kafka's words for what is wrong with one topic or with a record for it, while Kafka itself is well."""
Identity = tuple[str, bytes]

_hash_of = lru_cache(maxsize=65_536)(murmur2)
"""A key comes several times within a moment, and the hash is worked out in Python."""


class TopicTrouble(Exception):
    """One topic does not take records; the message says why and what to do."""


@dataclass
class Sent:
    """What became of rows: the last offset of each (topic, partition) they went to, and topics that did not take
    theirs, with the reason. Of those, nothing or anything may have landed.
    """

    reached: dict[tuple[str, int], int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    too_large: set[str] = field(default_factory=set)
    """Topics of `failed` that refuse single records alone."""


class Partitions:
    """How many partitions each topic has, asked once. Topics by their logical names."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._counts: dict[str, int] = {}

    async def of(self, producer: AIOKafkaProducer, topic: str, key: bytes) -> int:
        """Where every Kafka client puts this key. Raises TopicTrouble."""
        count = self._counts.get(topic)
        if count is None:
            physical = self._installation.physical(topic)
            words = await trouble_with(producer, physical)
            if words is not None:
                raise TopicTrouble(words)
            count = self._counts[topic] = len(await producer.partitions_for(physical))
        return int((_hash_of(key) & 0x7FFFFFFF) % count) if count > 1 else 0

    def forget(self, topic: str) -> None:
        """Ask again: it may have been made anew."""
        self._counts.pop(topic, None)


async def trouble_with(producer: AIOKafkaProducer, topic: str) -> str | None:
    """What is wrong with a topic, by the broker's name; None when it takes records. Raises KafkaConnectionError when
    no broker answers.
    """
    client = producer.client
    await client.add_topic(topic)
    if not await client.force_metadata_update():
        raise KafkaConnectionError("no broker says which topics there are")
    cluster = client.cluster
    if topic in cluster.unauthorized_topics:
        return f"{topic} may not be seen: give this service's user its rights again"
    numbers = cluster.partitions_for_topic(topic)
    if not numbers:
        return f"{topic} does not exist: make it again with the catalogue's settings"
    if any(cluster.leader_for_partition(TopicPartition(topic, n)) in (None, -1) for n in numbers):
        return f"{topic} {NO_LEADER}: bring its broker back"
    return None


async def publish(
    producer: AIOKafkaProducer, installation: Installation, partitions: Partitions, rows: Sequence[OutboxRow]
) -> Sent:
    """Send rows, those of a topic in order; returns when every topic has acknowledged or cannot take its rows.

    Raises KafkaError when Kafka itself fails: then it is not known what has landed.
    """
    if not rows:
        return Sent()
    by_topic: dict[str, list[OutboxRow]] = {}
    for row in rows:
        by_topic.setdefault(row.topic, []).append(row)
    tasks = {
        asyncio.ensure_future(_publish_topic(producer, installation, partitions, topic, of_topic)): topic
        for topic, of_topic in by_topic.items()
    }
    sent = Sent()
    waiting = set(tasks)
    silent = 0.0
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, timeout=LOOK_SECONDS)
            for task in done:
                _note(sent, tasks[task], task)
            silent = 0.0 if done else silent + LOOK_SECONDS
            if not done:
                for task in list(waiting):
                    words = await _lasting_trouble(
                        producer, installation.physical(tasks[task]), silent, others_go=bool(sent.reached)
                    )
                    if words is not None and not task.done():
                        waiting.discard(task)
                        sent.failed[tasks[task]] = words
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return sent


async def _lasting_trouble(producer: AIOKafkaProducer, topic: str, silent: float, *, others_go: bool) -> str | None:
    """What is wrong with a topic that has not acknowledged for so many seconds, unless a broker's start may mend it."""
    try:
        words = await trouble_with(producer, topic)
    except KafkaConnectionError:
        return None
    if words is None and others_go and silent >= SILENCE_SECONDS:
        return f"{topic} does not acknowledge while others do: are enough of its replicas there?"
    return None if words is not None and NO_LEADER in words and silent < LEADER_PATIENCE_SECONDS else words


def _note(sent: Sent, topic: str, task: asyncio.Task[dict[int, int]]) -> None:
    error = task.exception()
    if error is None:
        sent.reached.update(((topic, partition), offset) for partition, offset in task.result().items())
        return
    if not isinstance(error, (TopicTrouble, *OF_ONE_TOPIC)):
        raise error
    sent.failed[topic] = str(error) if isinstance(error, TopicTrouble) else _words(error, topic)
    if isinstance(error, RECORD_TOO_LARGE):
        sent.too_large.add(topic)


def _words(error: KafkaError, topic: str) -> str:
    if isinstance(error, RECORD_TOO_LARGE):
        return f"{topic} refuses a record as too large: raise its max.message.bytes"
    if isinstance(error, TopicAuthorizationFailedError):
        return f"{topic} may not be written: give this service's user its rights again"
    return f"{topic} refuses its records: {type(error).__name__}: {error}"


async def _publish_topic(
    producer: AIOKafkaProducer,
    installation: Installation,
    partitions: Partitions,
    topic: str,
    rows: Sequence[OutboxRow],
) -> dict[int, int]:
    batches: dict[int, list[tuple[bytes, OutboxRow]]] = {}
    for row in rows:
        key = row.key.encode()
        batches.setdefault(await partitions.of(producer, topic, key), []).append((key, row))
    ends = await asyncio.gather(
        *(_send(producer, installation.physical(topic), partition, batch) for partition, batch in batches.items()),
        return_exceptions=True,
    )
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return {partition: end for partition, end in zip(batches, ends, strict=True) if isinstance(end, int)}


async def _send(
    producer: AIOKafkaProducer, topic: str, partition: int, batch: Sequence[tuple[bytes, OutboxRow]]
) -> int:
    """Send records of one partition in as few pieces as fit; returns the last offset.

    A piece is one future, not one a record: on hot paths that is half of what sending costs. The next piece waits for
    the one before, since it may land where that was refused.
    """
    pieces = [producer.create_batch()]
    for key, row in batch:
        if pieces[-1].append(key=key, value=row.body, headers=row.headers, timestamp=None) is None:
            pieces.append(producer.create_batch())
            pieces[-1].append(key=key, value=row.body, headers=row.headers, timestamp=None)
    end = -1
    for piece in pieces:
        told: RecordMetadata = await (await producer.send_batch(piece, topic, partition=partition))
        end = told.offset + piece.record_count() - 1
    return end


def identity(topic: str, headers: Sequence[tuple[str, bytes | None]]) -> Identity:
    """What tells a record from the others of its topic. A dead letter keeps the headers of a stranger, even its ce_id;
    its own id was added last.
    """
    name = "dead_letter_id" if topic.endswith(".deadletters") else "ce_id"
    return topic, next((value or b"" for header, value in reversed(headers) if header == name), b"")
