"""What a consumer that lost its partition, a repeat or a crash at the worst moment can do: nothing."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import asyncpg
from aiokafka.partitioner import murmur2
from common.contracts.catalogue import TOPICS
from common.messaging.consume.inbox import forget_old, inbox_keep
from common.messaging.kafka import read_to_end
from common.messaging.produce.relay import LOCK_CLASS
from common.messaging.telemetry.metrics import CONSUMER_STOPPED
from common.runtime.service import Service

from tests.conftest import Ground
from tests.forwarding import (
    TOPIC,
    Forward,
    committed,
    database,
    message,
    new_service,
    published,
    routing_service,
    send,
    sequences,
    wait_for,
)
from tests.kafka import eventually

BAD = 120


async def test_a_paused_member_that_wakes_late_cannot_write_what_another_has_handled(
    ground: Ground, tmp_path: Path
) -> None:
    """The paused one holds its batch in an open transaction; it loses its partitions and its session, then wakes."""
    sleeper = Forward()
    sleeper.gate = asyncio.Event()
    late = new_service(ground, tmp_path, sleeper)
    await late.start()
    try:
        await send(ground, [message(f"case-{n % 5}", n) for n in range(50)])
        await eventually(lambda: _truth(sleeper.sizes))
        await late._subscriber.consumer.stop()
        async with database(ground) as db:
            await db.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE state = 'idle in transaction' AND datname = current_database()"
            )
        async with routing_service(ground, tmp_path):
            await wait_for(ground, 50)
            sleeper.gate.set()
            await eventually(lambda: _truth(sleeper.finished == len(sleeper.sizes)))
            records = await published(ground)
    finally:
        await late.stop()
    assert all(s == list(range(1, 11)) for s in sequences(records).values())
    assert len(records) == 50


async def test_the_fence_alone_refuses_what_was_handled(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path) as service:
        await send(ground, [message("case-1", n) for n in range(10)])
        await wait_for(ground, 10)
        read = await read_to_end(ground.settings("routing"), ground.installation.physical(TOPIC))
        async with database(ground) as db:
            await db.execute("DELETE FROM inbox")
        assert service._consumer is not None
        await service._consumer.on_batch(read)
        assert len(await published(ground)) == 10


async def test_the_inbox_alone_refuses_what_was_handled(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path) as service:
        await send(ground, [message("case-1", n) for n in range(10)])
        await wait_for(ground, 10)
        read = await read_to_end(ground.settings("routing"), ground.installation.physical(TOPIC))
        async with database(ground) as db:
            await db.execute("DELETE FROM position")
        assert service._consumer is not None
        await service._consumer.on_batch(read)
        assert len(await published(ground)) == 10


async def test_offsets_are_committed_only_after_the_outputs_are_acknowledged_even_across_a_death(
    ground: Ground, tmp_path: Path
) -> None:
    """Somebody else holds every slot, as a relay that hangs would: the batch is decided but cannot be published."""
    async with database(ground) as holder:
        await holder.execute("SELECT pg_advisory_lock($1::int, slot) FROM generate_series(0, 3) AS slot", LOCK_CLASS)
        first = new_service(ground, tmp_path)
        await first.start()
        await send(ground, [message("case-1", n) for n in range(5)])
        await eventually(lambda: _decided(ground, 5))
        await _die(first)
        assert await committed(ground) == 0
        handler = Forward()
        async with routing_service(ground, tmp_path, handler) as second:
            await eventually(lambda: _fetched(second, 5))
            assert await committed(ground) == 0
            await holder.execute("SELECT pg_advisory_unlock_all()")
            records = await wait_for(ground, 5)
            await eventually(lambda: _committed(ground, 5))
    assert sequences(records) == {"case-1": [1, 2, 3, 4, 5]}
    assert handler.sizes == []


async def test_an_unknown_failure_is_tried_as_a_batch_again_then_by_halves(ground: Ground, tmp_path: Path) -> None:
    handler = Forward()
    await send(ground, [message("case-1", 1), message("case-1", 2, "bug"), message("case-1", 3)])
    async with routing_service(ground, tmp_path, handler):
        await wait_for(ground, 1)
        await wait_for(ground, 1, "routing.deadletters")
    assert handler.sizes == [3, 3, 1, 1]


async def test_what_the_database_refuses_fails_its_own_record_at_once_and_pauses_nobody(
    ground: Ground, tmp_path: Path
) -> None:
    """With a pause of an hour this would never end; 400 records with two bad ones take a few transactions."""
    handler = Forward()
    texts = {77: "conflict", 300: "unstorable"}
    await send(ground, [message(f"case-{n}", 1, texts.get(n, "fine")) for n in range(400)])
    async with routing_service(ground, tmp_path, handler, retry_seconds=3600.0):
        assert len(await wait_for(ground, 398)) == 398
        dead = await wait_for(ground, 2, "routing.deadletters")
    assert {(record.value or b"").count(b"conflict") for record in dead} == {0, 1}
    assert len(handler.sizes) < 60


def on_partition(wanted: int, count: int) -> list[str]:
    """Keys that lie in one partition of the topic's three."""
    keys = (f"case-{n}" for n in itertools.count())
    return list(itertools.islice((k for k in keys if (murmur2(k.encode()) & 0x7FFFFFFF) % 3 == wanted), count))


