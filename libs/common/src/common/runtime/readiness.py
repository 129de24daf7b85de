"""Readiness checks: lag, age of outputs, dead letters, clock, servers, as this process sees them."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
from common.messaging.problems import Level, Problem
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

Warnings = Callable[[Database], Awaitable[Sequence[Problem]]]
"""Looks into a service's own database, and sets its gauges; what an operator should know of it."""

COUNTS = """
SELECT
    (SELECT count(*) FROM outbox) AS outbox_pending,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0)::float8 FROM outbox) AS outbox_age,
    (SELECT count(*) FROM parked) AS parked_records
"""
OPEN_LETTERS = """
SELECT topic, count(*) AS number, extract(epoch FROM clock_timestamp() - min(appended_at))::float8 AS oldest
FROM dead_letter WHERE settled IS NULL GROUP BY topic ORDER BY topic
"""
HELD_BY_TOPIC = """
SELECT topic, count(*) AS number, extract(epoch FROM clock_timestamp() - min(held_at))::float8 AS oldest
FROM outbox_held GROUP BY topic ORDER BY topic
"""
PARKED_BY_TOPIC = """
SELECT b.topic, b.number, coalesce(p.number, 0) AS records, p.oldest
FROM (SELECT topic, count(*) AS number FROM blocked_key GROUP BY topic) AS b
LEFT JOIN (
    SELECT topic, count(*) AS number, extract(epoch FROM clock_timestamp() - min(appended_at))::float8 AS oldest
    FROM parked GROUP BY topic
) AS p USING (topic)
ORDER BY b.topic
"""
HEARD = "SELECT until, extract(epoch FROM until - clock_timestamp())::float8 AS ahead FROM heard_tick"
REFUSED = "SELECT number, words FROM refused_tick WHERE refused_at > clock_timestamp() - $1::interval ORDER BY why"
POSITIONS = "SELECT topic, partition, next_offset FROM position"


class Subscribed(Protocol):
    """What reads: FastStream's subscriber."""

    consumer: GuardedConsumer | None


