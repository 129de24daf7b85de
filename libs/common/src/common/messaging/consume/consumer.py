"""Batches from Kafka to a handler: nothing lost, nothing done twice.

One database transaction a batch holds the fence, the inbox, the service's state and the outbox; after it the
relay publishes, and only then are offsets committed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import asyncpg

from common.contracts.catalogue import known_types
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.base import Command, Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.operations import DeadLetterRecorded
from common.contracts.events.rules import ReleasePublished
from common.messaging.clock import last_tick
from common.messaging.clock.tick_bounds import Wrong
from common.messaging.consume import dead_letters
from common.messaging.consume.batch_pacing import BatchPacing
from common.messaging.consume.consumer_parts import Belief, ConsumingService, Output, Pace
from common.messaging.consume.dead_letter_commands import ORDERS
from common.messaging.consume.dead_letter_limit import Stopped, Stops
from common.messaging.consume.dead_letters import DeadLetter
from common.messaging.consume.decode import Kind, Read, Reader
from common.messaging.consume.error_text import reason_of
from common.messaging.consume.handler import AnswersSenders, KnowsKeys
from common.messaging.consume.inbox import (
    FromBroker,
    Identity,
    Misplaced,
    Place,
    body_digest,
    claim,
    fence,
    first_digests,
)
from common.messaging.consume.isolation import handle_apart
from common.messaging.consume.known_keys import KeyFilter
from common.messaging.consume.standing import Standing
from common.messaging.consume.time_bounds import ORDER_AGE, Timeliness
from common.messaging.failures import Forged, PermanentError
from common.messaging.kafka import Record
from common.messaging.postgres import transaction
from common.messaging.produce.outbox import OutboxRow, newest_chunk
from common.messaging.produce.relay import Expected
from common.messaging.retry import Backoff, may_pass, of_a_record
from common.messaging.telemetry.metrics import (
    BATCH_RECORDS,
    BATCH_RETRIES,
    BATCH_SECONDS,
    CONSUMER_STOPPED,
    DEAD_LETTERS,
    LAST_BATCH_AT,
    RECORDS,
    TICKS_REFUSED,
)
from common.messaging.telemetry.objective_counters import count
from common.messaging.telemetry.spans import SpanError
from common.messaging.telemetry.tracing import BatchTrace, Tracing

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
READ_AT_ONCE = 100
"""Records that are decoded before whoever asks for a page has a turn: some 10 ms."""
REPEATED = "this ce_id was used before, for another body; the first one stands: give each record an id of its own"


class BatchConsumer:
    """What FastStream's subscriber calls with each batch; returns when offsets may be committed, except those of the
    records that it gives back because their partition is stopped.
    """

    def __init__(self, service: ConsumingService, belief: Belief, output: Output, pace: Pace, tracing: Tracing) -> None:
        self._inbox_key = service.inbox_key
        self._name = service.name
        self._installation = service.installation
        self._pool = service.pool
        self._handler = service.handler
        self._answers = service.handler if isinstance(service.handler, AnswersSenders) else None
        self._releases = service.releases
        self._operations = service.operations
        self._outbox = output.outbox
        self._relay = output.relay
        self._tracing = tracing
        self._timeliness = Timeliness(belief.time)
        self._bounds = belief.ticks
        self._backoff = Backoff(pace.retry_seconds)
        self.stops = Stops(pace.stop_limit)
        self._share = pace.share
        self._pacing = BatchPacing(pace.full_batch, patient=pace.patient)
        wanted = _wanted(service)
        self._reader = Reader(service.installation, wanted, belief.verifier, tracing.sample, belief.mandates)
        self._filter = (
            KeyFilter(service.handler, self._reader, service.pool) if isinstance(service.handler, KnowsKeys) else None
        )
        self.standing = Standing(service.name, service.installation)
        self._broker = FromBroker()
        self._waiting: set[Place] = set()
        self.last_batch_at: float | None = None
        """Monotonic."""
        self.last_tick_at: float | None = None
        """When Kafka took the last tick that was handled, in seconds of Unix time."""

    async def on_batch(self, records: Sequence[Record]) -> list[Record]:
        """Handle a batch; raises after a pause when it must be delivered again.

        Returns the records that were not handled since their partitions are stopped, see `stops`: they must be
        delivered again, and their offsets not be committed.
        """
        started = time.perf_counter()
        records, left = self.stops.admit(records, time.monotonic())
        try:
            left += await self._without_stopped(records)
        except Exception as error:
            if not may_pass(error):
                log.exception("a batch of %d fails even one by one", len(records))
            if self._share is not None:
                self._share.done(time.perf_counter() - started)
            await self._pause("passing" if may_pass(error) else "error", error)
            raise
        self._backoff.reset()
        self.last_batch_at = time.monotonic()
        LAST_BATCH_AT.set_to_current_time()
        BATCH_RECORDS.observe(len(records))
        ended = time.perf_counter()
        BATCH_SECONDS.observe(ended - started)
        pause = self._pacing.pause(len(records), started, ended)
        if self._share is not None:
            self._share.done(ended - started)
            pause = 0.0 if self._share.more else pause
        if pause:
            await self._backoff.wait(pause)
        return left

    async def _without_stopped(self, records: Sequence[Record]) -> list[Record]:
        """Handle a batch; returns its records of partitions that stopped in it. The others are not held up by them."""
        left: list[Record] = []
        before = set(self.stops.stopped)
        self._broker = self.standing.known()
        while records:
            reads = await self._read(records)
            try:
                await self._with_isolation(records, reads)
                self._let_go(records)
                break
            except Misplaced as error:
                self._broker, elsewhere, waiting = await self.standing.resolve(error, records, self._broker)
                for place, words in waiting.items():
                    self._set_aside(Stopped(place, words))
                    left += [r for r in records if (r.topic, r.partition) == place]
                self._waiting |= waiting.keys()
                records = [r for r in records if (r.topic, r.partition) not in elsewhere | waiting.keys()]
            except Stopped as error:
                self._set_aside(error)
                left += [r for r in records if (r.topic, r.partition) == error.place]
                records = [r for r in records if (r.topic, r.partition) != error.place]
        for topic, partition in before - set(self.stops.stopped):
            CONSUMER_STOPPED.labels(self._installation.logical(topic)).dec()
            log.warning("%s/%d goes on", topic, partition)
        return left

    async def _read(self, records: Sequence[Record]) -> list[Read]:
        if self._filter is not None:
            return await self._filter.read(records)
        found: list[Read] = []
        for at in range(0, len(records), READ_AT_ONCE):
            found += [r for r in map(self._reader.read, records[at : at + READ_AT_ONCE]) if r is not None]
            await asyncio.sleep(0)
        return found

    def _set_aside(self, error: Stopped) -> None:
        if error.place not in self.stops.stopped:
            CONSUMER_STOPPED.labels(self._installation.logical(error.place[0])).inc()
        stop = self.stops.stop(error.place, error.words, time.monotonic())
        log.critical("the partition stops and is tried again in %.0f s: %s", stop.pause_seconds, error)

    def _let_go(self, records: Sequence[Record]) -> None:
        """These partitions are where they should be: those that waited for an operator go on."""
        for place in self._waiting & {(r.topic, r.partition) for r in records} if self._waiting else ():
            self._waiting.discard(place)
            self.stops.go_on(place)

    def end_pauses(self) -> None:
        """The process stops: a batch that waits to be tried again is given back at once."""
        self._backoff.end()

    async def _pause(self, cause: str, error: BaseException) -> None:
        pause = self._backoff.next()
        BATCH_RETRIES.labels(cause).inc()
        log.warning("batch tried again in %.1f s: %s", pause, error)
        await self._backoff.wait(pause)

    async def _with_isolation(self, records: Sequence[Record], reads: list[Read]) -> None:
        for attempt in (1, 2):
            try:
                await self._transact(records, reads)
                return
            except (Stopped, Misplaced):
                raise
            except Exception as error:
                if may_pass(error):
                    raise
                if of_a_record(error):
                    break
                log.exception("batch of %d failed, attempt %d", len(records), attempt)
                if attempt == 1:
                    await self._pause("error", error)
        by_place = {(r.record.topic, r.record.partition, r.record.offset): r for r in reads}

        def of(some: Sequence[Record]) -> list[Read]:
            found = (by_place.get((r.topic, r.partition, r.offset)) for r in some)
            return [read for read in found if read is not None]

        async def attempt_some(some: Sequence[Record]) -> Exception | None:
            try:
                await self._transact(some, of(some))
            except (Stopped, Misplaced):
                raise
            except Exception as error:
                if may_pass(error):
                    raise
                return error
            return None

        async def give_up(record: Record, error: Exception) -> None:
            log.error("%s/%d/%d fails alone", record.topic, record.partition, record.offset, exc_info=error)
            found = of([record])
            if not found:
                raise error
            why: Kind = "failed"
            if isinstance(error, PermanentError):
                why = "forged" if isinstance(error, Forged) else "refused"
            await self._transact([record], [found[0].dead(why, reason_of(error))])

        await handle_apart(records, attempt_some, give_up)

    async def _hear_time(
        self, db: asyncpg.Connection, deliveries: list[Delivery]
    ) -> tuple[list[Delivery], list[tuple[Delivery, Wrong]]]:
        """Without the ticks that are not believed, and these. What is believed is remembered for every replica: only
        one of them reads the clock."""
        if not any(isinstance(d.event, TimePassed | TimeCorrected) for d in deliveries):
            return deliveries, []
        return await last_tick.hear(db, deliveries, self._bounds)

    async def _judge_times(self, db: asyncpg.Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Commands from the future or expired are refused, except an operator's, who lives by the wall clock even
        in a replay."""
        if self._timeliness.by_ticks and any(map(_judged_by_time, deliveries)):
            tick = await last_tick.latest(db)
            if tick is not None:
                self._timeliness.hear(tick)
        return [self._judged(d) if _judged_by_time(d) else d for d in deliveries]

    def _judged(self, delivery: Delivery) -> Delivery:
        given, appended_at = delivery.envelope.time, delivery.appended_at
        assert appended_at is not None
        untimely = self._timeliness.untimely(given, appended_at, ORDER_AGE, DAY)
        if untimely is None:
            return delivery
        # Nor may the refusal carry a time that nobody believes into what others read.
        envelope = replace(delivery.envelope, time=self._timeliness.said_at(given, appended_at))
        return replace(delivery, refused=delivery.refused or untimely, envelope=envelope)

    async def _transact(self, records: Sequence[Record], reads: Sequence[Read]) -> None:
        expected: Expected = {}
        behind = 0
        trace = self._tracing.batch(len(records))
        try:
            async with transaction(self._pool) as db:
                ahead = await fence(db, records, self._broker)
                passed = any(r.offset < ahead[(r.topic, r.partition)] for r in records)
                if passed:
                    await self.standing.check_ends(records, ahead)
                fresh = [r for r in reads if r.record.offset >= ahead[(r.record.topic, r.record.partition)]]
                ready, parked = await self._split_parked(db, fresh)
                ready, clashing = await self._new_to_inbox(db, ready)
                letters = [self._letter(r) for r in ready if r.delivery is None]
                verdict = self.stops.allow(
                    ((r.record.topic, r.record.partition), r.delivery is None) for r in ready if r.parks
                )
                deliveries = [r.delivery for r in ready if r.delivery is not None]
                deliveries, wrong = await self._hear_time(db, deliveries)
                deliveries = await self._judge_times(db, deliveries)
                deliveries = await trace.begin(db, deliveries)
                emits = await self._handle(db, deliveries)
                if self._answers is not None:
                    emits = [
                        *emits,
                        *self._answers.rejected([*(r for r in ready if r.delivery is None), *clashing]),
                    ]
                about, raw = await self._operations.letters.keep(db, letters)
                await dead_letters.park(db, parked)
                settled, again = await self._carry_out(db, deliveries)
                emits = await trace.follow(db, emits)
                said = [*emits, *about, *settled]
                chunks = await self._outbox.append(db, said, [*raw, *again], trace.created)
                await trace.keep(db)
                expected = self._relay.expect(chunks)
                if passed:
                    behind = await newest_chunk(db)
        except BaseException as error:
            self._relay.forget(expected)
            if isinstance(error, Exception) and not isinstance(error, Stopped | Misplaced):
                contexts = [(r.record, r.traceparent) for r in reads]
                self._tracing.failed(records, contexts, SpanError(type(error).__name__, reason_of(error)))
            raise
        trace.committed()
        self.stops.remember(verdict, time.monotonic())
        if self._broker.restarted:
            self._broker = replace(self._broker, restarted=frozenset(self._broker.restarted - ahead.keys()))
        await self._relay.published(expected)
        await self._relay.drained(behind)
        self._tell(trace, [*about, *settled], ready)
        for delivery, tick in wrong:
            trace.refused_here(delivery, tick.why)
        trace.refused(said, deliveries)
        trace.done()
        self._count(reads, ready, parked, wrong)
        count(emits, {d.envelope.id: d.appended_at for d in deliveries if d.appended_at is not None})

    def _tell(self, trace: BatchTrace, said: Sequence[Emit], ready: Sequence[Read]) -> None:
        """One line of the log and one span with an error for each dead letter."""
        kept = [e.event for e in said if isinstance(e.event, DeadLetterRecorded)]
        if not kept:
            return
        letters = {
            self._letter(r).id_in(self._name): (r.kind, r.traceparent, r.caller_span)
            for r in ready
            if r.delivery is None
        }
        for event in kept:
            traceparent = trace.dead(event, letters)
            log.error(
                "dead letter %s: %s/%d/%d: %s", event.dead_letter_id, event.topic, event.partition, event.offset,
                event.reason, extra={"traceparent": traceparent},
            )  # fmt: skip

    def _count(
        self,
        reads: Sequence[Read],
        ready: Sequence[Read],
        parked: Sequence[tuple[str, str, Record]],
        wrong: Sequence[tuple[Delivery, Wrong]],
    ) -> None:
        """Say in metrics what became of each record."""
        for _, one in wrong:
            TICKS_REFUSED.labels(one.why).inc()
        not_believed = {id(delivery) for delivery, _ in wrong}
        done = {id(r.record): "handled" if r.delivery is not None else "dead" for r in ready}
        done |= {id(record): "parked" for _, _, record in parked}
        if not_believed:
            done |= {id(r.record): "refused" for r in ready if id(r.delivery) in not_believed}
        totals = Counter({("skipped", kind): number for kind, number in self._reader.skipped.items()})
        self._reader.skipped.clear()
        for read in reads:
            kind = read.delivery.event.type if read.delivery is not None else "unknown"
            totals[(done.get(id(read.record), "repeated"), kind)] += 1
            if read.delivery is None and done.get(id(read.record)) == "dead":
                DEAD_LETTERS.labels(read.kind).inc()
            elif (
                read.delivery is not None
                and isinstance(read.delivery.event, TimePassed)
                and id(read.delivery) not in not_believed
            ):
                self.last_tick_at = read.record.timestamp / 1000
        for labels, number in totals.items():
            RECORDS.labels(*labels).inc(number)

    async def _handle(self, db: asyncpg.Connection, deliveries: Sequence[Delivery]) -> list[Emit]:
        if not deliveries:
            return []
        mine = [d for d in deliveries if type(d.event) in self._handler.types]
        if self._releases is not None:
            await self._releases.keep(db, [d.event for d in deliveries if isinstance(d.event, ReleasePublished)])
            await self._releases.refresh(db)
        return await self._handler.handle(mine, db) if mine else []

    async def _carry_out(
        self, db: asyncpg.Connection, deliveries: Sequence[Delivery]
    ) -> tuple[list[Emit], list[OutboxRow]]:
        """Orders about dead letters come last: what this batch parked is there by now, and goes on with the rest."""
        emits: list[Emit] = []
        rows: list[OutboxRow] = []
        for delivery in deliveries:
            if isinstance(delivery.event, ORDERS):
                said, ready = await self._operations.carry_out(db, delivery, self._read_again)
                emits += said
                rows += ready
        return emits, rows

    async def _read_again(self, db: asyncpg.Connection, record: Record) -> list[Emit]:
        """Handle one stored record anew, inside the caller's transaction; raises PermanentError when it still fails."""
        read = self._reader.read(record)
        if read is None:
            return []
        if read.delivery is None:
            raise PermanentError(read.reason)
        if not await claim(db, [read.identity], key=self._inbox_key):
            return []
        deliveries, wrong = await self._hear_time(db, [read.delivery])
        if wrong:
            raise PermanentError(wrong[0][1].words)
        return await self._handle(db, deliveries)

    async def _new_to_inbox(self, db: asyncpg.Connection, reads: Sequence[Read]) -> tuple[list[Read], list[Read]]:
        """Leave out what was handled before, also earlier in this batch; returns besides, for a handler that answers
        senders, what came with an id that was used for another body."""
        first: dict[Identity, Read] = {}
        for read in reads:
            if read.delivery is not None:
                first.setdefault(read.identity, read)
        digests, key = None, self._inbox_key
        if self._answers is not None:
            digests = {i: body_digest(r.record.value or b"", key) for i, r in first.items() if r.multi_writer}
        new = {id(first[identity]) for identity in await claim(db, first, digests, key)}
        ready = [r for r in reads if r.delivery is None or id(r) in new]
        if digests is None or len(ready) == len(reads):
            return ready, []
        repeated = [(r.identity, r) for r in reads if r.delivery is not None and id(r) not in new and r.multi_writer]
        known = await first_digests(db, {identity for identity, _ in repeated}, key)
        return ready, [
            read.dead("repeated", REPEATED)
            for identity, read in repeated
            if known.get(identity) not in (None, body_digest(read.record.value or b"", key))
        ]

    async def _split_parked(
        self, db: asyncpg.Connection, reads: Sequence[Read]
    ) -> tuple[list[Read], list[tuple[str, str, Record]]]:
        """What may be handled now, and what waits behind a dead letter of its key, be it of this batch or older."""
        own = {(r.topic, r.key) for r in reads if r.parks}
        blocked = await dead_letters.blocked_keys(db, own)
        ready, parked = [], []
        for read in reads:
            place = (read.topic, read.key)
            if place in blocked and read.parks:
                parked.append((*place, read.record))
                continue
            ready.append(read)
            if read.delivery is None and read.parks:
                blocked.add(place)
        return ready, parked

    def _letter(self, read: Read) -> DeadLetter:
        return DeadLetter(read.record, read.topic, read.key, read.reason, read.parks, read.traceparent)


def _wanted(service: ConsumingService) -> list[type[Event]]:
    """What is parsed: the service's own events, ticks, orders about dead letters, and releases where it reads them."""
    allowed = {t.type for t in known_types(service.name)}
    own: set[type[Event]] = {*ORDERS, TimePassed, TimeCorrected}
    if service.releases is not None:
        own.add(ReleasePublished)
    return [t for t in (own | service.handler.types) if t.type in allowed]


def _judged_by_time(delivery: Delivery) -> bool:
    event = delivery.event
    return isinstance(event, Command) and not isinstance(event, ORDERS) and delivery.appended_at is not None
