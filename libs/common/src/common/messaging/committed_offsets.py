"""What consumer groups have committed, as the brokers that keep it tell."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError


class CommittedOffsets:
    """Remembers of each group which broker keeps its offsets, until that one fails to answer."""

    def __init__(self, admin: AIOKafkaAdminClient) -> None:
        self._admin = admin
        self._coordinators: dict[str, int] = {}

    async def of(self, group: str, partitions: Sequence[TopicPartition] | None = None) -> dict[TopicPartition, int]:
        """The next offset by partition, of these or of all that the group committed; -1 where it never did.

        Raises KafkaError; the next call then asks for the broker anew.
        """
        try:
            coordinator = self._coordinators.get(group)
            if coordinator is None:
                coordinator = self._coordinators[group] = await self._admin.find_coordinator(group)
            found = await self._admin.list_consumer_group_offsets(group, coordinator, partitions)
        except KafkaError:
            self._coordinators.pop(group, None)
            raise
        return {place: about.offset for place, about in found.items()}
