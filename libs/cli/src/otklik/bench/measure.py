"""Sends records, waits until all is done, and reads from the topics alone how long it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer, TopicPartition
from common.contracts.envelope import Headers
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.kafka import Record, client_options, read_to_end
from common.runtime.settings import Settings

WAKES_A_SECOND = 25
"""How often an even pace is kept at most: faster ones send several messages each time."""
Message = tuple[bytes, Headers, bytes]


@dataclass(frozen=True)
class Run:
    """A stretch of work, from its first record in to its last record out."""

    count: int
    seconds: float
    latencies: tuple[float, ...] = ()
    """Seconds from a message on its inbound topic to its result on the outcome topic, sorted."""

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    def quantile(self, share: float) -> float:
        """A latency in milliseconds; 0 when none was measured."""
        if not self.latencies:
            return 0.0
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


async def send(settings: Settings, topic: str, messages: Sequence[Message], per_second: float | None = None) -> None:
    """Publish messages to a topic by the broker's name, as fast as it goes or at an even pace."""
    together = max(1, int((per_second or 0) / WAKES_A_SECOND))
    producer = AIOKafkaProducer(**client_options(settings), acks="all", linger_ms=5, max_batch_size=131_072)
    await producer.start()
    began, sent = time.perf_counter(), []
    try:
        for number, (key, headers, body) in enumerate(messages):
            if per_second is not None and number % together == 0:
                await asyncio.sleep(max(0.0, number / per_second - (time.perf_counter() - began)))
            sent.append(await producer.send(topic, value=body, key=key, headers=headers))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def ends_of(settings: Settings, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """End offsets now of topics by the broker's names."""
    reader = GuardedConsumer(*topics, **client_options(settings), enable_auto_commit=False)
    await reader.start()
    try:
        partitions = [TopicPartition(t, n) for t in topics for n in sorted(reader.partitions_for_topic(t) or ())]
        found: dict[TopicPartition, int] = await reader.end_offsets(partitions)
        return found
    finally:
        await reader.stop()


async def records_since(
    settings: Settings, topics: Iterable[str], starts: Mapping[TopicPartition, int]
) -> list[Record]:
    """What was written to topics since `starts`."""
    found: list[Record] = []
    for topic in topics:
        mine = {p.partition: at for p, at in starts.items() if p.topic == topic}
        found += await read_to_end(settings, topic, mine)
    return found


def run_of(inbound: Sequence[Record], outcome: Sequence[Record], correlated: Mapping[str, Record] | None = None) -> Run:
    """Throughput from the broker's times of both ends; latencies where `correlated` joins an outcome to its message."""
    first = min(r.timestamp for r in inbound) / 1000
    last = max(r.timestamp for r in outcome) / 1000
    waits: list[float] = []
    if correlated is not None:
        for record in outcome:
            name = next((v for n, v in record.headers if n == "correlation_id"), b"").decode()
            start = correlated.get(name)
            if start is not None:
                waits.append((record.timestamp - start.timestamp) / 1000)
    return Run(len(outcome), max(last - first, 1e-3), tuple(sorted(waits)))
