"""The one class by which Otklik consumes: committed records alone, in bounded memory, with no gap unseen.

It puts our reading of a fetch (`guarded_records`) in the place of aiokafka's. That is done by giving two of
aiokafka's methods other globals, since it offers no other way; a contract test says when a new version changes them.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from types import FunctionType
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata

from common.messaging.consume.guarded_records import PartitionRecords, Passed, RawBatches
from common.messaging.consume.topic_ids import topic_ids
from common.messaging.consume.unpacking import Unpacker

log = logging.getLogger(__name__)

CORRUPT_PAUSE_SECONDS = 1.0
BACKLOG_WAIT_MS = 50
"""How long the broker holds back a fetch that leaves out partitions of which some records still wait here: until it
answers, those are not fetched again."""

_of_thread = threading.local()


def _shared_unpacker() -> Unpacker:
    """One for each thread with an event loop, in which a batch is unpacked and copied without a pause in between.

    Two threads must not share one: the codecs let other threads run while they write into its memory.
    """
    if not hasattr(_of_thread, "unpacker"):
        _of_thread.unpacker = Unpacker()
    unpacker: Unpacker = _of_thread.unpacker
    return unpacker


def _with_globals(method: Callable[..., Any], **names: Any) -> FunctionType:
    """The same code with other things under some of its module's names."""
    missing = names.keys() - set(method.__code__.co_names)
    if missing:
        raise RuntimeError(f"{method.__qualname__} of this aiokafka does not use {', '.join(sorted(missing))}")
    known = {**method.__globals__, **names}
    return FunctionType(method.__code__, known, method.__name__, method.__defaults__, method.__closure__)


