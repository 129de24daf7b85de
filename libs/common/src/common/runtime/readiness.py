"""Readiness checks: lag, age of outputs, dead letters, clock, servers, as this process sees them."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg
from aiokafka.errors import KafkaError

from common.contracts.catalogue import PLACEHOLDER, Installation, known_types, role_of, topic_of
from common.contracts.events.clock import TimePassed
from common.messaging.clock import last_tick
from common.messaging.consume.consumer import BatchConsumer
from common.messaging.consume.error_text import reason_of
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.consume.standing import how_to_go_on, may_restart
from common.messaging.postgres import DATABASE_AWAY, Database
from common.messaging.produce.relay import Relay
from common.messaging.release_cache import Releases
from common.messaging.telemetry.metrics import (
    ASSIGNED,
    DATABASE_UP,
    LAG,
    OPEN_DEAD_LETTERS,
    OUTBOX_AGE,
    OUTBOX_HELD,
    OUTBOX_PENDING,
    PARKED_KEYS,
    PARKED_RECORDS,
    READY,
    RELEASE,
    TICK_AGE,
    TICK_AHEAD,
    UNCOMMITTED,
)
from common.runtime.settings import Settings

CACHE_SECONDS = 1.0
DATABASE_PATIENCE_SECONDS = 2.0
KAFKA_PATIENCE_SECONDS = 2.0
"""Together below what a probe waits: who asks is told, not kept waiting."""

Warnings = Callable[[Database], Awaitable[Sequence[str]]]
"""Looks into a service's own database, and sets its gauges; sentences for an operator."""

COUNTS = """
SELECT
    (SELECT count(*) FROM outbox) AS outbox_pending,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0)::float8 FROM outbox) AS outbox_age,
    (SELECT count(*) FROM parked) AS parked_records
"""
OPEN_LETTERS = "SELECT topic, count(*) AS number FROM dead_letter WHERE settled IS NULL GROUP BY topic ORDER BY topic"
HELD_BY_TOPIC = "SELECT topic, count(*) AS number FROM outbox_held GROUP BY topic ORDER BY topic"
PARKED_BY_TOPIC = "SELECT topic, count(*) AS number FROM blocked_key GROUP BY topic ORDER BY topic"
HEARD = "SELECT until, extract(epoch FROM until - clock_timestamp())::float8 AS ahead FROM heard_tick"
REFUSED = "SELECT number, words FROM refused_tick WHERE refused_at > clock_timestamp() - $1::interval ORDER BY why"
POSITIONS = "SELECT topic, partition, next_offset FROM position"


class Subscribed(Protocol):
    """What reads: FastStream's subscriber."""

    consumer: GuardedConsumer | None


@dataclass
class _Seen:
    """One look, as facts, problems and warnings."""

    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    left_over: int = 0
    """How many of the problems are work left over for an operator, with which a service starts all the same."""

    def left(self, words: str, *, outside: bool) -> None:
        """Work left over: a warning where it came from outside, else a problem."""
        if outside:
            self.warnings.append(words)
        else:
            self.problems.append(words)
            self.left_over += 1


