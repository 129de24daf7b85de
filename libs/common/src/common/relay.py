"""The only part that publishes: sends a slot's outbox rows in order and deletes what Kafka acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from typing import cast

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from common.catalogue import Installation, topic_of
from common.db import DATABASE_AWAY
from common.envelope import header_map
from common.kafka import new_producer, read_to_end
from common.metric_names import OUTBOX_PENDING, PUBLISHED
from common.outbox import SLOTS, unpack_headers
from common.settings import Settings

log = logging.getLogger(__name__)

LOCK_CLASS = 0x07C1
BATCH = 2_000
Expected = dict[int, "asyncio.Future[None]"]
"""Rows of one batch on their way, each with what is set when Kafka has it."""
IDLE_SECONDS = 1.0


class Relay:
    """One a process. Holds as many slots as are free; a second replica takes over when this one's session ends."""

    def __init__(self, settings: Settings, installation: Installation, pool: asyncpg.Pool) -> None:
        self._settings = settings
        self._installation = installation
        self._pool = pool
        self._wake = asyncio.Event()
        self._slots: set[int] = set()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._producer: AIOKafkaProducer | None = None
        self.failing_since: float | None = None
        """Loop time of the first failure since the last success; None while all is well."""

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """End after the send in flight; rows left stay in the outbox."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._drop_producer()

    @property
    def alive(self) -> bool:
        return self._task is not None and not self._task.done()

    def expect(self, ids: Iterable[int]) -> Expected:
        """Call before the rows are committed, so that no acknowledgement is missed; then `published` or `forget`."""
        loop = asyncio.get_running_loop()
        expected = {row: loop.create_future() for row in ids}
        self._waiting.update(expected)
        return expected

    def forget(self, expected: Expected) -> None:
        """The rows were rolled back."""
        for row in expected:
            self._waiting.pop(row, None)

    async def published(self, expected: Expected) -> None:
        """Return once Kafka has acknowledged these rows, whichever replica sends them."""
        if not expected:
            return
        self._wake.set()
        try:
            while True:
                await asyncio.wait(expected.values(), timeout=2.0 if len(self._slots) == SLOTS else 0.1)
                open_rows = [row for row, future in expected.items() if not future.done()]
                if not open_rows:
                    return
                left = await self._pool.fetch("SELECT id FROM outbox WHERE id = ANY($1::bigint[])", open_rows)
                self._settle(set(open_rows) - {row["id"] for row in left})
        finally:
            self.forget(expected)

    async def drained(self, row: int) -> None:
        """Return once nothing up to this row waits any more.

        A record that was handled before comes again when its consumer died between the database and Kafka: what
        it led to may still be on its way, and the record's offset must not be committed before that.
        """
        self._wake.set()
        while row and await self._pool.fetchval("SELECT true FROM outbox WHERE id <= $1 LIMIT 1", row):
            self._wake.set()
            await asyncio.sleep(0.02)

    async def _run(self) -> None:
        while True:
            try:
                async with self._pool.acquire() as db:
                    await self._serve(cast(asyncpg.Connection, db))
            except (*DATABASE_AWAY, KafkaError) as error:
                loop = asyncio.get_running_loop()
                self.failing_since = self.failing_since or loop.time()
                log.warning("the relay pauses and tries again: %s: %s", type(error).__name__, error)
                await asyncio.sleep(0.5)

    async def _serve(self, db: asyncpg.Connection) -> None:
        try:
            while True:
                await self._take_slots(db)
                sent = await self._send_some(db)
                self.failing_since = None
                if sent < BATCH:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
                    self._wake.clear()
        finally:
            # What is still on its way must land before another relay may look what has landed.
            await self._drop_producer()
            self._slots.clear()
            with contextlib.suppress(*DATABASE_AWAY):
                await db.execute("SELECT pg_advisory_unlock_all()")

    async def _take_slots(self, db: asyncpg.Connection) -> None:
        fresh = set()
        for slot in range(SLOTS):
            if slot not in self._slots and await db.fetchval(
                "SELECT pg_try_advisory_lock($1::int, $2::int)", LOCK_CLASS, slot
            ):
                fresh.add(slot)
        if fresh:
            await self._forget_already_sent(db, fresh)
            self._slots |= fresh

    async def _forget_already_sent(self, db: asyncpg.Connection, slots: set[int]) -> None:
        """A relay that died between Kafka's acknowledgement and the delete left rows that are already published.

        They are found by their ids in what lies on the topic after the last position it recorded.
        """
        topics = await db.fetch("SELECT DISTINCT topic FROM outbox WHERE slot = ANY($1::smallint[])", list(slots))
        for row in topics:
            logical = row["topic"]
            if topic_of(logical).open_to_many:
                continue
            physical = self._installation.physical(logical)
            seen = await db.fetch("SELECT partition, last_offset FROM relay_position WHERE topic = $1", logical)
            starts = {r["partition"]: r["last_offset"] + 1 for r in seen}
            ids = set()
            for record in await read_to_end(self._settings, physical, starts):
                ids.add(header_map(record.headers).get("ce_id"))
            pending = await db.fetch(
                "SELECT id, headers FROM outbox WHERE topic = $1 AND slot = ANY($2::smallint[])", logical, list(slots)
            )
            sent = [r["id"] for r in pending if header_map(unpack_headers(r["headers"])).get("ce_id") in ids]
            if sent:
                log.info("%d rows for %s were already published by an earlier relay", len(sent), logical)
                await db.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", sent)
                self._settle(sent)

    async def _send_some(self, db: asyncpg.Connection) -> int:
        rows = await db.fetch(
            "SELECT id, topic, key, headers, body FROM outbox WHERE slot = ANY($1::smallint[]) ORDER BY id LIMIT $2",
            list(self._slots),
            BATCH,
        )
        if not rows:
            return 0
        OUTBOX_PENDING.set(len(rows))
        producer = await self._ready_producer()
        futures = []
        for row in rows:
            futures.append(
                await producer.send(
                    self._installation.physical(row["topic"]),
                    value=row["body"],
                    key=row["key"].encode(),
                    headers=unpack_headers(row["headers"]),
                )
            )
        done = await asyncio.gather(*futures)
        reached: dict[tuple[str, int], int] = {}
        counts: dict[str, int] = {}
        for row, place in zip(rows, done, strict=True):
            where = (row["topic"], place.partition)
            reached[where] = max(reached.get(where, -1), place.offset)
            counts[row["topic"]] = counts.get(row["topic"], 0) + 1
        ids = [row["id"] for row in rows]
        async with db.transaction():
            await db.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", ids)
            await db.execute(
                "INSERT INTO relay_position (topic, partition, last_offset)"
                " SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])"
                " ON CONFLICT (topic, partition) DO UPDATE SET last_offset = EXCLUDED.last_offset",
                [topic for topic, _ in reached],
                [partition for _, partition in reached],
                list(reached.values()),
            )
        self._settle(ids)
        OUTBOX_PENDING.set(0)
        for topic, count in counts.items():
            PUBLISHED.labels(topic).inc(count)
        return len(rows)

    def _settle(self, ids: Iterable[int]) -> None:
        for row in ids:
            future = self._waiting.pop(row, None)
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
            with contextlib.suppress(KafkaError, *DATABASE_AWAY):
                await producer.stop()
