"""Is the system at rest? Committed offsets first, end offsets after: all equal means that nothing is under way.

It holds because services publish what they decide before they commit what made them decide it.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, TypeVar

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from common.contracts.catalogue import TOPICS, Installation, subscriptions
from common.messaging.committed_offsets import CommittedOffsets
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.retry import Backoff

Answer = TypeVar("Answer")
Offsets: TypeAlias = Mapping[TopicPartition, int]

Behind: TypeAlias = dict[tuple[str, TopicPartition], int]
"""How many records a group has still to read of a partition."""
Seen: TypeAlias = dict[tuple[str, TopicPartition], int]
"""What a group was seen to have committed of a partition."""

MIN_PAUSE, MAX_PAUSE = 0.01, 0.25
PATIENCE_SECONDS = 60.0
"""How long the broker is asked again for what it did not answer."""
RECORDS_A_SECOND = 8_000
"""What a service is guessed to handle: only decides how soon to look again."""
SHARE_OF_WAIT = 0.15
"""So much longer than need be a wait may take: each look takes its time from those who are waited for."""


class NotAtRest(RuntimeError):
    """The system did not come to rest in time; says which group is how far behind where."""


def read_by(installation: Installation, services: Iterable[str] | None = None) -> dict[str, set[str]]:
    """The group of each service (by default of every one) with the broker's names of all that it reads."""
    names = [name for topic in TOPICS for name, _ in installation.names(topic)]
    return {
        f"{installation.prefix}.{instance}": {
            installation.physical(name)
            for name in names
            if any(re.fullmatch(pattern, name) for pattern in subscriptions(instance))
        }
        for instance in (installation.instances() if services is None else services)
    }


def behind(
    groups: Mapping[str, Iterable[TopicPartition]],
    committed: Mapping[str, Offsets],
    starts: Offsets,
    ends: Offsets,
) -> Behind:
    """How many records each group has still to read; empty means rest. A group that never committed is at the start."""
    found: Behind = {}
    for group, partitions in groups.items():
        held = committed.get(group, {})
        for partition in partitions:
            offset = held.get(partition, -1)
            at = offset if offset >= 0 else starts.get(partition, 0)
            if at < ends.get(partition, 0):
                found[group, partition] = ends[partition] - at
    return found


def most(late: Behind) -> int:
    """How many records the group that has most to read has still to read."""
    by_group = Counter[str]()
    for (group, _), number in late.items():
        by_group[group] += number
    return max(by_group.values(), default=0)


def pause(records_behind: int, waited: float = 0.0) -> float:
    """Seconds until it is worth looking again at a group that has so much to read and was waited for so long."""
    return min(MAX_PAUSE, max(MIN_PAUSE, records_behind / RECORDS_A_SECOND, waited * SHARE_OF_WAIT))


def by_most(late: Behind) -> list[str]:
    """The groups that are behind, first the one that has most to read: the others are likely there when it is."""
    by_group = Counter[str]()
    for (group, _), number in late.items():
        by_group[group] += number
    return sorted(by_group, key=lambda group: (-by_group[group], group))


