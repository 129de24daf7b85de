"""How the world listens: without a group, from where the topics end when the run begins, to the end at each rest."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiokafka import TopicPartition
from common.contracts.case_sequence import in_one_order
from common.contracts.catalogue import TOPICS, Installation
from common.contracts.envelope import header_map, parse_time, record_type
from common.contracts.events import channel, region
from common.contracts.events.base import Event
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.kafka import Record, client_options
from common.runtime.settings import Settings

TEMPLATES = (
    "region.{region}.cases", "routing.triage", "rules.proposals", "channel.{channel}.outbound",
    "deliberation.proceedings", "deliberation.voices", "archive.scores", "reflex.prevention",
)  # fmt: skip
KINDS: dict[str, type[Event]] = {
    t.type: t for topic in TOPICS if topic.template in TEMPLATES for t in topic.types
}  # fmt: skip
UNUSED: frozenset[type[Event]] = frozenset({region.DirectiveReceived, region.DirectiveAnswered})
NOTICE = re.compile(rb'"notice":"([a-z_]+)"')


@dataclass(frozen=True, slots=True)
class Heard:
    """One event, with its logical time and its place on its topic."""

    time: datetime
    key: str
    topic: str
    place: int
    event: Event


def heard(record: Record) -> Heard | None:
    """The event of a record, where the world has a use for it."""
    headers = header_map(record.headers)
    kind = KINDS.get(headers.get("ce_type", ""))
    body = record.value or b""
    if kind is None or kind in UNUSED:
        return None
    if kind is channel.NoticeIssued and notice_of(body) != "refused":
        return None
    if kind is channel.ProposalNoticeIssued and b'"kind":"opened"' not in body:
        return None
    event = kind.model_validate_json(body)
    key = (record.key or b"").decode()
    return Heard(parse_time(headers["ce_time"]), key, record.topic, record.offset, event)


def notice_of(body: bytes) -> str:
    """The kind of a notice, from its body unparsed: the world hears of several for each case."""
    found = NOTICE.search(body)
    return found.group(1).decode() if found else "unknown"


def in_order(found: Iterable[Heard]) -> list[Heard]:
    """Key by key, each as it happened, in an order that does not depend on how it came."""
    by_key: dict[str, list[Heard]] = {}
    for one in found:
        by_key.setdefault(one.key, []).append(one)
    return [one for _, told in sorted(by_key.items()) for one in in_one_order(told)]


def counted_as(record: Record) -> str:
    """A record's type; for a notice, its kind."""
    kind = record_type(record.headers) or "unknown"
    return f"notice.{notice_of(record.value or b'')}" if kind == channel.NoticeIssued.type else kind


def topics(installation: Installation) -> tuple[str, ...]:
    """What the world listens to, by the broker's names."""
    return tuple(
        installation.physical(name)
        for topic in TOPICS
        if topic.template in TEMPLATES
        for name, _ in installation.names(topic)
    )


class Listener:
    """Reads all the time in the background; `until` waits for what was there at a rest."""

    def __init__(self, settings: Settings, installation: Installation) -> None:
        self._settings = settings
        self._topics = topics(installation)
        self._heard: list[Heard] = []
        self._at: dict[TopicPartition, int] = {}
        self._grew = asyncio.Event()
        self.counts: Counter[str] = Counter()
        """Records heard, by type; notices by `notice.<kind>`."""
        self._task: asyncio.Task[None] | None = None

    async def start(self, partitions: Mapping[TopicPartition, int]) -> None:
        """Begin at these offsets (the ends of now); what lies before belongs to an earlier run."""
        self._consumer = GuardedConsumer(
            **client_options(self._settings), enable_auto_commit=False, auto_offset_reset="none"
        )
        await self._consumer.start()
        mine = {p: at for p, at in partitions.items() if p.topic in set(self._topics)}
        self._consumer.assign(sorted(mine))
        for partition, at in mine.items():
            self._consumer.seek(partition, at)
        self._at = dict(mine)
        self._task = asyncio.create_task(self._read())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._task
            await self._consumer.stop()

    async def _read(self) -> None:
        while True:
            for records in (await self._consumer.getmany(timeout_ms=1000)).values():
                self._heard += [h for r in records if (h := heard(r)) is not None]
                self.counts.update(map(counted_as, records))
            for partition in self._at:
                # Not the last record's offset: a partition may end in markers of transactions.
                self._at[partition] = await self._consumer.position(partition)
            self._grew.set()

    async def until(self, ends: Mapping[TopicPartition, int]) -> list[Heard]:
        """Everything heard since the last time, in an order that does not depend on how it came."""
        while any(at < ends.get(p, 0) for p, at in self._at.items()):
            if self._task is not None and self._task.done():
                self._task.result()
            self._grew.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._grew.wait(), 5)
        found, self._heard = self._heard, []
        return in_order(found)
