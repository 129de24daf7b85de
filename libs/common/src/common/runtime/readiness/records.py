"""What Kafka says: how many records wait, and which partitions cannot be read on."""

from __future__ import annotations

import time
from collections import Counter
from typing import Protocol

from aiokafka.errors import KafkaError

from common.contracts.catalogue import Installation
from common.messaging.consume.consumer import BatchConsumer
from common.messaging.consume.error_text import reason_of
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.consume.standing import how_to_go_on, may_restart
from common.messaging.telemetry.metrics import ASSIGNED, LAG, UNCOMMITTED
from common.runtime.readiness.seen import Seen, TopicOrigin
from common.runtime.settings import Settings


class Subscribed(Protocol):
    """What reads: FastStream's subscriber."""

    consumer: GuardedConsumer | None


class RecordsLook:
    """Asks how far the topics go, and sets the gauges of lag."""

    def __init__(
        self, settings: Settings, installation: Installation, subscriber: Subscribed, consumer: BatchConsumer,
        origin: TopicOrigin,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._installation = installation
        self._subscriber = subscriber
        self._consumer = consumer
        self._origin = origin
        self._since = time.monotonic()
        self._waiting_since: float | None = None

    @property
    def young(self) -> bool:
        """Whether the process has just begun: what it is owed by others may still come."""
        return time.monotonic() - self._since < self._settings.ready_grace_seconds

    async def look(self, seen: Seen, positions: dict[tuple[str, int], int] | None) -> None:
        """`positions` are the next offsets; None where they are not known."""
        settings, consumer, raw = self._settings, self._consumer, self._subscriber.consumer
        assigned = raw.assignment() if raw is not None else frozenset()
        now = time.monotonic()
        ASSIGNED.set(len(assigned))
        seen.facts["assigned_partitions"] = len(assigned)
        seen.facts["seconds_since_last_batch"] = _age(consumer.last_batch_at, now)
        if not assigned and not self.young:
            seen.problem(
                "unassigned", "no partition is assigned to this replica: is the group forming, or is it one too many?"
            )
        self._stopped_partitions(seen, now)
        if raw is not None:
            self._held_back(seen, raw)
        if raw is None or not assigned or positions is None:
            return
        try:
            ends = await raw.end_offsets(list(assigned))
            # Nothing of these was ever handled. The consumer's own position does not tell: it is past a batch that
            # waits to be tried again.
            untouched = [p for p, end in ends.items() if end and (p.topic, p.partition) not in positions]
            starts = await raw.beginning_offsets(untouched) if untouched else {}
            lag: Counter[str] = Counter()
            stopped = 0
            for place, end in ends.items():
                stands = positions.get((place.topic, place.partition), starts.get(place, 0))
                if stands > end and not may_restart(self._installation.logical(place.topic)):
                    seen.problem(
                        "topic_anew",
                        f"{place.topic}/{place.partition} ends at {end}, before {stands}, which was read already: the"
                        " topic was made anew or has lost records;"
                        f" {how_to_go_on(place.topic, place.partition, settings.name)}",
                    )
                # A partition may end in markers of transactions, which no handler is told of.
                waiting = max(0, end - raw.passed_to(place, stands))
                lag[self._installation.logical(place.topic)] += waiting
                if (place.topic, place.partition) in consumer.stops.stopped:
                    stopped += waiting
        except KafkaError as error:
            seen.problem("kafka_away", f"Kafka cannot be asked how far its topics go: {reason_of(error)}")
            return
        seen.facts["lag_by_topic"] = {topic: number for topic, number in sorted(lag.items()) if number}
        self._judge_lag(seen, lag, stopped, now)

    def _stopped_partitions(self, seen: Seen, now: float) -> None:
        seen.facts["stopped_partitions"] = len(self._consumer.stops.stopped)
        for (topic, partition), stop in sorted(self._consumer.stops.stopped.items()):
            logical = self._installation.logical(topic)
            due = max(0.0, stop.until - now)
            words = f"{logical}/{partition} is stopped and is tried again in {due:.0f} s: {stop.words}"
            seen.left("consumer_stopped", words, logical, level=self._origin.level(logical), partition=partition)

    def _held_back(self, seen: Seen, raw: GuardedConsumer) -> None:
        """Records behind an open transaction, which is its writer's to end or the broker's after its own time; and
        damaged batches."""
        open_ = {
            f"{self._installation.logical(p.topic)}/{p.partition}": high - stable
            for p in raw.assignment()
            if (high := raw.highwater(p)) is not None
            and (stable := raw.last_stable_offset(p)) is not None
            and high > stable
        }
        UNCOMMITTED.set(sum(open_.values()))
        seen.facts["behind_open_transactions"] = open_
        for place, offset in sorted(raw.corrupt.items()):
            logical = self._installation.logical(place.topic)
            seen.left(
                "batch_damaged",
                f"{logical}/{place.partition} cannot be read on: the batch at offset {offset} has a wrong checksum on"
                " the broker; move the partition's leader to a replica that has it whole",
                logical, level=self._origin.level(logical), partition=place.partition,
            )  # fmt: skip

    def _judge_lag(self, seen: Seen, lag: Counter[str], stopped: int, now: float) -> None:
        """Records by topic; `stopped` of them lie in partitions that are set aside."""
        settings, last, total = self._settings, self._consumer.last_batch_at, lag.total()
        LAG.set(total)
        seen.facts["lag"] = total
        self._waiting_since = self._waiting_since or now if total > stopped else None
        if self._waiting_since is not None:
            idle = now - max(self._waiting_since, last or 0.0)
            if idle > settings.ready_batch_seconds:
                seen.problem(
                    "batch_stuck", f"{total} records wait and no batch was done for {idle:.0f} s: see the log",
                    waiting=total, oldest=round(idle, 1),
                )  # fmt: skip
        inside = sum(n for topic, n in lag.items() if not self._origin.from_outside(topic))
        if total > settings.ready_lag:
            seen.left(
                "lag", f"{total} records wait, over {settings.ready_lag}: add a replica or find what is slow", None,
                level="warning" if inside <= settings.ready_lag else "problem", waiting=total,
            )  # fmt: skip


def _age(moment: float | None, now: float) -> float | None:
    return None if moment is None else round(now - moment, 1)