@dataclass
class Watch:
    """Looks at all groups of an installation; needs a principal that may describe them."""

    installation: Installation
    options: dict[str, Any]
    services: tuple[str, ...] | None = None
    """The instances that run; None: every one of the catalogue."""
    also: tuple[str, ...] = ()
    """More topics whose ends are wanted, though no group reads them."""
    rests: int = 0
    checks: int = 0
    seconds: float = 0.0
    _groups: dict[str, list[TopicPartition]] = field(default_factory=dict)
    _starts: dict[TopicPartition, int] = field(default_factory=dict)
    _rested: dict[TopicPartition, int] = field(default_factory=dict)
    """The ends at the last rest."""

    async def start(self) -> None:
        self._admin = AIOKafkaAdminClient(**self.options)
        self._reader = GuardedConsumer(**self.options, enable_auto_commit=False)
        self._committed = CommittedOffsets(self._admin)
        await self._admin.start()
        await self._reader.start()
        read = read_by(self.installation, self.services)
        described = await self._described({t for ts in read.values() for t in ts} | set(self.also))
        partitions = {
            d["topic"]: [TopicPartition(d["topic"], p["partition"]) for p in d["partitions"]] for d in described
        }
        self._groups = {g: [p for t in ts for p in partitions[t]] for g, ts in read.items()}
        self._all = sorted({p for ps in partitions.values() for p in ps})
        self._starts = await self._reader.beginning_offsets(self._all)

    async def stop(self) -> None:
        await self._reader.stop()
        await self._admin.close()

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """End offsets now."""
        found: dict[TopicPartition, int] = await self._reader.end_offsets(list(partitions))
        return found

    async def ends_of(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """End offsets now of topics that no group reads."""
        described = await self._described(topics)
        return await self.ends(
            TopicPartition(d["topic"], p["partition"]) for d in described for p in d["partitions"]
        )  # fmt: skip

    async def _described(self, topics: Iterable[str]) -> list[dict[str, Any]]:
        names = sorted(topics)
        found: list[dict[str, Any]] = await _answered(lambda: self._admin.describe_topics(names))
        return found

    async def look(self) -> tuple[Behind, dict[TopicPartition, int]]:
        """Who is behind, and the end offsets that this was judged by.

        Where nothing was added since the last rest everyone is still at the end, so only what grew is asked for; an
        end that grew while we asked is seen by asking for the ends again.
        """
        before = await self._ends_now()
        late = await self._of_those(self._at_most(before, {}), before)
        if late:
            return late, before
        ends = await self._ends_now()
        return {("being written", p): ends[p] - before[p] for p in self._all if ends[p] > before[p]}, ends

    async def rest(self, patience: float = 120.0) -> dict[TopicPartition, int]:
        """Wait for rest; returns the end offsets. Raises NotAtRest when nothing moves for `patience` seconds."""
        seen: Seen = {}
        moved, last = time.monotonic(), -1
        ends = await self._ends_now()
        while True:
            began = time.monotonic()
            late = self._at_most(ends, seen)
            # There is no rest before everyone comes to these ends.
            while late := await self._still(late, ends, seen):
                left = sum(late.values())
                if left != last:
                    moved, last = time.monotonic(), left
                elif time.monotonic() - moved > patience:
                    # Those that were not asked meanwhile may have moved.
                    late = await self._of_those(late, ends)
                    if sum(late.values()) == last:
                        raise NotAtRest(_who(late, patience))
                await asyncio.sleep(pause(most(late), time.monotonic() - began))
            # What grew while the groups were asked is seen by asking for the ends again.
            now = await self._ends_now()
            if not any(now[p] > ends[p] for p in self._all):
                self.rests += 1
                self._rested = now
                return now
            ends = now
            await asyncio.sleep(MIN_PAUSE)

    async def _ends_now(self) -> dict[TopicPartition, int]:
        began = time.perf_counter()
        ends = await self.ends(self._all)
        self.checks += 1
        self.seconds += time.perf_counter() - began
        return ends

    def _at_most(self, ends: Offsets, seen: Seen) -> Behind:
        """Who may be behind these ends, and by how much at most: nobody goes back behind the last rest, or behind where
        he was seen since."""
        late: Behind = {}
        for group, partitions in self._groups.items():
            for partition in partitions:
                at = max(self._rested.get(partition, -1), seen.get((group, partition), -1))
                at = at if at >= 0 else self._starts.get(partition, 0)
                if at < ends[partition]:
                    late[group, partition] = ends[partition] - at
        return late

    async def _still(self, late: Behind, ends: Offsets, seen: Seen) -> Behind:
        """Who of those that were behind has not come to these ends yet, as far as is known: the others are not asked
        before the one that has most to read is there.
        """
        if not late:
            return late
        first = by_most(late)[0]
        others = {place: n for place, n in late.items() if place[0] != first}
        still = await self._of_those({place: n for place, n in late.items() if place[0] == first}, ends, seen)
        return still | others if still else await self._of_those(others, ends, seen)

    async def _of_those(self, late: Behind, ends: Offsets, seen: Seen | None = None) -> Behind:
        """How far those are now that were behind these ends; `seen` remembers it."""
        asked: dict[str, list[TopicPartition]] = {}
        for group, partition in late:
            asked.setdefault(group, []).append(partition)
        held = await asyncio.gather(
            *(_answered(partial(self._committed.of, group, partitions)) for group, partitions in asked.items())
        )
        committed = dict(zip(asked, held, strict=True))
        if seen is not None:
            seen.update(((group, p), offset) for group, found in committed.items() for p, offset in found.items())
        return behind(asked, committed, self._starts, ends)


def _who(late: Behind, patience: float) -> str:
    words = ", ".join(f"{g} {n} on {p.topic}/{p.partition}" for (g, p), n in sorted(late.items())[:5])
    return f"nothing has moved for {patience:.0f} s; behind: {words}. Look at that service's log"


async def _answered(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """The broker's answer, asked for anew where the connection was closed: a broker ends sessions that have become too
    old, and the admin client, unlike consumers and producers, leaves it to the caller to ask again."""
    backoff, began = Backoff(0.1), time.monotonic()
    while True:
        try:
            return await ask()
        except KafkaError as error:
            if not error.retriable or time.monotonic() - began > PATIENCE_SECONDS:
                raise
            await asyncio.sleep(backoff.next())
