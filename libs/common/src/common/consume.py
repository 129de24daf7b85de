"""Batches from Kafka to a handler: nothing lost, nothing done twice.

One database transaction a batch holds the fence, the inbox, the service's state and the outbox; after it the
relay publishes, and only then are offsets committed.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import asyncpg
from pydantic import ValidationError

from common import deadletters
from common.catalogue import Installation, known_types, topic_of
from common.db import transaction
from common.deadletters import DeadLetter
from common.delivery import Delivery, Emit, Handler
from common.envelope import MOST_HEADER, EnvelopeError, from_headers, record_type
from common.events.base import Command, Event
from common.events.clock import TimePassed
from common.events.rules import ReleasePublished
from common.failures import Permanent
from common.gathering import Gathering
from common.inbox import Identity, claim, fence
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
from common.objectives import count
from common.operations import ORDERS, Operations
from common.outbox import Outbox, Row, newest_chunk
from common.relay import Expected, Relay
from common.releases import Releases
from common.retry import LONGEST_PAUSE, Backoff, may_pass
from common.signing import Verifier, proven
from common.stoplimit import Judge, StopLimit, Stopped
from common.telemetry import Tracing
from common.timeliness import ORDER_AGE, Time, Timeliness

log = logging.getLogger(__name__)

MOST_OPEN_BYTES = 262_144
"""Of a body on a topic that others write: what follows from it, several copies of it at most, fits into a record."""
DAY = timedelta(days=1)
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""JSON may write NUL so, and PostgreSQL holds it neither in text nor in jsonb."""


Kind = Literal["undecodable", "invalid", "refused", "failed"]
"""Why a record is a dead letter; see common.metric_names.DEAD_LETTERS."""


@dataclass(frozen=True, slots=True)
class _TopicFacts:
    """What matters of a topic to whoever reads it."""

    logical: str
    open_to_many: bool
    kinds: frozenset[str]
    """A record of any other type has no business here. On topics that others write it is worth a dead letter."""