@dataclass
class _Seen:
    """One look, as facts and what is wrong."""

    facts: dict[str, Any] = field(default_factory=dict)
    details: list[Problem] = field(default_factory=list)
    left_over: int = 0
    """How many of the problems are work left over for an operator, with which a service starts all the same."""

    def problem(
        self, kind: str, words: str, *, waiting: int | None = None, oldest: float | None = None, left_over: bool = False
    ) -> None:
        """What makes the service unready; `oldest` in seconds."""
        self.details.append(Problem(kind, words, waiting=waiting, oldest_seconds=oldest))
        self.left_over += left_over

    def left(
        self, kind: str, words: str, topic: str | None, *, level: Level, partition: int | None = None,
        waiting: int | None = None, oldest: float | None = None,
    ) -> None:  # fmt: skip
        """Work left over for an operator; `oldest` in seconds."""
        seconds = None if oldest is None else round(max(0.0, oldest), 1)
        self.details.append(Problem(kind, words, level, topic, partition, waiting, seconds))
        self.left_over += level == "problem"

    def words(self, level: Level) -> list[str]:
        return [problem.words for problem in self.details if problem.level == level]


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
        self._database_answered = False
        """In the look that goes on, or in the last one."""
        self._unfinished: set[asyncio.Task[dict[str, Any]]] = set()

    async def look(self, within: float | None = None) -> dict[str, Any]:
        """The facts, with `problems`: sentences about what is wrong, empty when ready; `warnings`: what others brought
        and cannot make this service unready; `details`: both and notes, each with its kind and what waits; `started`:
        whether it works, whatever is left over. Sets the gauges.

        Answers `within` so many seconds: then with what was seen last and, as a problem, which server is waited for.
        """
        if within is None:
            return await self._look_once()
        looking = asyncio.ensure_future(self._look_once())
        self._unfinished.add(looking)
        looking.add_done_callback(self._unfinished.discard)
        done, _ = await asyncio.wait([looking], timeout=within)
        return looking.result() if done else self._seen_so_far(within)

    async def _look_once(self) -> dict[str, Any]:
        async with self._looking:
            if self._last.facts and time.monotonic() - self._looked < CACHE_SECONDS:
                return self._last.facts
            return await self._look()

    async def _look(self) -> dict[str, Any]:
        seen = _Seen()
        self._database_answered = False
        positions = await self._database(seen)
        self._database_answered = positions is not None
        try:
            await asyncio.wait_for(self._records(seen, positions), KAFKA_PATIENCE_SECONDS)
        except TimeoutError:
            seen.problem("kafka_away", _no_word_from_kafka(KAFKA_PATIENCE_SECONDS))
        self._outputs(seen)
        self._rules(seen)
        self._time(seen)
        problems = seen.words("problem")
        seen.facts |= {
            "problems": problems,
            "warnings": seen.words("warning"),
            "details": [problem.facts() for problem in seen.details],
            "started": len(problems) == seen.left_over,
        }
        READY.set(not problems)
        self._last, self._looked = seen, time.monotonic()
        return seen.facts

    def _seen_so_far(self, seconds: float) -> dict[str, Any]:
        if self._database_answered:
            problem = Problem("kafka_away", _no_word_from_kafka(seconds))
        else:
            problem = Problem("database_away", f"the database has not answered within {seconds:.1f} s")
        return self._last.facts | {
            "problems": [problem.words],
            "warnings": self._last.words("warning"),
            "details": [problem.facts(), *(p.facts() for p in self._last.details if p.kind != problem.kind)],
            "started": False,
        }

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
                    seen.details += await asyncio.wait_for(self._warnings(db), DATABASE_PATIENCE_SECONDS)
        except (asyncpg.PostgresError, *DATABASE_AWAY) as error:
            seen.facts["database"] = False
            DATABASE_UP.set(0)
            for gauge in (OUTBOX_PENDING, OUTBOX_AGE, OPEN_DEAD_LETTERS, PARKED_KEYS, PARKED_RECORDS):
                gauge.set(math.nan)
            seen.problem("database_away", f"the database cannot be reached: {reason_of(error)}")
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
            seen.problem(
                "outbox_old",
                f"what was decided {row['outbox_age']:.0f} s ago is not published yet: is Kafka well?",
                waiting=row["outbox_pending"], oldest=seen.facts["outbox_age"],
            )  # fmt: skip
        self._left_over(seen, letters, parked)
        self._waiting_for_topics(seen, held)
        return {(r["topic"], r["partition"]): r["next_offset"] for r in positions}

    def _left_over(self, seen: _Seen, letters: Sequence[asyncpg.Record], parked: Sequence[asyncpg.Record]) -> None:
        """Dead letters and parked keys by topic: each topic has the whole bound to itself."""
        settings = self._settings
        for topic, number, oldest in letters:
            seen.left(
                "dead_letters",
                f"{number} dead letters are open of {topic}: look with `otklik dlq list`, replay or skip them",
                topic, level=self._level(topic, number > settings.ready_dead_letters), waiting=number, oldest=oldest,
            )  # fmt: skip
        for topic, number, records, oldest in parked:
            seen.left(
                "keys_parked",
                f"{number} keys wait behind a dead letter of {topic}: replay or skip their heads",
                topic, level=self._level(topic, number > settings.ready_parked_keys), waiting=records, oldest=oldest,
            )  # fmt: skip

    def _waiting_for_topics(self, seen: _Seen, held: Sequence[asyncpg.Record]) -> None:
        """Records whose topic does not take them. They are sent by themselves when it does."""
        seen.facts["held_records"] = sum(r["number"] for r in held)
        for topic in self._held_topics - {r["topic"] for r in held}:
            OUTBOX_HELD.labels(topic).set(0)
        self._held_topics |= {r["topic"] for r in held}
        for topic, number, oldest in held:
            OUTBOX_HELD.labels(topic).set(number)
            known = self._relay.held.topics.get(topic)
            why = known.words if known is not None else "see the log of the replica whose relay has them"
            seen.left(
                "outbox_held",
                f"{number} records for {topic} wait and go out by themselves when it takes them: {why}",
                topic, level=self._level(topic), waiting=number, oldest=oldest,
            )  # fmt: skip

    def _level(self, topic: str, over: bool = True) -> Level:
        """Of work left over, by the topic it is about; `over` a bound that was set for it."""
        return "note" if not over else "warning" if self._from_outside(topic) else "problem"

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

    def _stopped_partitions(self, seen: _Seen, now: float) -> None:
        seen.facts["stopped_partitions"] = len(self._consumer.stops.stopped)
        for (topic, partition), stop in sorted(self._consumer.stops.stopped.items()):
            logical = self._installation.logical(topic)
            due = max(0.0, stop.until - now)
            words = f"{logical}/{partition} is stopped and is tried again in {due:.0f} s: {stop.words}"
            seen.left("consumer_stopped", words, logical, level=self._level(logical), partition=partition)

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
                "batch_damaged",
                f"{logical}/{place.partition} cannot be read on: the batch at offset {offset} has a wrong checksum on"
                " the broker; move the partition's leader to a replica that has it whole",
                logical, level=self._level(logical), partition=place.partition,
            )  # fmt: skip

    def _judge_lag(self, seen: _Seen, lag: Counter[str], stopped: int, now: float) -> None:
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
        inside = sum(n for topic, n in lag.items() if not self._from_outside(topic))
        if total > settings.ready_lag:
            seen.left(
                "lag", f"{total} records wait, over {settings.ready_lag}: add a replica or find what is slow", None,
                level="warning" if inside <= settings.ready_lag else "problem", waiting=total,
            )  # fmt: skip

    def _outputs(self, seen: _Seen) -> None:
        relay = self._relay
        seen.facts["relay"] = "failing" if relay.failing_since is not None else "running" if relay.alive else "ended"
        if not relay.alive:
            seen.problem("relay_ended", "the relay has ended: nothing is published; restart this service")
        if relay.failing_since is not None:
            seen.problem("relay_fails", f"the relay cannot publish: {relay.failure}")

    def _rules(self, seen: _Seen) -> None:
        if self._releases is None:
            return
        newest = self._releases.newest()
        seen.facts["releases"] = newest
        for layer, number in newest.items():
            RELEASE.labels(layer).set(number)
        if not newest and not self._young:
            seen.problem("release_missing", "no release of the rulebook is known: does the rules service run?")

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
            words = f"refused ({row['number']} of this kind so far): {row['words']}"
            seen.details.append(Problem("tick_refused", words, "warning"))
        if corrected is not None and datetime.now(UTC) - corrected.appended_at < last_tick.SHOWN:
            words = f"ticks after {corrected.until.isoformat()} were taken back: {corrected.reason}"
            seen.details.append(Problem("tick_corrected", words, "note"))
        if self._settings.time == "wall" and heard is not None:
            until, ahead = heard["until"], heard["ahead"]
            TICK_AHEAD.set(ahead)
            if ahead > 2 * self._settings.tick_skew_seconds:
                seen.problem(
                    "clock_ahead",
                    f"the last tick ends at {until.isoformat()}, {ahead:.0f} s after the database's time: deadlines"
                    " fired too early, and none fires until then; `otklik clock` says how to take it back",
                    left_over=True,
                )

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
            words = f"no tick for {silence:.0f} s: deadlines do not fire; does the clock run?"
            seen.problem("clock_silent", words, oldest=round(silence, 1))


def _no_word_from_kafka(seconds: float) -> str:
    return f"Kafka has not said within {seconds:.0f} s how far its topics go: does it run?"


def _age(moment: float | None, now: float) -> float | None:
    return None if moment is None else round(now - moment, 1)