async def test_too_many_dead_letters_in_a_row_stop_their_partition_alone_until_the_cause_is_mended(
    ground: Ground, tmp_path: Path
) -> None:
    # Ten bad ones are tried after each pause, and pauses double: there are so many that half an hour uses up not all.
    handler, bad, good = Forward(), on_partition(0, BAD), on_partition(1, 5)
    async with routing_service(ground, tmp_path, handler, stop_run=5, stop_pause_seconds=2.0) as service:
        assert service._consumer is not None
        stopped = service._consumer.stops.stopped
        await send(ground, [message(case, 1, "bug") for case in bad])
        await eventually(lambda: _truth(bool(stopped)))
        await send(ground, [message(case, 1) for case in good])
        assert set(sequences(await wait_for(ground, 5))) == set(good), "others go on"
        facts = await service.facts()
        assert any("is stopped and is tried again" in words for words in facts["problems"])
        assert facts["started"], "an operator's work keeps no service from starting"
        assert {partition for _, partition in stopped} == {0}
        assert CONSUMER_STOPPED.labels(TOPIC)._value.get() == 1
        handler.mended = True
        await eventually(lambda: _truth(not stopped))
        await eventually(lambda: _committed(ground, BAD + 5))
        assert CONSUMER_STOPPED.labels(TOPIC)._value.get() == 0
        async with database(ground) as db:
            dead = await db.fetchval("SELECT count(*) FROM dead_letter")
        assert len(await wait_for(ground, BAD + 5 - dead)) == BAD + 5 - dead
        assert dead < BAD, "what waited was handled once the cause was mended"


async def test_too_large_a_share_of_dead_letters_stops_a_partition(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path, stop_run=100, stop_ratio=0.5, stop_window=20) as service:
        kinds = ["bug" if n % 3 else "fine" for n in range(120)]
        await send(ground, [message(f"case-{n}", 1, text) for n, text in enumerate(kinds)])
        assert service._consumer is not None
        stopped = service._consumer.stops.stopped
        await eventually(lambda: _truth(bool(stopped)))
        assert all("of the last 20 records" in stop.words for stop in stopped.values())


async def test_the_inbox_forgets_only_what_is_older_than_any_retention(ground: Ground, tmp_path: Path) -> None:
    longest = max(t.retention_ms for t in TOPICS if t.retention_ms is not None) / 1000
    assert inbox_keep().total_seconds() > longest
    async with routing_service(ground, tmp_path):
        pass
    async with database(ground) as db:
        await db.executemany(
            "INSERT INTO inbox (id, seen_at) VALUES ($1, now() - make_interval(secs => $2))",
            [(b"young", longest), (b"old", inbox_keep().total_seconds() + 60)],
        )
    pool = await asyncpg.create_pool(ground.urls["routing"], min_size=1)
    try:
        assert await forget_old(pool) == 1
        assert [r["id"] for r in await pool.fetch("SELECT id FROM inbox")] == [b"young"]
    finally:
        await pool.close()


async def _truth(value: object) -> bool:
    return bool(value)


async def _decided(ground: Ground, count: int) -> bool:
    async with database(ground) as db:
        topic = ground.installation.physical(TOPIC)
        return bool(await db.fetchval("SELECT sum(next_offset) FROM position WHERE topic = $1", topic) == count)


async def _committed(ground: Ground, count: int) -> bool:
    return await committed(ground) == count


async def _die(service: Service) -> None:
    """End a service as a kill would: nothing is finished, nothing committed."""
    for task in service._subscriber.tasks:
        task.cancel()
    await service.stop()


async def _fetched(service: Service, count: int) -> bool:
    """Whether the service's client has handed out that many records."""
    raw = service._subscriber.consumer
    return sum([await raw.position(p) for p in raw.assignment() if p.topic.endswith(f"{TOPIC}.v1")]) == count
