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

from tests import kafka
from tests.conftest import Ground

TOPIC = "intake.messages"


async def test_a_session_that_ends_in_the_middle_of_a_copy_is_a_database_that_is_away(ground: Ground) -> None:
    pool = await open_pool(ground.urls["routing"])
    admin = await asyncpg.connect(ground.stack.database_url(ground.database("routing")))

    async def copy() -> None:
        async with transaction(pool) as db:
            own = await db.fetchval("SELECT pg_backend_pid()")
            dying = asyncio.ensure_future(end_when_copying(own))
            await copy_in(db, "copied", columns=["n", "words"], records=[(n, "x" * 1000) for n in range(100_000)])
            await dying

    async def end_when_copying(own: int) -> None:
        under_way = "SELECT EXISTS (SELECT FROM pg_stat_progress_copy WHERE pid = $1 AND bytes_processed > 0)"
        while not await admin.fetchval(under_way, own):
            pass
        await admin.execute("SELECT pg_terminate_backend($1)", own)

    try:
        await pool.execute("CREATE TABLE copied (n integer, words text)")
        with pytest.raises(DATABASE_AWAY):
            await copy()
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
