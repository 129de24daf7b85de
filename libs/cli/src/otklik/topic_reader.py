"""The records of topics, such as a channel's, as the operator or an integrator may read them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError
from common.contracts.catalogue import Installation
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.kafka import Record, client_options, protocol_of
from common.runtime.settings import Settings
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation
from provision.kafka import Administrator

from otklik.console import CommandError

log = logging.getLogger("aiokafka.consumer.fetcher")
METADATA_MS = 3_000
POLL_MS = 300
RIGHTS_SECONDS = 30.0


class NothingToWatch(CommandError):
    """None of the topics that are needed is there or may be read; the message says what to do."""


def _other_than_rights(record: logging.LogRecord) -> bool:
    """What may not be read is left out, and that is said once."""
    return "Not authorized" not in record.getMessage()


def _readable(settings: Settings, names: Sequence[str]) -> set[str]:
    """Those of the topics that the principal of the settings may read. Raises CommandError."""
    if not names:
        return set()
    password = settings.kafka_password.get_secret_value() if settings.kafka_password else ""
    asking = Administrator(
        settings.kafka_bootstrap, settings.kafka_user, password, settings.kafka_mechanism, protocol_of(settings),
        settings.kafka_ca, settings.kafka_certificate, settings.kafka_certificate_key,
    ).client()  # fmt: skip
    try:
        answers = asking.describe_topics(
            TopicCollection(list(names)), include_authorized_operations=True, request_timeout=RIGHTS_SECONDS
        )
        described = {name: answer.result(RIGHTS_SECONDS) for name, answer in answers.items()}
    except (KafkaException, TimeoutError) as error:
        where = settings.kafka_bootstrap
        raise CommandError(f"Kafka at {where} did not say which topics may be read: {error}") from error
    return {name for name, one in described.items() if AclOperation.READ in (one.authorized_operations or ())}


class TopicReader:
    """Committed records alone; to be used with `async with`. Belongs to no group and commits nothing."""

    def __init__(
        self, settings: Settings, whose: str, topics: Sequence[str], also: Sequence[str] = (), advice: str = ""
    ) -> None:
        """`topics`, of which one is needed, and others that are read where they may be, by logical names. `whose`: in
        words. `advice`: what to do where none can be read."""
        self._whose, self._advice = whose, advice
        self._needed, self._wanted = topics, [*topics, *also]
        self.installation = Installation(settings.prefix)
        self._settings, self._user = settings, settings.kafka_user or "nobody"
        self._consumer: Any = GuardedConsumer(**client_options(settings), metadata_max_age_ms=METADATA_MS)
        self._names: list[str] = []
        self.left_out: list[str] = []
        """Topics that are not there, or not to be read as this principal."""
        self.ends: Mapping[TopicPartition, int] = {}
        """Where each partition ended when reading began."""

    def reads(self, logical: str) -> bool:
        """Whether a topic is read, as far as is known by now."""
        return self.installation.physical(logical) in self._names

    async def __aenter__(self) -> TopicReader:
        """Raises NothingToWatch or KafkaError."""
        log.addFilter(_other_than_rights)
        await self._consumer.start()
        names = [self.installation.physical(name) for name in self._wanted]
        cluster = await self._consumer._client.fetch_all_metadata()
        # Who may write a topic sees that it is there. An empty one can be at its end before a fetch is refused.
        readable = await asyncio.to_thread(_readable, self._settings, [n for n in names if n in cluster.topics()])
        self._names = [name for name in names if name in readable]
        self.left_out = [name for name in names if name not in readable]
        if not any(self.reads(name) for name in self._needed):
            await self._consumer.stop()
            raise NothingToWatch(
                f"{self._user} can read no topic of {self._whose}{self._advice and ': '}{self._advice}"
            )
        self._consumer.assign(
            [TopicPartition(name, n) for name in self._names for n in cluster.partitions_for_topic(name)]
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        log.removeFilter(_other_than_rights)
        await self._consumer.stop()

    async def batches(
        self, *, beginning: bool, to_end: bool, since_ms: int | None = None
    ) -> AsyncIterator[list[Record]]:
        """From now on, or from the beginning, or what came since a time; for ever, or to the present end. Empty ones
        where nothing came for a moment. Raises KafkaError."""
        consumer, places = self._consumer, list(self._consumer.assignment())
        ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
        self.ends = ends
        starts = await consumer.beginning_offsets(places) if beginning else ends
        if since_ms is not None:
            found = await consumer.offsets_for_times(dict.fromkeys(places, since_ms))
            starts = {place: one.offset if (one := found.get(place)) is not None else ends[place] for place in places}
        for place in places:
            consumer.seek(place, starts[place])
        while True:
            try:
                found = await consumer.getmany(timeout_ms=POLL_MS)
            except TopicAuthorizationFailedError as error:
                places = await self._without(places, str(error))
                continue
            yield [record for batch in found.values() for record in batch]
            if to_end and all([await consumer.position(p) >= ends[p] for p in places]):
                return
            if len(self._places()) > len(places):
                places = await self._take(self._places(), places)

    def _places(self) -> list[TopicPartition]:
        consumer = self._consumer
        return [TopicPartition(name, n) for name in self._names for n in consumer.partitions_for_topic(name) or ()]

    async def _take(self, places: list[TopicPartition], before: list[TopicPartition]) -> list[TopicPartition]:
        """Go on with these, with those that are new from their beginning."""
        consumer = self._consumer
        positions = {place: await consumer.position(place) for place in before if place in places}
        consumer.assign(places)
        for place in places:
            consumer.seek(place, positions.get(place, 0))
        return places

    async def _without(self, places: list[TopicPartition], words: str) -> list[TopicPartition]:
        """Go on without the topics that an error says may not be read any more."""
        if any(name in words for name in self.left_out):
            return places  # Each partition of it says so.
        refused = [name for name in self._names if name in words]
        self._names = [name for name in self._names if name not in refused]
        self.left_out += refused
        if not refused or not self._names:
            raise NothingToWatch(f"{self._user} may read no topic of {self._whose} any more")
        return await self._take([p for p in places if p.topic in self._names], places)


def channel_reader(settings: Settings, channel: str, streams: Sequence[str], also: Sequence[str] = ()) -> TopicReader:
    """Of a channel's own topics, such as `outbound`, and of others that tell of it where they may be read."""
    advice = "`otklik channel list` shows the channels that are; an integrator's rights may have been taken away"
    return TopicReader(settings, f"channel {channel!r}", [f"channel.{channel}.{s}" for s in streams], also, advice)
