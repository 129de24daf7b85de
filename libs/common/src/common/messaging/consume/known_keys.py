"""Passes over records of keys that a service does not know, before they are decoded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import asyncpg

from common.messaging.consume.decode import Read, Reader
from common.messaging.consume.handler import KnowsKeys
from common.messaging.kafka import Record


class KeyFilter:
    """Reads batches for a handler that needs the records of some keys alone."""

    def __init__(self, handler: KnowsKeys, reader: Reader, pool: asyncpg.Pool) -> None:
        self._handler = handler
        self._types = frozenset(t.type for t in handler.types)
        self._reader = reader
        self._pool = pool
        self._topics: dict[str, bool | None] = {}

    async def read(self, records: Sequence[Record]) -> list[Read]:
        """What is needed of a batch, decoded, in its order. Raises what the database raises."""
        places: defaultdict[str | None, list[int]] = defaultdict(list)
        for number, record in enumerate(records):
            wanted = self._wanted(record.topic)
            if wanted is False:
                self._reader.pass_over(record)
            else:
                places[None if wanted else self._reader.key_if_handled(record, self._types)].append(number)
        keys: set[str | None] = {None}
        if asked := {key for key in places if key is not None}:
            keys |= await self._handler.known_keys(asked, self._pool)
        found: dict[int, Read] = {}
        while keys:
            numbers = [number for key in keys for number in places.pop(key, ())]
            new = {number: read for number in numbers if (read := self._reader.read(records[number])) is not None}
            found |= new
            events = [read.delivery.event for read in new.values() if read.delivery is not None]
            keys = {key for event in events if (key := self._handler.leads_to(event)) is not None}
        for numbers in places.values():
            for number in numbers:
                self._reader.pass_over(records[number])
        return [found[number] for number in sorted(found)]

    def _wanted(self, physical: str) -> bool | None:
        """What the handler wants of a topic, asked once."""
        if physical not in self._topics:
            self._topics[physical] = self._handler.wants(self._reader.logical(physical))
        return self._topics[physical]
