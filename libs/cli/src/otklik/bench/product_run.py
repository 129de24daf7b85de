"""Runs messages through a whole installation: from an inbound topic to each case's `accepted`, and on to rest."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil
from common.contracts.catalogue import Installation
from common.contracts.events.region import CaseAccepted
from common.messaging.kafka import Record
from common.runtime.settings import Settings
from world.quiescence import Watch

from otklik.bench.cost import Spent, core_seconds, proportional_memory
from otklik.bench.measure import Message, Run, ends_of, records_since, run_of, send
from otklik.bench.messages import Citizens

CHANNEL = "web"
ACCEPTED = CaseAccepted.type.encode()


@dataclass(frozen=True)
class Drained:
    """What one drain showed. `at_rest` counts until every read side had caught up."""

    accepted: Run
    at_rest: Run
    spent: Spent
    memory: Mapping[str, float]


class Product:
    """An installation under load."""

    def __init__(
        self, admin: Settings, installation: Installation, watch: Watch, citizens: Citizens,
        processes: Mapping[str, psutil.Process],
    ) -> None:  # fmt: skip
        self._admin, self._installation, self._watch = admin, installation, watch
        self._citizens, self._processes = citizens, processes
        self._inbound = installation.physical(f"channel.{CHANNEL}.inbound")
        self._outcomes = [installation.physical(f"region.{r}.cases") for r in installation.regions]

    def messages(self, prefix: str, count: int) -> list[Message]:
        """Messages of now."""
        return list(self._citizens.records(prefix, count, datetime.now(UTC)))

    async def drain(self, messages: list[Message]) -> Drained:
        """All at once; returns when the whole system is at rest."""
        before = core_seconds(self._processes)
        run, at_rest = await self._through(messages, None)
        spent = Spent.between(before, core_seconds(self._processes), len(messages))
        return Drained(run, at_rest, spent, proportional_memory(self._processes))

    async def paced(self, messages: list[Message], per_second: float) -> Run:
        """At an even pace, with the time from each message to its case's acceptance."""
        run, _ = await self._through(messages, per_second)
        return run

    async def _through(self, messages: list[Message], per_second: float | None) -> tuple[Run, Run]:
        starts = await ends_of(self._admin, [self._inbound, *self._outcomes])
        began = time.perf_counter()
        await send(self._admin, self._inbound, messages, per_second)
        await self._watch.rest(600)
        took = time.perf_counter() - began
        inbound = await records_since(self._admin, [self._inbound], starts)
        outcomes = await records_since(self._admin, self._outcomes, starts)
        accepted = [r for r in outcomes if ("ce_type", ACCEPTED) in r.headers]
        by_name: dict[str, Record] = {(r.key or b"").decode(): r for r in inbound}
        return run_of(inbound, accepted, by_name), Run(len(messages), took)
