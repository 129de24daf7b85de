"""Batches from Kafka to a handler: nothing lost, nothing done twice.

One database transaction a batch holds the fence, the inbox, the service's state and the outbox; after it the
relay publishes, and only then are offsets committed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from common import deadletters
from common.catalogue import Installation, known_types, topic_of
from common.db import DATABASE_AWAY, transaction
from common.deadletters import DeadLetter
from common.delivery import Delivery, Emit, Handler
from common.envelope import EnvelopeError, from_headers, record_type
from common.events.base import Event
from common.events.operations import RecordDisclosure, ReplayDeadLetter, SkipDeadLetter
from common.events.rules import ReleasePublished
from common.failures import Passing, Permanent
from common.kafka import Record
from common.metric_names import (
    BATCH_RECORDS,
    BATCH_RETRIES,
    BATCH_SECONDS,
    CONSUMER_STOPPED,
    DEAD_LETTERS,
    LAST_BATCH_AT,
    RECORDS,
)
from common.operations import Operations
from common.outbox import Outbox
from common.relay import Expected, Relay
from common.releases import Releases
from common.telemetry import Tracing

log = logging.getLogger(__name__)

PASSING = (Passing, KafkaError, *DATABASE_AWAY)
LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class StopLimit:
    """When so much goes to dead letters that something else is wrong: stop instead of pouring it all in."""

    run: int = 100
    """This many dead letters in a row of records that our own services wrote."""
    ratio: float = 0.5
    window: int = 400
    """Or more than `ratio` of the last `window` such records."""


class Stopped(Exception):
    """The stop limit was reached; an operator must look and restart."""


@dataclass(frozen=True, slots=True)
class _Read:
    """One record, decoded or not."""

    record: Record
    topic: str
    key: str
    delivery: Delivery | None
    reason: str = ""


class BatchConsumer:
    """What FastStream's subscriber calls with each batch; returns when offsets may be committed."""

    def __init__(
        self,
        name: str,
        installation: Installation,
        pool: asyncpg.Pool,
        handler: Handler,
        outbox: Outbox,
        relay: Relay,
        tracing: Tracing,
        releases: Releases | None,
        operations: Operations,
        retry_seconds: float,
        limit: StopLimit | None = None,
    ) -> None:
        self._name = name
        self._installation = installation
        self._pool = pool
        self._handler = handler
        self._outbox = outbox
        self._relay = relay
        self._tracing = tracing
        self._releases = releases
        self._operations = operations
        self._retry_seconds = retry_seconds
        self._limit = limit or StopLimit()
        self._recent: deque[bool] = deque(maxlen=self._limit.window)
        self._failures = 0
        allowed = set(known_types(name))
        own: set[type[Event]] = {ReplayDeadLetter, SkipDeadLetter, RecordDisclosure}
        if releases is not None:
            own.add(ReleasePublished)
        self._types = {t.type: t for t in allowed & (set(handler.types) | own)}
        self.stopped: str | None = None
        self.last_batch_at: float | None = None

    async def on_batch(self, records: Sequence[Record]) -> None:
        """Handle a batch; raises after a pause when it must be delivered again."""
        if self.stopped is not None:
            await asyncio.sleep(LONGEST_PAUSE)
            raise Stopped(self.stopped)
        started = time.perf_counter()
        try:
            reads = [r for r in map(self._read, records) if r is not None]
            await self._with_isolation(records, reads)
        except Stopped as error:
            self.stopped = str(error)
            CONSUMER_STOPPED.set(1)
            log.critical("the consumer stops: %s", error)
            raise
        except PASSING as error:
            await self._pause("passing", error)
            raise
        self._failures = 0
        self.last_batch_at = time.monotonic()
        LAST_BATCH_AT.set_to_current_time()
        BATCH_RECORDS.observe(len(records))
        BATCH_SECONDS.observe(time.perf_counter() - started)

    async def _pause(self, cause: str, error: BaseException) -> None:
        pause = min(LONGEST_PAUSE, self._retry_seconds * 2**self._failures)
        self._failures += 1
        BATCH_RETRIES.labels(cause).inc()
        log.warning("batch tried again in %.1f s: %s: %s", pause, type(error).__name__, error)
        await asyncio.sleep(pause)

    async def _with_isolation(self, records: Sequence[Record], reads: list[_Read]) -> None:
        for attempt in (1, 2):
            try:
                await self._transact(records, reads)
                return
            except (*PASSING, Stopped):
                raise
            except Permanent:
                break
            except Exception as error:
                log.exception("batch of %d failed, attempt %d", len(records), attempt)
                if attempt == 1:
                    await self._pause("error", error)
        await self._one_by_one(records, reads)

    async def _one_by_one(self, records: Sequence[Record], reads: list[_Read]) -> None:
        by_place = {(r.record.topic, r.record.partition, r.record.offset): r for r in reads}
        for record in records:
            read = by_place.get((record.topic, record.partition, record.offset))
            try:
                await self._transact([record], [read] if read else [])
            except PASSING:
                raise
            except Exception as error:
                log.exception("%s/%d/%d fails alone", record.topic, record.partition, record.offset)
                if read is None:
                    raise
                reason = str(error) if isinstance(error, Permanent) else f"{type(error).__name__}: {error}"
                await self._transact([record], [_Read(read.record, read.topic, read.key, None, reason)])

    def _read(self, record: Record) -> _Read | None:
        """Decode a record; None when its type is not handled here."""
        kind = record_type(record.headers)
        topic = self._installation.logical(record.topic)
        key = (record.key or b"").decode("utf-8", "replace")
        model = self._types.get(kind) if kind is not None else None
        if model is None and kind is not None and not self._is_unknown_inbound(topic, kind):
            RECORDS.labels("skipped").inc()
            return None
        appended_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        position = f"{record.topic}/{record.partition}/{record.offset}"
        try:
            envelope = from_headers(record.headers, position, key, appended_at)
            if model is None:
                raise EnvelopeError(f"ce_type {kind!r} is not one that {topic} takes")
            if record.value is None:
                raise EnvelopeError("the record has no body")
            event = model.model_validate_json(record.value)
        except (EnvelopeError, ValidationError) as error:
            return _Read(record, topic, key, None, _words(error))
        delivery = Delivery(envelope, event, topic, record.partition, record.offset, key, record.value, appended_at)
        return _Read(record, topic, key, delivery)

    def _is_unknown_inbound(self, topic: str, kind: str) -> bool:
        """On topics that others write, a type the catalogue does not name is a mistake worth a dead letter."""
        row = topic_of(topic)
        return row.open_to_many and kind not in {t.type for t in row.types}

    async def _transact(self, records: Sequence[Record], reads: Sequence[_Read]) -> None:
        expected: Expected = {}
        handled = dead = parked_count = 0
        try:
            async with transaction(self._pool) as db:
                ahead = await self._fence(db, records)
                fresh = [r for r in reads if r.record.offset >= ahead[(r.record.topic, r.record.partition)]]
                fresh = await self._new_to_inbox(db, fresh)
                ready, parked = await self._split_parked(db, fresh)
                letters = [self._letter(r) for r in ready if r.delivery is None]
                deliveries = [r.delivery for r in ready if r.delivery is not None]
                with self._tracing.spans(deliveries) as traceparents:
                    emits = await self._handle(db, deliveries)
                    about, raw = await deadletters.keep(db, self._name, letters)
                    await deadletters.park(db, parked)
                    ids = await self._outbox.append(db, [*emits, *about], traceparents, raw)
                    expected = self._relay.expect(ids)
                handled, dead, parked_count = len(deliveries), len(letters), len(parked)
                self._judge([r for r in ready if not topic_of(r.topic).open_to_many])
        except BaseException:
            self._relay.forget(expected)
            raise
        await self._relay.published(expected)
        RECORDS.labels("handled").inc(handled)
        RECORDS.labels("repeated").inc(len(reads) - handled - dead - parked_count)
        RECORDS.labels("dead").inc(dead)
        RECORDS.labels("parked").inc(parked_count)
        DEAD_LETTERS.inc(dead)

    async def _handle(self, db: asyncpg.Connection, deliveries: list[Delivery]) -> list[Emit]:
        emits: list[Emit] = []
        mine: list[Delivery] = []
        published: list[ReleasePublished] = []
        for delivery in deliveries:
            if isinstance(delivery.event, ReleasePublished) and self._releases is not None:
                published.append(delivery.event)
            if isinstance(delivery.event, ReplayDeadLetter | SkipDeadLetter | RecordDisclosure):
                emits.extend(await self._operations.carry_out(db, delivery, self._read_again))
            elif type(delivery.event) in self._handler.types:
                mine.append(delivery)
        if self._releases is not None:
            await self._releases.keep(db, published)
            await self._releases.refresh(db)
        if mine:
            emits.extend(await self._handler.handle(mine, db))
        return emits

    async def _read_again(self, db: asyncpg.Connection, record: Record) -> list[Emit]:
        """Handle one stored record anew, inside the caller's transaction; raises Permanent when it still fails."""
        read = self._read(record)
        if read is None:
            return []
        if read.delivery is None:
            raise Permanent(read.reason)
        return await self._handler.handle([read.delivery], db)

    async def _fence(self, db: asyncpg.Connection, records: Sequence[Record]) -> dict[tuple[str, int], int]:
        """Lock this batch's partitions and move them past it; returns where each stood before."""
        ends: dict[tuple[str, int], int] = {}
        for record in records:
            ends[(record.topic, record.partition)] = record.offset + 1
        places = sorted(ends)
        topics, partitions = [t for t, _ in places], [p for _, p in places]
        await db.execute(
            "INSERT INTO position (topic, partition, next_offset)"
            " SELECT t, p, 0 FROM unnest($1::text[], $2::int[]) AS r(t, p) ON CONFLICT DO NOTHING",
            topics,
            partitions,
        )
        rows = await db.fetch(
            "SELECT topic, partition, next_offset FROM position WHERE (topic, partition) IN"
            " (SELECT * FROM unnest($1::text[], $2::int[])) ORDER BY topic, partition FOR UPDATE",
            topics,
            partitions,
        )
        await db.execute(
            "UPDATE position AS p SET next_offset = GREATEST(p.next_offset, r.o)"
            " FROM unnest($1::text[], $2::int[], $3::bigint[]) AS r(t, p, o) WHERE p.topic = r.t AND p.partition = r.p",
            topics,
            partitions,
            [ends[place] for place in places],
        )
        return {(r["topic"], r["partition"]): r["next_offset"] for r in rows}

    async def _new_to_inbox(self, db: asyncpg.Connection, reads: Sequence[_Read]) -> list[_Read]:
        first: dict[tuple[str, str], _Read] = {}
        for read in reads:
            if read.delivery is not None:
                first.setdefault((read.delivery.envelope.source, read.delivery.envelope.id), read)
        if not first:
            return list(reads)
        rows = await db.fetch(
            "INSERT INTO inbox (source, id) SELECT * FROM unnest($1::text[], $2::text[])"
            " ON CONFLICT DO NOTHING RETURNING source, id",
            [source for source, _ in first],
            [event_id for _, event_id in first],
        )
        new = {id(first[(r["source"], r["id"])]) for r in rows}
        return [r for r in reads if r.delivery is None or id(r) in new]

    async def _split_parked(
        self, db: asyncpg.Connection, reads: Sequence[_Read]
    ) -> tuple[list[_Read], list[tuple[str, str, Record]]]:
        places = {(r.topic, r.key) for r in reads if not topic_of(r.topic).open_to_many}
        blocked = await deadletters.parked_keys(db, places) if places else set()
        blocked |= {(r.topic, r.key) for r in reads if r.delivery is None and not topic_of(r.topic).open_to_many}
        ready, parked = [], []
        heads = set()
        for read in reads:
            place = (read.topic, read.key)
            if read.delivery is None and place in blocked and place not in heads:
                heads.add(place)
                ready.append(read)
            elif place in blocked and (place in heads or read.delivery is not None):
                parked.append((*place, read.record))
            else:
                ready.append(read)
        return ready, parked

    def _letter(self, read: _Read) -> DeadLetter:
        return DeadLetter(read.record, read.topic, read.key, read.reason, not topic_of(read.topic).open_to_many)

    def _judge(self, reads: Sequence[_Read]) -> None:
        for read in reads:
            self._recent.append(read.delivery is None)
        run = 0
        for failed in reversed(self._recent):
            if not failed:
                break
            run += 1
        share = sum(self._recent) / len(self._recent) if self._recent else 0.0
        if run >= self._limit.run or (len(self._recent) == self._limit.window and share > self._limit.ratio):
            raise Stopped(
                f"{run} dead letters in a row, {share:.0%} of the last {len(self._recent)} records of our own services;"
                " nothing was committed: look at the reasons in the log, mend the cause, restart"
            )


def _words(error: Exception) -> str:
    """A validation error in one line without the input, which may be personal."""
    if isinstance(error, ValidationError):
        parts = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_input=False)]
        return "; ".join(parts[:5])
    return str(error)
