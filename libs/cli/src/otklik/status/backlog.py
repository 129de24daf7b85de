"""What waits in Kafka for a service that cannot say so itself, and since when: asked of the broker as administrator.

Of a record only its time is looked at.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time
from typing import Any

from common.contracts.catalogue import Installation, subscription_pattern
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from embedded.kafka_server import ADMIN, KafkaServer
from embedded.stack import passwords

from otklik.locate import PREFIX
from otklik.status.waiting import Waiting

Place = tuple[str, int]
EARLIEST: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class _Range:
    """Offsets of one partition that nobody has handled yet."""

    begin: int
    end: int


def backlog(folder: Path, services: Collection[str], patience: float) -> dict[str, tuple[Waiting, ...]]:
    """What waits for each of these services within `patience` seconds; empty when Kafka does not say."""
    end = monotonic() + patience
    options: dict[str, str | int | float | bool] = {
        "bootstrap.servers": f"127.0.0.1:{KafkaServer(folder).port}",
        "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": ADMIN,
        "sasl.password": passwords(folder, ["kafka:admin"])["kafka:admin"], "log_level": 0,
    }  # fmt: skip
    try:
        admin = AdminClient(options)
        partitions = {
            name: list(about.partitions)
            for name, about in admin.list_topics(timeout=patience).topics.items()
            if name.startswith(f"{PREFIX}.")
        }
        with ThreadPoolExecutor(max(1, len(services))) as pool:
            found = dict(pool.map(lambda s: (s, _unhandled(admin, s, partitions, end - monotonic())), services))
        oldest = _oldest(options, {place: r for ranges in found.values() for place, r in ranges.items()}, end)
    except (KafkaException, TimeoutError):
        return {}
    return {service: _by_topic(ranges, oldest) for service, ranges in found.items()}


def _unhandled(
    admin: AdminClient, service: str, partitions: Mapping[str, Collection[int]], patience: float
) -> dict[Place, _Range]:
    pattern = re.compile(subscription_pattern(service, PREFIX))
    places = [TopicPartition(t, p) for t, numbers in partitions.items() if pattern.match(t) for p in numbers]
    group = f"{PREFIX}.{service}"
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], request_timeout=patience)
    first, last = (
        admin.list_offsets(dict.fromkeys(places, spec), request_timeout=patience) for spec in (EARLIEST, LATEST)
    )
    committed = {(p.topic, p.partition): p.offset for p in asked[group].result(patience).topic_partitions or []}
    found = {}
    for place in places:
        name = (place.topic, place.partition)
        begin = max(committed.get(name, -1), first[place].result(patience).offset)
        end = last[place].result(patience).offset
        if end > begin:
            found[name] = _Range(begin, end)
    return found


def _oldest(options: Mapping[str, Any], ranges: Mapping[Place, _Range], end: float) -> dict[Place, float]:
    """How many seconds ago the first record of each range came; what is not said in time is left out."""
    if not ranges:
        return {}
    reader = Consumer({**options, "group.id": f"{PREFIX}.status", "enable.auto.commit": False})
    found: dict[Place, float] = {}
    try:
        reader.assign([TopicPartition(*place, r.begin) for place, r in ranges.items()])
        while len(found) < len(ranges) and monotonic() < end:
            record = reader.poll(max(0.0, end - monotonic()))
            if record is not None and record.error() is None:
                place = (str(record.topic()), int(record.partition() or 0))
                found.setdefault(place, max(0.0, time() - record.timestamp()[1] / 1000))
    finally:
        reader.close()
    return found


def _by_topic(ranges: Mapping[Place, _Range], oldest: Mapping[Place, float]) -> tuple[Waiting, ...]:
    number: dict[str, int] = defaultdict(int)
    age: dict[str, float] = {}
    for (topic, partition), r in ranges.items():
        number[topic] += r.end - r.begin
        if (topic, partition) in oldest:
            age[topic] = max(age.get(topic, 0.0), oldest[topic, partition])
    logical = Installation(PREFIX).logical
    return tuple(Waiting(logical(topic), n, age.get(topic)) for topic, n in sorted(number.items()))
