"""The only part that publishes: sends a slot's outbox rows in order and deletes what Kafka acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import cast

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from common.contracts.catalogue import Installation, topic_of
from common.messaging.consume.error_text import reason_of
from common.messaging.kafka import abandon, new_producer
from common.messaging.postgres import give_back, while_open
from common.messaging.produce.held import HeldTopics
from common.messaging.produce.landed import landed
from common.messaging.produce.outbox import SLOTS, Chunk, OutboxRow, Packing
from common.messaging.produce.sending import Identity, Partitions, Sent, identity, publish, trouble_with
from common.messaging.retry import may_pass
from common.messaging.settings import MessagingSettings
from common.messaging.telemetry.metrics import PUBLISHED, UNHEARD

log = logging.getLogger(__name__)

LOCK_CLASS = 0x07C1
TAKE_SLOT = """
SELECT pg_try_advisory_lock($1::int, CASE current_schema() WHEN 'public' THEN $2::int
    ELSE hashtext(current_schema() || ' ' || $2::int) END)
"""
"""Locks are the database's, and an outbox its schema's."""
MAX_CHUNKS_PER_SEND = 16
"""Chunks sent together: one acknowledgement is waited for before anything later of their keys."""
Expected = dict[int, "asyncio.Future[None]"]
"""Chunks of one batch on their way, each with what is set when Kafka has it."""
IDLE_SECONDS = 1.0
CHANNEL = "otklik_outbox"
"""By it a replica without slots wakes the one that holds them."""
SEND_SECONDS = 60.0
"""After this a send counts as failed: the producer itself never gives up, not even where it waits for nothing."""
STOP_SECONDS = 5.0
"""How long a stop waits for the send in flight."""
HANDOVER_SECONDS = 1.0
"""How long a new relay of a slot waits before it looks what the old one had sent: longer than the old one needs to find
out that it is the old one, and than its last request needs to reach the broker's log."""
LOOK_AGAIN_SECONDS = 30.0
"""How often a topic that may be missing is looked for."""


