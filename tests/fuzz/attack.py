"""Sends fuzz as integrators to their channels, and as the outside world to the other topics that it may write."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import KafkaError
from common.contracts.catalogue import Installation

from tests.fuzz.batches import Batches
from tests.raw_batches import RawProducer

PARTITIONS = 3


@dataclass(frozen=True)
class Attacker:
    """One principal, by its client options, and the logical topics that it may write."""

    name: str
    options: dict[str, Any]
    topics: Sequence[str]


@dataclass
class Attack:
    """What was sent, over all attackers."""

    installation: Installation
    seed: int
    records: int
    sent: int = 0
    """Records that attackers tried to send, by what they say of their batches."""
    taken: int = 0
    """Of them those that the broker took."""
    batches: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By kind, and by what the broker said: taken, or its error."""

    async def run(self, attackers: Sequence[Attacker]) -> None:
        """Until `records` were tried; each attacker has one batch on its way at a time."""
        await asyncio.gather(*(self._act(number, one) for number, one in enumerate(attackers)))

    async def _act(self, number: int, attacker: Attacker) -> None:
        batches = Batches(self.seed * 1_000 + number)
        turn = 0
        async with RawProducer(attacker.options) as producer:
            while self.sent < self.records:
                made, turn = batches.next(), turn + 1
                self.sent += made.records
                topic = self.installation.physical(attacker.topics[turn % len(attacker.topics)])
                try:
                    async with asyncio.timeout(60):
                        await producer.send(topic, turn % PARTITIONS, made.data)
                    self.taken += made.records
                    answer = "taken"
                except (KafkaError, TimeoutError) as error:
                    answer = type(error).__name__
                self.batches[(made.what, answer)] += 1
                await asyncio.sleep(0)
