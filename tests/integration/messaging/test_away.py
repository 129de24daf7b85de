"""What passes: a session that ends in the middle, a partition that moved while its batch failed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from common.contracts.envelope import Envelope, to_headers
from common.messaging.kafka import client_options, read_to_end, rewind
from common.messaging.postgres import DATABASE_AWAY, copy_in, open_pool, transaction
from embedded.stack import Stack

from tests import kafka
from tests.conftest import Ground
from tests.databases import Databases
from tests.kafka import eventually

TOPIC = "intake.messages"
STOPS_HALF_WAY = """
CREATE TABLE copied (n integer, words text);
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_advisory_xact_lock(7, 7); RETURN NEW; END $$;
CREATE TRIGGER half_way BEFORE INSERT ON copied FOR EACH ROW WHEN (NEW.n = 50000) EXECUTE FUNCTION wait();
"""


async def test_a_session_that_ends_in_the_middle_of_a_copy_is_a_database_that_is_away(
    stack: Stack, databases: Databases
) -> None:
    """The copy waits half way for a lock, and is ended there."""
    pool = await open_pool(databases["routing"])
    admin = await asyncpg.connect(stack.database_url(databases.name("routing")))

    async def copy() -> None:
        async with transaction(pool) as db:
            await copy_in(db, "copied", columns=["n", "words"], records=[(n, "x" * 1000) for n in range(100_000)])

    async def waits() -> bool:
        return bool(await admin.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND classid = 7)"))

    try:
        await pool.execute(STOPS_HALF_WAY)
        await admin.execute("SELECT pg_advisory_lock(7, 7)")
        copying = asyncio.ensure_future(copy())
        await eventually(waits)
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND classid = 7")
        with pytest.raises(DATABASE_AWAY):
            await copying
        assert await pool.fetchval("SELECT count(*) FROM copied") == 0
    finally:
        await admin.close()
        await pool.close()


async def test_a_batch_is_delivered_again_on_what_is_still_ours_when_one_of_its_partitions_moved(
    ground: Ground,
) -> None:
    now = datetime(2011, 7, 1, tzinfo=UTC)
    sent = [(f"key-{n}", to_headers(Envelope(f"m{n}", "intake", "x", now, f"key-{n}", "c")), b"{}") for n in range(60)]
    await kafka.send(ground, "intake", TOPIC, sent)
    name = ground.installation.physical(TOPIC)
    records = await read_to_end(ground.settings("routing"), name)
    gone, *kept = sorted({TopicPartition(name, r.partition) for r in records})
    consumer: AIOKafkaConsumer = AIOKafkaConsumer(**client_options(ground.settings("routing")))
    await consumer.start()
    try:
        consumer.assign(kept)
        for place in kept:
            await consumer.seek_to_end(place)
        batch = [r for r in records if r.offset >= 2]
        rewind(consumer, [r for r in batch if r.partition == gone.partition] + batch)
        assert [await consumer.position(place) for place in kept] == [2] * len(kept)
    finally:
        await consumer.stop()
