"""A Kafka consumer whose batches are shared fairly between sources; aiokafka's drains one partition after the other."""

from __future__ import annotations

import logging
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from common.contracts.catalogue import Installation
from common.messaging.consume.fair_share import FairShare, source_of
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.kafka import Record, rewind

log = logging.getLogger(__name__)

Taken = dict[TopicPartition, list[Record]]


class FairConsumer(GuardedConsumer):
    """`getmany` takes of each source (channel, region) its share of what has been fetched."""

    def __init__(self, *topics: str, share: FairShare, installation: Installation, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._share = share
        self._installation = installation
        self._sources: dict[str, str] = {}

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None) -> Taken:
        """Without partitions: of every source its share; how many is the share's to say. With a time-out it returns
        when there is something: FastStream sleeps as long again after an empty batch, and hears nothing meanwhile.
        """
        if partitions:
            found: Taken = await super().getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
            return found
        taken: Taken = {}
        while not taken:
            # One record tells that something has been fetched; what else has been is shared out then.
            found = await super().getmany(timeout_ms=timeout_ms, max_records=1)
            taken = {p: list(r) for p, r in found.items()}
            if not timeout_ms:
                break
        if not taken:
            return taken
        try:
            await self._fill(taken)
            self.has_enough()
        except BaseException:
            # What was taken would be passed over by the next commit.
            rewind(self, (record for records in taken.values() for record in records))
            raise
        return taken

    async def _fill(self, taken: Taken) -> None:
        waiting: dict[str, list[TopicPartition]] = {}
        for partition in [*taken, *(p for p in self._fetcher._records if p not in taken)]:
            waiting.setdefault(self._source(partition.topic), []).append(partition)
        plan = self._share.plan(waiting)
        for partition, records in taken.items():
            plan.had(self._source(partition.topic), len(records))
        while (asked := plan.next()) is not None:
            source, number = asked
            plan.got(source, number, await self._take(waiting[source], number, taken))
        self._share.took(plan)

    async def _take(self, partitions: list[TopicPartition], number: int, taken: Taken) -> int:
        """Up to `number` records out of these partitions, of the first first: an emptied one is fetched anew meanwhile.

        A partition that cannot be read leaves the others alone; it fails again when it is fetched again.
        """
        left = number
        while left and partitions:
            partition = partitions[0]
            try:
                found = (await super().getmany(partition, max_records=left)).get(partition, [])
            except KafkaError as error:
                log.warning("%s/%d cannot be read: %s", partition.topic, partition.partition, error)
                found = []
            if found:
                taken.setdefault(partition, []).extend(found)
                left -= len(found)
            if left:
                partitions.pop(0)
        return number - left

    def _source(self, topic: str) -> str:
        found = self._sources.get(topic)
        if found is None:
            found = self._sources[topic] = source_of(self._installation.logical(topic))
        return found
