"""What lies on the topics, as the verifier wants it, and how it is read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from common.contracts.catalogue import TOPICS, Installation
from common.messaging.kafka import Record, read_to_end
from common.runtime.settings import Settings

MAX_CONCURRENT_READS = 6
"""Topics read at a time."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One record. `topic` is the logical name; headers and key are text with what is not UTF-8 replaced."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def type(self) -> str:
        return self.headers.get("ce_type", "")

    @property
    def id(self) -> str:
        return self.headers.get("ce_id", "")

    @property
    def cause(self) -> str:
        return self.headers.get("ce_causationid", "")

    @property
    def position(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    def fields(self) -> dict[str, Any]:
        """The body of an event of ours."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found


def seen(record: Record, installation: Installation) -> Seen:
    return Seen(
        installation.logical(record.topic),
        record.partition,
        record.offset,
        (record.key or b"").decode("utf-8", "replace"),
        {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers},
        record.value or b"",
    )


async def read_everything(settings: Settings, installation: Installation) -> list[Seen]:
    """Every record of every topic of the installation to its present end, in the order of each partition."""
    names = [name for topic in TOPICS for name, _ in installation.names(topic)]
    turn = asyncio.Semaphore(MAX_CONCURRENT_READS)

    async def read(name: str) -> list[Seen]:
        async with turn:
            records = await read_to_end(settings, installation.physical(name))
        return sorted((seen(r, installation) for r in records), key=lambda s: (s.partition, s.offset))

    return [one for found in await asyncio.gather(*map(read, names)) for one in found]
