"""Puts a consumer right where the records that it was given do not follow on from where its service stands.

A gap is read again from where the service stands. A topic made anew or cut short is read from its beginning where the
inbox still knows every record that may have been copied into it; else its partitions wait for an operator.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from aiokafka import TopicPartition

from common.contracts.catalogue import Installation, topic_of
from common.messaging.consume.inbox import FromBroker, Misplaced, Place, inbox_keep
from common.messaging.kafka import Record
from common.messaging.telemetry.metrics import GAPS, RECORDS_DELETED_UNREAD, TOPICS_READ_ANEW

log = logging.getLogger(__name__)


class Source(Protocol):
    """What the records came from: a GuardedConsumer."""

    topic_ids: Mapping[str, UUID]

    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]: ...
    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]: ...
    def read_from(self, place: TopicPartition, offset: int) -> None: ...


def may_restart(logical: str) -> bool:
    """Whether the inbox outlives every record of a topic, so that one which was copied is known again."""
    kept = topic_of(logical).retention_ms
    return kept is not None and kept / 1000 < inbox_keep().total_seconds()


def how_to_go_on(physical: str, partition: int, service: str) -> str:
    """For an operator, in words and statements."""
    where = f"WHERE topic = '{physical}' AND partition = {partition}"
    anew = f"DELETE FROM position {where}"  # noqa: S608 - an operator reads it, no database does
    onwards = f"UPDATE position SET next_offset = N, topic_id = NULL {where}"  # noqa: S608
    return (
        f"this topic is kept for ever, so {service} cannot tell its new records from copies of old ones. Do this in"
        f" {service}'s database; no restart is needed. To read the topic from its beginning, when none of its records"
        f" was handled before: {anew}; to go on at offset N, when all before it were handled: {onwards}"
    )


class Standing:
    """What one service knows of the partitions it reads beside their records."""

    def __init__(self, service: str, installation: Installation) -> None:
        self._service = service
        self._installation = installation
        self.source: Source | None = None
        """None for records that are given by hand."""
        self._cut: dict[Place, int] = {}
        """Where the service stood in partitions that were found cut short; so they stay until that is put right."""

    def known(self) -> FromBroker:
        """What the fence of the next batch judges by."""
        return FromBroker() if self.source is None else FromBroker(self.source.topic_ids)

    async def check_ends(self, records: Sequence[Record], stands: Mapping[Place, int]) -> None:
        """For a batch of which some was handled before: a partition that ends before where the service stands was cut
        short, and what is appended to it would be passed over. Raises Misplaced."""
        passed = {(r.topic, r.partition) for r in records if r.offset < stands[(r.topic, r.partition)]}
        if self.source is None or not passed:
            return
        ends = await self.source.end_offsets([TopicPartition(*place) for place in passed])
        cut = {place for place in passed if self._cut.get(place) == stands[place]}
        cut |= {place for place in passed if ends[TopicPartition(*place)] < stands[place]}
        self._cut |= {place: stands[place] for place in cut}
        if cut:
            raise Misplaced({}, cut)

    async def resolve(
        self, misplaced: Misplaced, records: Sequence[Record], broker: FromBroker
    ) -> tuple[FromBroker, set[Place], dict[Place, str]]:
        """Returns what to judge the batch by anew, the partitions that are read again from elsewhere, and those that
        must wait for an operator, with what that one is told."""
        source = self.source
        gaps = misplaced.gaps
        if source is None:
            raise misplaced
        begins = await source.beginning_offsets([TopicPartition(*place) for place in gaps])
        first: dict[Place, Record] = {}
        for record in records:
            first.setdefault((record.topic, record.partition), record)
        known, elsewhere = dict(broker.begins), set()
        for place, at in gaps.items():
            begin = begins[TopicPartition(*place)]
            if at < begin and getattr(first[place], "follows", 0) <= begin and place not in known:
                known[place] = begin
                if at:
                    RECORDS_DELETED_UNREAD.labels(self._logical(place)).inc(begin - at)
                    log.error("%s/%d: offsets %d to %d were deleted before they were read", *place, at, begin - 1)
                continue
            GAPS.labels(self._logical(place)).inc()
            log.warning(
                "%s/%d: records from %d on were given where %d follows; it is read again from there",
                *place,
                first[place].offset,
                at,
            )
            source.read_from(TopicPartition(*place), at)
            elsewhere.add(place)
        restarted, waiting = set(broker.restarted), {}
        for place in misplaced.anew:
            if may_restart(self._logical(place)):
                TOPICS_READ_ANEW.labels(self._logical(place)).inc()
                log.warning("%s/%d was made anew or cut short and is read from its beginning", *place)
                restarted.add(place)
            else:
                waiting[place] = f"it was made anew or cut short; {how_to_go_on(*place, self._service)}"
        return replace(broker, begins=known, restarted=restarted), elsewhere, waiting

    def _logical(self, place: Place) -> str:
        return self._installation.logical(place[0])