class GuardedFetcher(Fetcher):  # type: ignore[misc]
    """Makes records of what a fetch brought as `common.messaging.consume.guarded_records` says."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.passed: dict[TopicPartition, Passed] = {}
        self.to_commit: set[TopicPartition] = set()
        """Partitions that moved on past markers alone, of which no handler is told."""
        self.corrupt: dict[TopicPartition, int] = {}
        """Partitions whose next batch is damaged, with its offset."""
        self._asked = False
        process = _with_globals(
            Fetcher._proc_fetch_request, MemoryRecords=RawBatches, PartitionRecords=self._partition_records
        )
        self._proc_fetch_request = process.__get__(self)
        super().__init__(*args, **options)

    def ask(self, wanted: bool) -> None:
        """Fetch only while somebody waits for records.

        What is fetched ahead comes with the first record that arrives, alone, and is a batch of its own; fetched when
        the batch before it is done, it comes together with all that arrived meanwhile.
        """
        if wanted and not self._asked:
            self._notify(self._wait_consume_future)
        self._asked = wanted

    @property
    def holds_records(self) -> bool:
        """Whether something is left of what was fetched."""
        return bool(self._records)

    def _get_actions_per_node(self, assignment: Any) -> tuple[Any, ...]:
        fetches, *others = super()._get_actions_per_node(assignment)
        if not self._asked:
            fetches = []
        elif self._records:
            for _, request in fetches:
                request._max_wait_ms = BACKLOG_WAIT_MS
        return fetches, *others

    def _partition_records(self, tp: TopicPartition, *rest: Any) -> PartitionRecords:
        return PartitionRecords(_shared_unpacker(), self.passed.get(tp), self._on_done, self._on_corrupt, tp, *rest)

    def _on_done(self, tp: TopicPartition, passed: Passed, handed_out: bool) -> None:
        if handed_out:
            self.corrupt.pop(tp, None)
        elif passed.position > passed.delivered:
            self.to_commit.add(tp)
        self.passed[tp] = passed

    def _on_corrupt(self, tp: TopicPartition, offset: int) -> None:
        """The batch is fetched again after a pause: it may have been damaged on the way, or another replica may have it
        whole."""
        if self.corrupt.get(tp) != offset:
            log.error("%s/%d: the batch at offset %d has a wrong checksum", tp.topic, tp.partition, offset)
        self.corrupt[tp] = offset
        subscription = self._subscriptions.subscription
        if subscription is not None and subscription.assignment is not None:
            state = subscription.assignment.state_value(tp)
            if state is not None and not state.paused:
                state.pause()
                self._loop.call_later(CORRUPT_PAUSE_SECONDS, state.resume)


class GuardedConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """aiokafka's consumer, which hands out GuardedRecord and reads committed records alone."""

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **{**options, "isolation_level": "read_committed"})
        self.topic_ids: dict[str, UUID] = {}
        """Of assigned topics, as they were at most a metadata interval before the last batch was begun."""
        self._ids_asked_at = 0.0
        self._ids_asked_of: Any = None
        """The assignment at that time. A topic that is gone for a while leaves it."""
        self._committed: dict[TopicPartition, int] = {}
        """What this consumer has committed, of the assignment `_committed_of`."""
        self._committed_of: Any = None
        self.start = _with_globals(AIOKafkaConsumer.start, Fetcher=GuardedFetcher).__get__(self)

    async def getmany(self, *partitions: TopicPartition, **options: Any) -> dict[TopicPartition, list[Any]]:
        """Without partitions a new batch begins: what was handed out before is handled or was rewound."""
        if not partitions:
            await self._commit_passed()
            await self._learn_topic_ids()
        waits = options.get("timeout_ms", 0) > 0
        if waits and self._fetcher is not None:
            self._fetcher.ask(True)
        found: dict[TopicPartition, list[Any]] = await super().getmany(*partitions, **options)
        if found and waits:
            self.has_enough()
        if found and not partitions:
            # What was assigned meanwhile.
            await self._learn_topic_ids(new_assignment_alone=True)
        return found

    def has_enough(self) -> None:
        """The batch is whole. With a backlog other partitions are fetched meanwhile: it may be of one sender alone."""
        self._fetcher.ask(self._fetcher.holds_records)

    async def commit(self, offsets: dict[TopicPartition, OffsetAndMetadata] | None = None) -> None:
        """Without `offsets`, of the partitions that moved since the last commit: an assignment holds dozens, and the
        broker writes a record for each that is named."""
        subscription = self._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        if offsets is None and self._group_id is not None and assignment is not None:
            known = self._committed if assignment is self._committed_of else {}
            offsets = {p: o for p, o in assignment.all_consumed_offsets().items() if known.get(p) != o.offset}
            if not offsets:
                return
        await super().commit(offsets)
        if offsets is None or assignment is None:
            return
        if assignment is not self._committed_of:
            self._committed, self._committed_of = {}, assignment
        self._committed.update((p, o.offset) for p, o in offsets.items())

    def read_from(self, place: TopicPartition, offset: int) -> None:
        """Have a partition delivered from this offset on; one that went to another consumer is left alone."""
        with contextlib.suppress(IllegalStateError):
            self.seek(place, offset)

    def passed_to(self, place: TopicPartition, delivered: int) -> int:
        """The offset up to which the broker has no records after those before `delivered`, as far as is known."""
        passed = self._fetcher.passed.get(place) if self._fetcher is not None else None
        return passed.position if passed is not None and passed.delivered == delivered else delivered

    @property
    def corrupt(self) -> dict[TopicPartition, int]:
        """Partitions that cannot be read on, with the offset of the damaged batch."""
        return dict(self._fetcher.corrupt) if self._fetcher is not None else {}

    async def _learn_topic_ids(self, *, new_assignment_alone: bool = False) -> None:
        now, topics = time.monotonic(), {p.topic for p in self.assignment()}
        due = now - self._ids_asked_at >= self._client._metadata_max_age_ms / 1000 and not new_assignment_alone
        if not topics:
            return
        assignment = self._subscription.subscription.assignment
        if not due and assignment is self._ids_asked_of:
            return
        self._ids_asked_at, self._ids_asked_of = now, assignment
        try:
            found = await topic_ids(self._client, topics)
        except (KafkaError, NotImplementedError):
            # A topic made anew is then seen later, or never where the broker knows no ids.
            return
        # Of a topic made anew some records may have passed for the old one's: it is given from its beginning.
        anew = {t for t, known in self.topic_ids.items() if found.get(t, known) != known}
        self.topic_ids |= found
        for place in self.assignment():
            if place.topic in anew:
                self._fetcher.passed.pop(place, None)
                self._committed.pop(place, None)
                self.read_from(place, 0)

    async def _commit_passed(self) -> None:
        """A partition that ends in markers is read to its end; nothing is in a handler's hands when more is asked for.

        What was rewound meanwhile stands elsewhere than where its markers were passed.
        """
        fetcher = self._fetcher
        if self._group_id is None or fetcher is None or not fetcher.to_commit:
            return
        places, fetcher.to_commit = fetcher.to_commit, set()
        offsets = {}
        for place in places & self.assignment():
            state = self._subscription.subscription.assignment.state_value(place)
            if state.has_valid_position and state.position == fetcher.passed[place].position:
                offsets[place] = OffsetAndMetadata(state.position, "")
        if offsets:
            # Whoever the partition went to passes the markers too.
            with contextlib.suppress(KafkaError, IllegalStateError):
                await self.commit(offsets)
