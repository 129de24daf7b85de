"""Kafka clients of one test, each kept until its end: a new one costs two handshakes, and tests look often."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer, TopicPartition
from common.contracts.catalogue import Installation
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.kafka import Record, client_options
from common.messaging.settings import MessagingSettings
from world.quiescence import Watch


class TopicReader:
    """Everything that lies on a topic, read on from where the last look ended. The topic is not made anew meanwhile."""

    def __init__(self, settings: MessagingSettings, topic: str) -> None:
        self._consumer = GuardedConsumer(**client_options(settings), enable_auto_commit=False)
        self._topic = topic
        self._started = False
        self._lock = asyncio.Lock()
        self._offsets: dict[TopicPartition, int] = {}
        self._found: list[Record] = []

    async def read(self) -> list[Record]:
        """All records up to the present end, by partition and offset; none while there is no such topic."""
        async with self._lock:
            if not self._started:
                await self._consumer.start()
                self._started = True
            await self._follow_partitions()
            places = list(self._offsets)
            ends = await self._consumer.end_offsets(places) if places else {}
            while behind := [p for p in places if self._offsets[p] < ends[p]]:
                for place, records in (await self._consumer.getmany(*behind, timeout_ms=500)).items():
                    self._found.extend(records)
                    self._offsets[place] = await self._consumer.position(place)
                for place in behind:
                    # Past markers of transactions, which are no records.
                    self._offsets[place] = await self._consumer.position(place)
            return sorted(self._found, key=lambda record: (record.partition, record.offset))

    async def _follow_partitions(self) -> None:
        """Topics may come, and get more partitions, while a test runs."""
        client = self._consumer._client
        await client.add_topic(self._topic)
        await client.force_metadata_update()
        numbers = self._consumer.partitions_for_topic(self._topic) or set()
        places = [TopicPartition(self._topic, number) for number in sorted(numbers)]
        if places == list(self._offsets):
            return
        self._consumer.assign(places)
        first = await self._consumer.beginning_offsets(places)
        self._offsets = {place: self._offsets.get(place, first[place]) for place in places}
        for place, offset in self._offsets.items():
            self._consumer.seek(place, offset)

    async def stop(self) -> None:
        if self._started:
            await self._consumer.stop()


@dataclass
class TopicClients:
    """By where the broker is, who the client is, and what it reads or watches."""

    _producers: dict[tuple[str, str], AIOKafkaProducer] = field(default_factory=dict)
    _readers: dict[tuple[str, str, str], TopicReader] = field(default_factory=dict)
    _watches: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Watch] = field(default_factory=dict)

    async def producer(self, settings: MessagingSettings) -> AIOKafkaProducer:
        key = (settings.kafka_bootstrap, settings.name)
        if key not in self._producers:
            made = AIOKafkaProducer(**client_options(settings), max_request_size=8_388_608)
            await made.start()
            self._producers.setdefault(key, made)
            if self._producers[key] is not made:
                await made.stop()
        return self._producers[key]

    def reader(self, settings: MessagingSettings, topic: str) -> TopicReader:
        key = (settings.kafka_bootstrap, settings.name, topic)
        if key not in self._readers:
            self._readers[key] = TopicReader(settings, topic)
        return self._readers[key]

    async def watch(
        self, settings: MessagingSettings, administrator: dict[str, str], installation: Installation,
        services: tuple[str, ...],
    ) -> Watch:  # fmt: skip
        """Looks whether these services of an installation (none: all) are at rest; as an administrator. Its topics get
        no more partitions meanwhile.
        """
        key = (settings.kafka_bootstrap, installation.channels, services)
        if key not in self._watches:
            made = Watch(installation, client_options(settings) | administrator, services=services or None)
            await made.start()
            self._watches.setdefault(key, made)
            if self._watches[key] is not made:
                await made.stop()
        return self._watches[key]

    async def stop(self) -> None:
        clients = [*self._producers.values(), *self._readers.values(), *self._watches.values()]
        self._producers.clear()
        self._readers.clear()
        self._watches.clear()
        await asyncio.gather(*(client.stop() for client in clients), return_exceptions=True)