class Readiness:
    """Looks at most once a second, however often it is asked."""

    def __init__(
        self,
        settings: Settings,
        installation: Installation,
        pool: asyncpg.Pool,
        subscriber: Subscribed,
        consumer: BatchConsumer,
        relay: Relay,
        releases: Releases | None,
        warnings: Warnings | None = None,
    ) -> None:
        self._settings = settings
        self._installation = installation
        self._pool = pool
        self._subscriber = subscriber
        self._consumer = consumer
        self._relay = relay
        self._releases = releases
        self._warnings = warnings
        self._one_region = role_of(settings.name) == "regional"
        self._lives_by_ticks = TimePassed in known_types(settings.name)
        self._since = time.monotonic()
        self._looking = asyncio.Lock()
        self._waiting_since: float | None = None
        self._looked = 0.0
        self._held_topics: set[str] = set()
        self._last = _Seen()

    async def look(self) -> dict[str, Any]:
        """The facts, with `problems`: sentences about what is wrong, empty when ready; `warnings`: what others brought
        and cannot make this service unready; `started`: whether it works, whatever is left over. Sets the gauges.
        """
        async with self._looking:
            if self._last.facts and time.monotonic() - self._looked < CACHE_SECONDS:
                return self._last.facts
            return await self._look()

    async def _look(self) -> dict[str, Any]:
        seen = _Seen()
        positions = await self._database(seen)
        try:
            await asyncio.wait_for(self._records(seen, positions), KAFKA_PATIENCE_SECONDS)
        except TimeoutError:
            seen.problems.append(
                f"Kafka has not said within {KAFKA_PATIENCE_SECONDS:.0f} s how far its topics go: does it run?"
            )
        self._outputs(seen)
        self._rules(seen)
        self._time(seen)
        seen.facts |= {
            "problems": seen.problems,
            "warnings": seen.warnings,
            "started": len(seen.problems) == seen.left_over,
        }
        READY.set(not seen.problems)
        self._last, self._looked = seen, time.monotonic()
        return seen.facts

    @property
    def _young(self) -> bool:
        return time.monotonic() - self._since < self._settings.ready_grace_seconds

    async def _database(self, seen: _Seen) -> dict[tuple[str, int], int] | None:
        settings = self._settings
        try:
            async with self._pool.acquire(timeout=DATABASE_PATIENCE_SECONDS) as db:
                row = await db.fetchrow(COUNTS, timeout=DATABASE_PATIENCE_SECONDS)
                positions = await db.fetch(POSITIONS, timeout=DATABASE_PATIENCE_SECONDS)
                letters = await db.fetch(OPEN_LETTERS, timeout=DATABASE_PATIENCE_SECONDS)
                parked = await db.fetch(PARKED_BY_TOPIC, timeout=DATABASE_PATIENCE_SECONDS)
                if self._lives_by_ticks:
                    await self._heard(seen, db)
                held = await db.fetch(HELD_BY_TOPIC, timeout=DATABASE_PATIENCE_SECONDS)
                if self._warnings is not None:
                    seen.warnings += await asyncio.wait_for(self._warnings(db), DATABASE_PATIENCE_SECONDS)
        except (asyncpg.PostgresError, *DATABASE_AWAY) as error:
            seen.facts["database"] = False
            DATABASE_UP.set(0)
            for gauge in (OUTBOX_PENDING, OUTBOX_AGE, OPEN_DEAD_LETTERS, PARKED_KEYS, PARKED_RECORDS):
                gauge.set(math.nan)
            seen.problems.append(f"the database cannot be reached: {reason_of(error)}")
            return None
        assert row is not None
        seen.facts |= {
            "database": True,
            **dict(row),
            "outbox_age": round(row["outbox_age"], 1),
            "open_dead_letters": sum(r["number"] for r in letters),
            "parked_keys": sum(r["number"] for r in parked),
        }
        DATABASE_UP.set(1)
        OUTBOX_PENDING.set(row["outbox_pending"])
        OUTBOX_AGE.set(row["outbox_age"])
        OPEN_DEAD_LETTERS.set(seen.facts["open_dead_letters"])
        PARKED_KEYS.set(seen.facts["parked_keys"])
        PARKED_RECORDS.set(row["parked_records"])
        if row["outbox_age"] > settings.ready_outbox_seconds:
            seen.problems.append(f"what was decided {row['outbox_age']:.0f} s ago is not published yet: is Kafka well?")
        self._left_over(seen, letters, parked)
        self._waiting_for_topics(seen, held)
        return {(r["topic"], r["partition"]): r["next_offset"] for r in positions}

    def _left_over(self, seen: _Seen, letters: Sequence[asyncpg.Record], parked: Sequence[asyncpg.Record]) -> None:
        """Dead letters and parked keys by topic: each topic has the whole bound to itself."""
        settings = self._settings
        for topic, number in letters:
            if number > settings.ready_dead_letters:
                seen.left(
                    f"{number} dead letters are open of {topic}: look with `otklik dlq list`, replay or skip them",
                    outside=self._from_outside(topic),
                )
        for topic, number in parked:
            if number > settings.ready_parked_keys:
                seen.left(
                    f"{number} keys wait behind a dead letter of {topic}: replay or skip their heads",
                    outside=self._from_outside(topic),
                )

    def _waiting_for_topics(self, seen: _Seen, held: Sequence[asyncpg.Record]) -> None:
        """Records whose topic does not take them. They are sent by themselves when it does."""
        seen.facts["held_records"] = sum(r["number"] for r in held)
        for topic in self._held_topics - {r["topic"] for r in held}:
            OUTBOX_HELD.labels(topic).set(0)
        self._held_topics |= {r["topic"] for r in held}
        for topic, number in held:
            OUTBOX_HELD.labels(topic).set(number)
            known = self._relay.held.topics.get(topic)
            why = known.words if known is not None else "see the log of the replica whose relay has them"
            seen.left(
                f"{number} records for {topic} wait and go out by themselves when it takes them: {why}",
                outside=self._from_outside(topic),
            )

    def _from_outside(self, topic: str) -> bool:
        """Whether a topic, by its logical name, is written by others than this service's own kind, or by one of many:
        what one of them brings is no reason to take the service from all.
        """
        try:
            row = topic_of(topic)
        except KeyError:
            return True
        return row.multi_writer or (PLACEHOLDER.search(row.template) is not None and not self._one_region)

    async def _records(self, seen: _Seen, positions: dict[tuple[str, int], int] | None) -> None:
        settings, consumer, raw = self._settings, self._consumer, self._subscriber.consumer
        assigned = raw.assignment() if raw is not None else frozenset()
        now = time.monotonic()
        ASSIGNED.set(len(assigned))
        seen.facts["assigned_partitions"] = len(assigned)
        seen.facts["seconds_since_last_batch"] = _age(consumer.last_batch_at, now)
        if not assigned and not self._young:
            seen.problems.append(
                "no partition is assigned to this replica: is the group forming, or is it one too many?"
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
                    seen.problems.append(
                        f"{place.topic}/{place.partition} ends at {end}, before {stands}, which was read already: the"
                        " topic was made anew or has lost records;"
                        f" {how_to_go_on(place.topic, place.partition, settings.name)}"
                    )
                # A partition may end in markers of transactions, which no handler is told of.
                waiting = max(0, end - raw.passed_to(place, stands))
                lag[self._installation.logical(place.topic)] += waiting
                if (place.topic, place.partition) in consumer.stops.stopped:
                    stopped += waiting
        except KafkaError as error:
            seen.problems.append(f"Kafka cannot be asked how far its topics go: {reason_of(error)}")
            return
        self._judge_lag(seen, lag, stopped, now)

    def _stopped_partitions(self, seen: _Seen, now: float) -> None:
        seen.facts["stopped_partitions"] = len(self._consumer.stops.stopped)
        for (topic, partition), stop in sorted(self._consumer.stops.stopped.items()):
            logical = self._installation.logical(topic)
            due = max(0.0, stop.until - now)
            words = f"{logical}/{partition} is stopped and is tried again in {due:.0f} s: {stop.words}"
            seen.left(words, outside=self._from_outside(logical))

    def _held_back(self, seen: _Seen, raw: GuardedConsumer) -> None:
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
                f"{logical}/{place.partition} cannot be read on: the batch at offset {offset} has a wrong checksum on"
                " the broker; move the partition's leader to a replica that has it whole",
                outside=self._from_outside(logical),
            )

    def _judge_lag(self, seen: _Seen, lag: Counter[str], stopped: int, now: float) -> None:
        """Records by topic; `stopped` of them lie in partitions that are set aside."""
        settings, last, total = self._settings, self._consumer.last_batch_at, lag.total()
        LAG.set(total)
        seen.facts["lag"] = total
        self._waiting_since = self._waiting_since or now if total > stopped else None
        if self._waiting_since is not None:
            idle = now - max(self._waiting_since, last or 0.0)
            if idle > settings.ready_batch_seconds:
                seen.problems.append(f"{total} records wait and no batch was done for {idle:.0f} s: see the log")
        inside = sum(n for topic, n in lag.items() if not self._from_outside(topic))
        if total > settings.ready_lag:
            seen.left(
                f"{total} records wait, over {settings.ready_lag}: add a replica or find what is slow",
                outside=inside <= settings.ready_lag,
            )

    def _outputs(self, seen: _Seen) -> None:
        relay = self._relay
        seen.facts["relay"] = "failing" if relay.failing_since is not None else "running" if relay.alive else "ended"
        if not relay.alive:
            seen.problems.append("the relay has ended: nothing is published; restart this service")
        if relay.failing_since is not None:
            seen.problems.append(f"the relay cannot publish: {relay.failure}")

    def _rules(self, seen: _Seen) -> None:
        if self._releases is None:
            return
        newest = self._releases.newest()
        seen.facts["releases"] = newest
        for layer, number in newest.items():
            RELEASE.labels(layer).set(number)
        if not newest and not self._young:
            seen.problems.append("no release of the rulebook is known: does the rules service run?")

    async def _heard(self, seen: _Seen, db: Database) -> None:
        """The time that was heard, and what was not believed."""
        heard = await db.fetchrow(HEARD, timeout=DATABASE_PATIENCE_SECONDS)
        corrected = await last_tick.correction(db)
        seen.facts |= {
            "last_tick": None if heard is None else heard["until"].isoformat(),
            "time_corrected": None
            if corrected is None
            else {
                "until": corrected.until.isoformat(),
                "wrong_until": corrected.wrong_until.isoformat(),
                "appended_at": corrected.appended_at.isoformat(),
                "reason": corrected.reason,
                "actor": corrected.actor,
            },
        }
        for row in await db.fetch(REFUSED, last_tick.SHOWN, timeout=DATABASE_PATIENCE_SECONDS):
            seen.warnings.append(f"refused ({row['number']} of this kind so far): {row['words']}")
        if self._settings.time == "wall" and heard is not None:
            until, ahead = heard["until"], heard["ahead"]
            TICK_AHEAD.set(ahead)
            if ahead > 2 * self._settings.tick_skew_seconds:
                seen.problems.append(
                    f"the last tick ends at {until.isoformat()}, {ahead:.0f} s after the database's time: deadlines"
                    " fired too early, and none fires until then; `otklik clock` says how to take it back"
                )
                seen.left_over += 1

    def _time(self, seen: _Seen) -> None:
        at = self._consumer.last_tick_at
        age = None if at is None else max(0.0, time.time() - at)
        seen.facts["tick_age"] = None if age is None else round(age, 1)
        if age is not None:
            TICK_AGE.set(age)
        if self._settings.time != "wall" or not self._lives_by_ticks:
            return
        silence = age if age is not None else time.monotonic() - self._since
        if silence > self._settings.ready_tick_seconds:
            seen.problems.append(f"no tick for {silence:.0f} s: deadlines do not fire; does the clock run?")


def _age(moment: float | None, now: float) -> float | None:
    return None if moment is None else round(now - moment, 1)
