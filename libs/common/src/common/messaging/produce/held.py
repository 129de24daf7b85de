"""Records whose topic does not take them now wait in a table of their own, in order, and go on when it does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaProducer

from common.contracts.catalogue import Installation, topic_of
from common.messaging.kafka import abandon, new_producer
from common.messaging.produce.landed import landed
from common.messaging.produce.outbox import OutboxRow, Packing, slot_of
from common.messaging.produce.sending import Identity, Partitions, identity, publish, trouble_with
from common.messaging.settings import MessagingSettings
from common.messaging.telemetry.metrics import PUBLISHED

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 10.0
MAX_RECORDS_PER_PAGE = 500

INSERT = """
INSERT INTO outbox_held (slot, topic, key, records)
SELECT s, t, k, r
FROM unnest($1::smallint[], $2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY AS held(s, t, k, r, n) ORDER BY n
"""
WAITING = """
SELECT id, key, records FROM outbox_held
WHERE topic = $1 AND slot = ANY($2::smallint[]) AND key <> ALL($3::text[]) ORDER BY id LIMIT $4
"""
SENT = """
WITH gone AS (DELETE FROM outbox_held WHERE id = ANY($1::bigint[]))
INSERT INTO relay_position (slot, topic, partition, last_offset)
SELECT s, $3, p, o FROM unnest($2::smallint[]) AS held(s), unnest($4::int[], $5::bigint[]) AS reached(p, o)
ON CONFLICT (slot, topic, partition) DO UPDATE SET last_offset = EXCLUDED.last_offset
"""


@dataclass
class Held:
    """One topic that does not take its records, or some keys of it."""

    words: str
    """Why, and what to do."""
    due: float
    """When it is tried again, in monotonic seconds."""
    pause: float = FIRST_PAUSE_SECONDS
    keys: frozenset[str] | None = None
    """The keys that wait; None when the whole topic does."""
    singly: bool = False
    """It refuses single records, so each is sent by itself."""
    looked: bool = False
    """Whether it is known what of the waiting records had landed all the same."""


class HeldTopics:
    """What this process's relay holds back, for the slots it has. `lock` is held while rows come or a topic goes on."""

    def __init__(
        self,
        settings: MessagingSettings,
        installation: Installation,
        partitions: Partitions,
        sent_before: set[Identity],
        packing: Packing,
    ) -> None:
        """`sent_before` is the relay's own: records that are on their topics already."""
        self._packing = packing
        self._sent_before = sent_before
        self._producer: AIOKafkaProducer | None = None
        self._settings = settings
        self._installation = installation
        self._partitions = partitions
        self.lock = asyncio.Lock()
        self.topics: dict[str, Held] = {}

    def hold(self, topic: str, words: str, *, singly: bool = False) -> None:
        """From now on records of a topic wait; it is not known what of those sent last has landed."""
        held = self.topics.get(topic)
        now = time.monotonic()
        self.topics[topic] = Held(words, now, held.pause if held is not None else FIRST_PAUSE_SECONDS, singly=singly)
        self._partitions.forget(topic)
        log.error("records for %s wait, others go on: %s", topic, words)

    def waits(self, row: OutboxRow) -> bool:
        """Whether a record must wait behind others."""
        held = self.topics.get(row.topic)
        return held is not None and (held.keys is None or row.key in held.keys)

    def due(self) -> list[str]:
        """Topics to try again."""
        now = time.monotonic()
        return [topic for topic, held in self.topics.items() if held.due <= now]

    async def take_over(self, db: asyncpg.Connection, slots: Collection[int]) -> None:
        """The slots are ours now, with the records of theirs that wait."""
        async with self.lock:
            for row in await db.fetch(
                "SELECT DISTINCT topic FROM outbox_held WHERE slot = ANY($1::smallint[])", list(slots)
            ):
                self.hold(row["topic"], "they waited already when this relay took over; it tries now")

    async def keep(self, db: asyncpg.Connection, rows: Sequence[OutboxRow]) -> None:
        """Put records behind those that wait, inside the caller's transaction; the caller holds the lock.

        A topic that went on since these rows were found to have to wait does not go past them.
        """
        await db.execute(
            INSERT,
            [slot_of(r.key) for r in rows],
            [r.topic for r in rows],
            [r.key for r in rows],
            [self._packing.pack([r]) for r in rows],
        )
        now = time.monotonic()
        for row in rows:
            if not self.waits(row):
                held = self.topics.setdefault(row.topic, Held("it goes on", now, looked=True))
                held.keys, held.due = None, now

    async def try_again(self, db: asyncpg.Connection, topic: str, slots: Sequence[int]) -> None:
        """Send what waits for a topic, as far as it takes it. Nothing else may be sent to it meanwhile."""
        held = self.topics.get(topic)
        if held is None:
            return
        try:
            words = await trouble_with(await self._fresh_producer(), self._installation.physical(topic))
            if words is None:
                await self._look(db, topic, held, slots)
                words = await self._drain(db, topic, held, slots)
            if words is not None:
                held.words = words
        except BaseException:
            held.looked = False
            raise
        finally:
            await self._drop_producer()
            held.pause = min(MAX_PAUSE_SECONDS, 2 * held.pause)
            held.due = max(held.due, time.monotonic() + held.pause)

    async def _fresh_producer(self) -> AIOKafkaProducer:
        """One whose sequences have no gap: a record that was refused leaves one."""
        await self._drop_producer()
        self._producer = new_producer(self._settings)
        await self._producer.start()
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await abandon(producer)

    async def _look(self, db: asyncpg.Connection, topic: str, held: Held, slots: Sequence[int]) -> None:
        """Find what has landed of all that is to be sent to a topic, waiting here or still in the outbox.

        Consumers of topics with several writers know repeats by their ids alone.
        """
        if held.looked or topic_of(topic).multi_writer:
            return
        chunks = await db.fetch("SELECT records FROM outbox WHERE slot = ANY($1::smallint[])", slots)
        chunks += await db.fetch(WAITING, topic, slots, [], None)
        rows = (row for chunk in chunks for row in self._packing.unpack(chunk["records"]))
        wanted = {identity(topic, row.headers) for row in rows if row.topic == topic}
        self._sent_before |= wanted & await landed(db, self._settings, self._installation, topic, slots)
        held.looked = True

    async def _drain(self, db: asyncpg.Connection, topic: str, held: Held, slots: Sequence[int]) -> str | None:
        """Send page after page in order; returns why it stopped, or what keeps some keys waiting; None: all went."""
        stuck: dict[str, str] = {}
        while True:
            async with self.lock:
                page = await db.fetch(WAITING, topic, slots, list(stuck), 1 if held.singly else MAX_RECORDS_PER_PAGE)
                if not page:
                    return self._go_on(topic, held, stuck)
            rows = [row for record in page for row in self._packing.unpack(record["records"])]
            done = self._sent_before & {identity(topic, row.headers) for row in rows}
            rows = [row for row in rows if identity(topic, row.headers) not in done]
            producer = self._producer or await self._fresh_producer()
            sent = await publish(producer, self._installation, self._partitions, rows)
            if not sent.failed:
                ends = {partition: offset for (_, partition), offset in sent.reached.items()}
                numbers = [record["id"] for record in page]
                await db.execute(SENT, numbers, slots, topic, list(ends), list(ends.values()))
                self._sent_before -= done
                PUBLISHED.labels(topic).inc(len(rows))
                continue
            words = sent.failed[topic]
            await self._drop_producer()
            if not held.singly or not sent.too_large:
                held.looked, held.singly = False, bool(sent.too_large)
                return words
            stuck[page[0]["key"]] = words

    def _go_on(self, topic: str, held: Held, stuck: dict[str, str]) -> str | None:
        """What comes now is sent as it comes, but for the keys of records that the topic refuses. The caller holds the
        lock, and nothing else waits.
        """
        if self.topics.get(topic) is not held:
            return "a slot came with records that wait; they are next"
        if stuck:
            held.keys = frozenset(stuck)
            log.error("%d keys of %s wait: their first records are refused", len(stuck), topic)
            return next(iter(stuck.values()))
        del self.topics[topic]
        log.warning("records for %s go on", topic)
        return None
