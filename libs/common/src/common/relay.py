"""The only part that publishes: sends a slot's outbox rows in order and deletes what Kafka acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from aiokafka.structs import RecordMetadata

from common.catalogue import Installation, topic_of
from common.db import DATABASE_AWAY, while_open
from common.kafka import abandon, new_producer, read_to_end
from common.metric_names import PUBLISHED, UNHEARD
from common.outbox import SLOTS, Chunk, Row, unpack_rows
from common.retry import may_pass
from common.settings import Settings

log = logging.getLogger(__name__)

LOCK_CLASS = 0x07C1
AT_ONCE = 16
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
Identity = tuple[str, bytes]


_hash_of = lru_cache(maxsize=65_536)(murmur2)
"""A key comes several times within a moment, and the hash is worked out in Python."""


class Relay:
    """One a process. Holds as many slots as are free; a second replica takes over when this one's session ends."""

    def __init__(self, settings: Settings, installation: Installation, pool: asyncpg.Pool) -> None:
        self._settings = settings
        self._installation = installation
        self._pool = pool
        self._wake = asyncio.Event()
        self._slots: set[int] = set()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._written: dict[int, tuple[Row, ...]] = {}
        """Rows of chunks that this process wrote itself, so that they need not be read back."""
        self._sent_before: set[Identity] = set()
        """Records that a relay before this one had published without deleting their chunk."""
        self._partitions: dict[str, int] = {}
        self._missing_until: dict[str, float] = {}
        """Loop time until which a topic that may be missing counts as missing."""
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
                self.failure = f"{type(error).__name__}: {error}"
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
                if sent < AT_ONCE and not self._stopping:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
                    self._wake.clear()
        finally:
            # Nothing more may land once another relay can look what has landed.
            await self._drop_producer()
            self._slots.clear()
            with contextlib.suppress(*DATABASE_AWAY):
                await db.execute("SELECT pg_advisory_unlock_all()")
                await db.remove_listener(CHANNEL, self._on_notice)

    async def _take_slots(self, db: asyncpg.Connection) -> None:
        fresh = set()
        for slot in range(SLOTS):
            if slot not in self._slots and await db.fetchval(
                "SELECT pg_try_advisory_lock($1::int, $2::int)", LOCK_CLASS, slot
            ):
                fresh.add(slot)
        if fresh:
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
            for row in unpack_rows(chunk["records"]):
                if not topic_of(row.topic).open_to_many:
                    pending.setdefault(row.topic, set()).add(_identity(row.topic, row.headers))
                    waiting.setdefault(row.topic, set()).add(chunk["slot"])
        for logical, wanted in pending.items():
            starts = await self._seen_up_to(db, logical, waiting[logical])
            records = await read_to_end(self._settings, self._installation.physical(logical), starts)
            there = wanted & {_identity(logical, record.headers) for record in records}
            if there:
                log.info("%d records of %s were already published by an earlier relay", len(there), logical)
                self._sent_before |= there

    async def _seen_up_to(self, db: asyncpg.Connection, topic: str, slots: set[int]) -> dict[int, int]:
        """By partition, the first offset behind all that the relays of these slots have noted."""
        rows = await db.fetch(
            "SELECT partition, min(last_offset) + 1 AS first FROM relay_position"
            " WHERE topic = $1 AND slot = ANY($2::smallint[]) GROUP BY partition HAVING count(*) = $3",
            topic,
            list(slots),
            len(slots),
        )
        return {row["partition"]: row["first"] for row in rows}

    async def _send_some(self, db: asyncpg.Connection) -> int:
        """Send the oldest chunks; returns how many."""
        numbers = [
            r["id"]
            for r in await db.fetch(
                "SELECT id FROM outbox WHERE slot = ANY($1::smallint[]) ORDER BY id LIMIT $2",
                list(self._slots),
                AT_ONCE,
            )
        ]
        if not numbers:
            return 0
        rows = await self._rows_of(db, numbers)
        async with asyncio.timeout(SEND_SECONDS):
            reached = await while_open(db, self._publish(rows))
        await db.execute(
            "WITH gone AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]))"
            " INSERT INTO relay_position (slot, topic, partition, last_offset)"
            " SELECT s, t, p, o FROM unnest($2::smallint[]) AS held(s),"
            " unnest($3::text[], $4::int[], $5::bigint[]) AS reached(t, p, o)"
            " ON CONFLICT (slot, topic, partition) DO UPDATE SET last_offset = EXCLUDED.last_offset",
            numbers,
            list(self._slots),
            [topic for topic, _ in reached],
            [partition for _, partition in reached],
            list(reached.values()),
        )
        if self._sent_before:
            self._sent_before -= {_identity(row.topic, row.headers) for row in rows}
        self._settle(numbers)
        return len(numbers)

    async def _rows_of(self, db: asyncpg.Connection, numbers: Sequence[int]) -> list[Row]:
        """The records of chunks in order: from memory, or read when another process wrote them."""
        foreign = [n for n in numbers if n not in self._written]
        read = {}
        if foreign:
            found = await db.fetch("SELECT id, records FROM outbox WHERE id = ANY($1::bigint[])", foreign)
            read = {r["id"]: unpack_rows(r["records"]) for r in found}
        return [row for n in numbers for row in (self._written.get(n) or read.get(n, ()))]

    async def _publish(self, rows: Sequence[Row]) -> dict[tuple[str, int], int]:
        """Send records in order; returns the last offset of each (topic, partition) they went to."""
        producer = await self._ready_producer()
        batches: dict[tuple[str, int], list[tuple[bytes, Row]]] = {}
        for row in rows:
            if self._sent_before and _identity(row.topic, row.headers) in self._sent_before:
                continue
            if topic_of(row.topic).may_be_missing and not await self._there(producer, row.topic):
                UNHEARD.labels(row.topic).inc()
                continue
            key = row.key.encode()
            batches.setdefault((row.topic, await self._partition(producer, row.topic, key)), []).append((key, row))
        sent = [
            (place, future)
            for place, batch in batches.items()
            for future in await send_in_order(producer, self._installation.physical(place[0]), place[1], batch)
        ]
        reached: dict[tuple[str, int], int] = {}
        for place, (future, count) in sent:
            reached[place] = max(reached.get(place, -1), (await future).offset + count - 1)
        for (topic, _), batch in batches.items():
            PUBLISHED.labels(topic).inc(len(batch))
        return reached

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

    async def _partition(self, producer: AIOKafkaProducer, topic: str, key: bytes) -> int:
        """Where every Kafka client puts this key."""
        count = self._partitions.get(topic)
        if count is None:
            count = self._partitions[topic] = len(await producer.partitions_for(self._installation.physical(topic)))
        return int((_hash_of(key) & 0x7FFFFFFF) % count) if count > 1 else 0

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


async def send_in_order(
    producer: AIOKafkaProducer, topic: str, partition: int, batch: Sequence[tuple[bytes, Row]]
) -> list[tuple[asyncio.Future[RecordMetadata], int]]:
    """Hand records of one partition to the producer in as few pieces as fit; each with how many records it holds.

    A piece is one future, not one a record: on hot paths that is half of what sending costs.
    """
    pieces = []
    builder = producer.create_batch()
    for key, row in batch:
        if builder.append(key=key, value=row.body, headers=row.headers, timestamp=None) is None:
            pieces.append((await producer.send_batch(builder, topic, partition=partition), builder.record_count()))
            builder = producer.create_batch()
            builder.append(key=key, value=row.body, headers=row.headers, timestamp=None)
    pieces.append((await producer.send_batch(builder, topic, partition=partition), builder.record_count()))
    return pieces


def _identity(topic: str, headers: Sequence[tuple[str, bytes | None]]) -> Identity:
    """What tells a record from the others of its topic. A dead letter keeps the headers of a stranger, even its ce_id;
    its own id was added last.
    """
    name = "dead_letter_id" if topic.endswith(".deadletters") else "ce_id"
    return topic, next((value or b"" for header, value in reversed(headers) if header == name), b"")