class Relay:
    """One a process. Holds as many slots as are free; a second replica takes over when this one's session ends."""

    def __init__(
        self,
        settings: MessagingSettings,
        installation: Installation,
        pool: asyncpg.Pool,
        packing: Packing | None = None,
    ) -> None:
        """`packing` is how the service's outbox packs its records."""
        self._packing = packing or Packing()
        self._settings = settings
        self._installation = installation
        self._pool = pool
        self._wake = asyncio.Event()
        self._slots: set[int] = set()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._written: dict[int, tuple[OutboxRow, ...]] = {}
        """Rows of chunks that this process wrote itself, so that they need not be read back."""
        self._sent_before: set[Identity] = set()
        """Records that a relay before this one had published without deleting their chunk."""
        self._missing_until: dict[str, float] = {}
        """Loop time until which a topic that may be missing counts as missing."""
        self._partitions = Partitions(installation)
        self.held = HeldTopics(settings, installation, self._partitions, self._sent_before, self._packing)
        self._trying: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._producer: AIOKafkaProducer | None = None
        self._stopping = False
        self.failing_since: float | None = None
        """Loop time of the first failure since the last success; None while all is well."""
        self.failure = ""
        """The last failure, in words."""

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """End after the send in flight; rows left stay in the outbox."""
        if self._task is not None:
            self._stopping = True
            self._wake.set()
            await asyncio.wait({self._task}, timeout=STOP_SECONDS)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @property
    def alive(self) -> bool:
        return self._task is not None and not self._task.done()

    def expect(self, chunks: Iterable[Chunk]) -> Expected:
        """Call before the chunks are committed, so that no acknowledgement is missed; then `published` or `forget`."""
        loop = asyncio.get_running_loop()
        expected = {}
        for chunk in chunks:
            expected[chunk.id] = loop.create_future()
            self._written[chunk.id] = chunk.rows
        self._waiting.update(expected)
        return expected

    def forget(self, expected: Expected) -> None:
        """The chunks were rolled back, or are sent."""
        for number in expected:
            self._waiting.pop(number, None)
            self._written.pop(number, None)

    async def published(self, expected: Expected) -> None:
        """Return once Kafka has acknowledged these chunks, whichever replica sends them."""
        if not expected:
            return
        try:
            await self._wake_whoever_sends()
            while True:
                await asyncio.wait(expected.values(), timeout=2.0 if len(self._slots) == SLOTS else 0.1)
                waiting = [number for number, future in expected.items() if not future.done()]
                if not waiting:
                    return
                left = await self._pool.fetch("SELECT id FROM outbox WHERE id = ANY($1::bigint[])", waiting)
                self._settle(set(waiting) - {row["id"] for row in left})
        finally:
            self.forget(expected)

    async def _wake_whoever_sends(self) -> None:
        self._wake.set()
        if len(self._slots) < SLOTS:
            await self._pool.execute("SELECT pg_notify($1, '')", CHANNEL)

    def _on_notice(self, *_: object) -> None:
        self._wake.set()

    async def drained(self, row: int) -> None:
        """Return once nothing up to this row waits any more.

        A record that was handled before comes again when its consumer died between the database and Kafka: what
        it led to may still be on its way, and the record's offset must not be committed before that.
        """
        while row and await self._pool.fetchval("SELECT true FROM outbox WHERE id <= $1 LIMIT 1", row):
            await self._wake_whoever_sends()
            await asyncio.sleep(0.02)

    async def _run(self) -> None:
        while not self._stopping:
            try:
                async with self._pool.acquire() as db:
                    await self._serve(cast(asyncpg.Connection, db))
            except Exception as error:
                # Whatever it is: a relay that has ended would leave the service deciding what nobody hears of.
                loop = asyncio.get_running_loop()
                self.failing_since = self.failing_since or loop.time()
                self.failure = reason_of(error)
                log.warning("the relay pauses and tries again: %s", self.failure, exc_info=not may_pass(error))
                await asyncio.sleep(0.5)

    async def _serve(self, db: asyncpg.Connection) -> None:
        try:
            # Not waiting for the disk: chunks that come back after a crash of the server are found on the topic.
            await db.execute("SET synchronous_commit = off")
            await db.add_listener(CHANNEL, self._on_notice)
            while not self._stopping:
                await self._take_slots(db)
                sent = await self._send_some(db)
                self.failing_since = None
                self._try_held(db)
                if sent < MAX_CHUNKS_PER_SEND and not self._stopping:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
                    self._wake.clear()
        finally:
            # Nothing more may land once another relay can look what has landed.
            if self._trying is not None:
                self._trying.cancel()
                await asyncio.wait({self._trying})
            await self._drop_producer()
            self._slots.clear()
            self.held.topics.clear()
            await give_back(db)

    async def _take_slots(self, db: asyncpg.Connection) -> None:
        fresh = set()
        for slot in range(SLOTS):
            if slot not in self._slots and await db.fetchval(TAKE_SLOT, LOCK_CLASS, slot):
                fresh.add(slot)
        if fresh:
            await self.held.take_over(db, fresh)
            await self._find_already_sent(db, fresh)
            self._slots |= fresh

    async def _find_already_sent(self, db: asyncpg.Connection, slots: set[int]) -> None:
        """A relay that died between Kafka's acknowledgement and the delete left records that are already published.

        They are found by their ids in what lies on the topic after the last position it recorded.
        """
        chunks = "SELECT slot, records FROM outbox WHERE slot = ANY($1::smallint[])"
        if not await db.fetch(chunks, list(slots)):
            return
        await asyncio.sleep(HANDOVER_SECONDS)
        pending: dict[str, set[Identity]] = {}
        waiting: dict[str, set[int]] = {}
        for chunk in await db.fetch(chunks, list(slots)):
            for row in self._packing.unpack(chunk["records"]):
                if not topic_of(row.topic).multi_writer:
                    pending.setdefault(row.topic, set()).add(identity(row.topic, row.headers))
                    waiting.setdefault(row.topic, set()).add(chunk["slot"])
        producer = await self._ready_producer()
        for topic, wanted in pending.items():
            words = await trouble_with(producer, self._installation.physical(topic))
            if words is not None:
                # Looked at when it is well again: what waits for other topics does not wait for that.
                if not topic_of(topic).may_be_missing:
                    self.held.hold(topic, words)
                continue
            there = wanted & await landed(db, self._settings, self._installation, topic, waiting[topic])
            if there:
                log.info("%d records of %s were already published by an earlier relay", len(there), topic)
                self._sent_before |= there

    async def _send_some(self, db: asyncpg.Connection) -> int:
        """Send the oldest chunks; returns how many."""
        numbers = [
            r["id"]
            for r in await db.fetch(
                "SELECT id FROM outbox WHERE slot = ANY($1::smallint[]) ORDER BY id LIMIT $2",
                list(self._slots),
                MAX_CHUNKS_PER_SEND,
            )
        ]
        if not numbers:
            return 0
        rows = await self._rows_of(db, numbers)
        done: set[Identity] = set()
        if self._sent_before:
            done = self._sent_before & {identity(row.topic, row.headers) for row in rows}
            rows = [row for row in rows if identity(row.topic, row.headers) not in done]
        held = [row for row in rows if self.held.waits(row)] if self.held.topics else []
        ready = [row for row in rows if not self.held.waits(row)] if held else rows
        async with asyncio.timeout(SEND_SECONDS):
            sent = await while_open(db, self._publish(ready))
        if held or sent.failed:
            # In the order in which they were decided, those of a topic that has just failed too.
            waiting = set(map(id, held))
            await self._note_and_hold(
                db, numbers, [row for row in rows if id(row) in waiting or row.topic in sent.failed], sent
            )
        else:
            await self._note(db, numbers, sent)
        if done:
            self._sent_before -= done
        self._settle(numbers)
        return len(numbers)

    async def _publish(self, rows: Sequence[OutboxRow]) -> Sent:
        """Send records in order. After a topic that does not take its own, nothing more of them lands."""
        if not rows:
            return Sent()
        producer = await self._ready_producer()
        unheard = {
            topic
            for topic in {row.topic for row in rows}
            if topic_of(topic).may_be_missing and not await self._there(producer, topic)
        }
        if unheard:
            for topic, number in Counter(row.topic for row in rows if row.topic in unheard).items():
                UNHEARD.labels(topic).inc(number)
            rows = [row for row in rows if row.topic not in unheard]
        sent = await publish(producer, self._installation, self._partitions, rows)
        for topic, number in Counter(row.topic for row in rows).items():
            if topic not in sent.failed:
                PUBLISHED.labels(topic).inc(number)
            elif topic_of(topic).may_be_missing:
                UNHEARD.labels(topic).inc(number)
                self._partitions.forget(topic)
        if sent.failed:
            await self._drop_producer()
            sent.failed = {topic: words for topic, words in sent.failed.items() if not topic_of(topic).may_be_missing}
        return sent

    async def _there(self, producer: AIOKafkaProducer, topic: str) -> bool:
        """Whether a topic that may be missing can be written."""
        name, now = self._installation.physical(topic), asyncio.get_running_loop().time()
        cluster = producer.client.cluster
        if cluster.partitions_for_topic(name) is not None:
            return True
        if now < self._missing_until.get(topic, 0.0):
            return False
        producer.client.add_topic(name)
        await producer.client.force_metadata_update()
        if cluster.partitions_for_topic(name) is not None:
            return True
        self._missing_until[topic] = now + LOOK_AGAIN_SECONDS
        log.warning("%s is not there or may not be written: what is to be said on it is dropped", name)
        return False

    async def _note(self, db: asyncpg.Connection, numbers: Sequence[int], sent: Sent) -> None:
        await db.execute(
            "WITH gone AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]))"
            " INSERT INTO relay_position (slot, topic, partition, last_offset)"
            " SELECT s, t, p, o FROM unnest($2::smallint[]) AS held(s),"
            " unnest($3::text[], $4::int[], $5::bigint[]) AS reached(t, p, o)"
            " ON CONFLICT (slot, topic, partition) DO UPDATE SET last_offset = EXCLUDED.last_offset",
            numbers,
            list(self._slots),
            [topic for topic, _ in sent.reached],
            [partition for _, partition in sent.reached],
            list(sent.reached.values()),
        )

    async def _note_and_hold(
        self, db: asyncpg.Connection, numbers: Sequence[int], held: Sequence[OutboxRow], sent: Sent
    ) -> None:
        """The chunks are done: what their topics did not take waits in the database for itself."""
        async with self.held.lock:
            for topic, words in sent.failed.items():
                self.held.hold(topic, words, singly=topic in sent.too_large)
            async with db.transaction():
                await self._note(db, numbers, sent)
                await self.held.keep(db, held)

    def _try_held(self, db: asyncpg.Connection) -> None:
        """Begin to try again what is due; called between sends, so that nothing of these topics is under way."""
        due = self.held.due()
        if due and (self._trying is None or self._trying.done()):
            for topic in due:
                self.held.topics[topic].keys = None
            self._trying = asyncio.create_task(self._try_topics(db, due), name="held topics")

    async def _try_topics(self, db: asyncpg.Connection, topics: Sequence[str]) -> None:
        for topic in topics:
            try:
                async with self._pool.acquire() as own:
                    trying = self.held.try_again(cast(asyncpg.Connection, own), topic, sorted(self._slots))
                    async with asyncio.timeout(SEND_SECONDS):
                        await while_open(db, trying)
            except Exception as error:
                # It is tried again; the relay itself fails where Kafka or the database does.
                words = reason_of(error)
                log.warning("%s is tried again later: %s", topic, words, exc_info=not may_pass(error))

    async def _rows_of(self, db: asyncpg.Connection, numbers: Sequence[int]) -> list[OutboxRow]:
        """The records of chunks in order: from memory, or read when another process wrote them."""
        foreign = [n for n in numbers if n not in self._written]
        read = {}
        if foreign:
            found = await db.fetch("SELECT id, records FROM outbox WHERE id = ANY($1::bigint[])", foreign)
            read = {r["id"]: self._packing.unpack(r["records"]) for r in found}
        return [row for n in numbers for row in (self._written.get(n) or read.get(n, ()))]

    def _settle(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._written.pop(number, None)
            future = self._waiting.pop(number, None)
            if future is not None and not future.done():
                future.set_result(None)

    async def _ready_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = new_producer(self._settings)
            await producer.start()
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, OSError):
                await abandon(producer)