@dataclass(slots=True)
class _Read:
    """One record, decoded or not."""

    record: Record
    topic: str
    key: str
    delivery: Delivery | None
    open_to_many: bool
    reason: str = ""
    kind: Kind = "undecodable"
    """Of the reason, where there is no delivery."""

    @property
    def identity(self) -> Identity:
        """By what a repeat is known. Where others write, ids are unique for a sender and topic only.

        An order that is not proven has a name of its own, so that it cannot take the place of the proven one.
        """
        assert self.delivery is not None
        envelope = self.delivery.envelope
        return (f"{self.topic} {envelope.source}" if self.open_to_many else envelope.source), envelope.id


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
        verifier: Verifier,
        time: Time,
        retry_seconds: float,
        limit: StopLimit | None = None,
        full_batch: int = 1,
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
        self._verifier = verifier
        self._timeliness = Timeliness(time)
        self._backoff = Backoff(retry_seconds)
        self._topics: dict[str, _TopicFacts] = {}
        self._judge = Judge(limit or StopLimit())
        self._gathering = Gathering(full_batch)
        allowed = set(known_types(name))
        own: set[type[Event]] = set(ORDERS)
        if releases is not None:
            own.add(ReleasePublished)
        self._types = {t.type: t for t in allowed & (set(handler.types) | own)}
        self.stopped: str | None = None
        self.last_batch_at: float | None = None
        """Monotonic."""
        self.last_tick_at: float | None = None
        """When Kafka took the last tick that was read, in seconds of Unix time."""
        self._skipped: Counter[str] = Counter()

    async def on_batch(self, records: Sequence[Record]) -> None:
        """Handle a batch; raises after a pause when it must be delivered again."""
        if self.stopped is not None:
            await self._backoff.wait(LONGEST_PAUSE)
            raise Stopped(self.stopped)
        started = time.perf_counter()
        try:
            reads = [r for r in map(self._read, records) if r is not None]
            self._judge_times(reads)
            await self._with_isolation(records, reads)
        except Stopped as error:
            self.stopped = str(error)
            CONSUMER_STOPPED.set(1)
            log.critical("the consumer stops: %s", error)
            raise
        except Exception as error:
            if not may_pass(error):
                log.exception("a batch of %d fails even one by one", len(records))
            await self._pause("passing" if may_pass(error) else "error", error)
            raise
        self._backoff.reset()
        self.last_batch_at = time.monotonic()
        LAST_BATCH_AT.set_to_current_time()
        BATCH_RECORDS.observe(len(records))
        ended = time.perf_counter()
        BATCH_SECONDS.observe(ended - started)
        pause = self._gathering.pause(len(records), started, ended)
        if pause:
            await self._backoff.wait(pause)

    def end_pauses(self) -> None:
        """The process stops: a batch that waits to be tried again is given back at once."""
        self._backoff.end()

    async def _pause(self, cause: str, error: BaseException) -> None:
        pause = self._backoff.next()
        BATCH_RETRIES.labels(cause).inc()
        log.warning("batch tried again in %.1f s: %s: %s", pause, type(error).__name__, error)
        await self._backoff.wait(pause)

    async def _with_isolation(self, records: Sequence[Record], reads: list[_Read]) -> None:
        for attempt in (1, 2):
            try:
                await self._transact(records, reads)
                return
            except Stopped:
                raise
            except Permanent:
                break
            except Exception as error:
                if may_pass(error):
                    raise
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
            except Stopped:
                raise
            except Exception as error:
                if may_pass(error):
                    raise
                log.exception("%s/%d/%d fails alone", record.topic, record.partition, record.offset)
                if read is None:
                    raise
                refused = isinstance(error, Permanent)
                why: Kind = "refused" if refused else "failed"
                dead = _Read(read.record, read.topic, read.key, None, read.open_to_many, _words(error), why)
                await self._transact([record], [dead])

    def _read(self, record: Record) -> _Read | None:
        """Decode a record; None when its type is not handled here."""
        topic = self._topic(record.topic)
        kind = record_type(record.headers)
        # Whoever may write one topic must not pass for the owner of another.
        model = self._types.get(kind) if kind in topic.kinds else None
        if model is None and kind is not None and not (topic.open_to_many and kind not in topic.kinds):
            self._skipped[kind] += 1
            if kind == TimePassed.type:
                self.last_tick_at = record.timestamp / 1000
            return None
        key = deadletters.storable((record.key or b"").decode("utf-8", "replace"))
        appended_at = deadletters.appended_at(record)
        position = (record.topic, record.partition, record.offset)
        try:
            envelope = from_headers(record.headers, position, key, appended_at, outside=topic.open_to_many)
            if model is None:
                raise EnvelopeError(f"this ce_type is not one that {topic.logical} takes")
            if record.value is None:
                raise EnvelopeError("the record has no body")
            if topic.open_to_many and len(record.value) > MOST_OPEN_BYTES:
                raise EnvelopeError(f"the body is larger than {MOST_OPEN_BYTES} bytes")
            if b"\\u0000" in record.value and ESCAPED_NUL.search(record.value):
                raise EnvelopeError("the body holds a NUL character (\\u0000); leave it out")
            event = model.model_validate_json(record.value)
            if isinstance(event, Command) and len(getattr(event, event.subject_field)) > MOST_HEADER:
                raise EnvelopeError(f"{event.subject_field} is longer than {MOST_HEADER} characters")
        except (EnvelopeError, ValidationError) as error:
            why: Kind = "invalid" if isinstance(error, ValidationError) else "undecodable"
            return _Read(record, topic.logical, key, None, topic.open_to_many, _words(error), why)
        delivery = Delivery(
            envelope, event, topic.logical, record.partition, record.offset, key, record.value, appended_at
        )
        if isinstance(event, Command):
            delivery = proven(delivery, self._verifier)
        return _Read(record, topic.logical, key, delivery, topic.open_to_many)

    def _judge_times(self, reads: Sequence[_Read]) -> None:
        """Commands from the future or expired are refused, except an operator's, who lives by the wall clock even
        in a replay."""
        for read in reads:
            if read.delivery is not None and isinstance(read.delivery.event, TimePassed):
                self._timeliness.hear(read.delivery.event)
        for read in reads:
            delivery = read.delivery
            if delivery is None or not isinstance(delivery.event, Command) or isinstance(delivery.event, ORDERS):
                continue
            given, appended_at = delivery.envelope.time, delivery.appended_at
            if appended_at is None:
                continue
            untimely = self._timeliness.untimely(given, appended_at, ORDER_AGE, DAY)
            if untimely is not None:
                # Nor may the refusal carry a time that nobody believes into what others read.
                envelope = replace(delivery.envelope, time=self._timeliness.said_at(given, appended_at))
                read.delivery = replace(delivery, refused=delivery.refused or untimely, envelope=envelope)

    def _topic(self, physical: str) -> _TopicFacts:
        """What the catalogue says of a topic, looked up once."""
        found = self._topics.get(physical)
        if found is None:
            logical = self._installation.logical(physical)
            row = topic_of(logical)
            kinds = frozenset(t.type for t in row.types)
            found = self._topics[physical] = _TopicFacts(logical, row.open_to_many, kinds)
        return found

    async def _transact(self, records: Sequence[Record], reads: Sequence[_Read]) -> None:
        expected: Expected = {}
        behind = 0
        try:
            async with transaction(self._pool) as db:
                ahead = await fence(db, records)
                passed = any(r.offset < ahead[(r.topic, r.partition)] for r in records)
                fresh = [r for r in reads if r.record.offset >= ahead[(r.record.topic, r.record.partition)]]
                ready, parked = await self._split_parked(db, fresh)
                ready = await self._new_to_inbox(db, ready)
                letters = [self._letter(r) for r in ready if r.delivery is None]
                verdict = self._judge.allow(r.delivery is None for r in ready if not r.open_to_many)
                deliveries = [r.delivery for r in ready if r.delivery is not None]
                with self._tracing.spans(deliveries) as traceparents:
                    emits = await self._handle(db, deliveries)
                    about, raw = await deadletters.keep(db, self._name, letters)
                    await deadletters.park(db, parked)
                    settled, again = await self._carry_out(db, deliveries)
                    said = [*emits, *about, *settled]
                    chunks = await self._outbox.append(db, said, traceparents, [*raw, *again])
                    expected = self._relay.expect(chunks)
                if passed:
                    behind = await newest_chunk(db)
        except BaseException:
            self._relay.forget(expected)
            raise
        self._judge.remember(verdict)
        await self._relay.published(expected)
        await self._relay.drained(behind)
        self._count(reads, ready, parked)
        count(emits, {d.envelope.id: d.appended_at for d in deliveries if d.appended_at is not None})

    def _count(self, reads: Sequence[_Read], ready: Sequence[_Read], parked: Sequence[tuple[str, str, Record]]) -> None:
        """Say in metrics what became of each record."""
        done = {id(r.record): "handled" if r.delivery is not None else "dead" for r in ready}
        done |= {id(record): "parked" for _, _, record in parked}
        totals = Counter({("skipped", kind): number for kind, number in self._skipped.items()})
        self._skipped.clear()
        for read in reads:
            kind = read.delivery.event.type if read.delivery is not None else "unknown"
            totals[(done.get(id(read.record), "repeated"), kind)] += 1
            if read.delivery is None and done.get(id(read.record)) == "dead":
                DEAD_LETTERS.labels(read.kind).inc()
            elif read.delivery is not None and isinstance(read.delivery.event, TimePassed):
                self.last_tick_at = read.record.timestamp / 1000
        for labels, number in totals.items():
            RECORDS.labels(*labels).inc(number)

    async def _handle(self, db: asyncpg.Connection, deliveries: Sequence[Delivery]) -> list[Emit]:
        mine = [d for d in deliveries if type(d.event) in self._handler.types]
        if self._releases is not None:
            await self._releases.keep(db, [d.event for d in deliveries if isinstance(d.event, ReleasePublished)])
            await self._releases.refresh(db)
        return await self._handler.handle(mine, db) if mine else []

    async def _carry_out(self, db: asyncpg.Connection, deliveries: Sequence[Delivery]) -> tuple[list[Emit], list[Row]]:
        """Orders about dead letters come last: what this batch parked is there by now, and goes on with the rest."""
        emits: list[Emit] = []
        rows: list[Row] = []
        for delivery in deliveries:
            if isinstance(delivery.event, ORDERS):
                said, ready = await self._operations.carry_out(db, delivery, self._read_again)
                emits += said
                rows += ready
        return emits, rows

    async def _read_again(self, db: asyncpg.Connection, record: Record) -> list[Emit]:
        """Handle one stored record anew, inside the caller's transaction; raises Permanent when it still fails."""
        read = self._read(record)
        if read is None:
            return []
        if read.delivery is None:
            raise Permanent(read.reason)
        if not await claim(db, [read.identity]):
            return []
        return await self._handle(db, [read.delivery])

    async def _new_to_inbox(self, db: asyncpg.Connection, reads: Sequence[_Read]) -> list[_Read]:
        """Leave out what was handled before, also earlier in this batch."""
        first: dict[Identity, _Read] = {}
        for read in reads:
            if read.delivery is not None:
                first.setdefault(read.identity, read)
        new = {id(first[identity]) for identity in await claim(db, first)}
        return [r for r in reads if r.delivery is None or id(r) in new]

    async def _split_parked(
        self, db: asyncpg.Connection, reads: Sequence[_Read]
    ) -> tuple[list[_Read], list[tuple[str, str, Record]]]:
        """What may be handled now, and what waits behind a dead letter of its key, be it of this batch or older."""
        own = {(r.topic, r.key) for r in reads if not r.open_to_many}
        blocked = await deadletters.blocked_keys(db, own)
        ready, parked = [], []
        for read in reads:
            place = (read.topic, read.key)
            if place in blocked:
                parked.append((*place, read.record))
                continue
            ready.append(read)
            if read.delivery is None and place in own:
                blocked.add(place)
        return ready, parked

    def _letter(self, read: _Read) -> DeadLetter:
        return DeadLetter(read.record, read.topic, read.key, read.reason, not read.open_to_many)


def _words(error: Exception) -> str:
    """What went wrong in one line, without the input, which may be personal: pages show it.

    A database's words repeat the values that it refused, so of those only the kind is told; the log has them all.
    """
    if isinstance(error, ValidationError):
        parts = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_input=False)]
        return "; ".join(parts[:5])
    if isinstance(error, EnvelopeError | Permanent):
        return str(error)
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        return f"{type(error).__name__} of the database: see the service's log"
    return f"{type(error).__name__}: {error}"
