"""A topic that does not take its records: they wait in order, alone, and go on by themselves when it does."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Sequence

import asyncpg
from common.messaging.kafka import Record
from common.messaging.produce.outbox import OutboxRow
from common.messaging.produce.relay import Relay
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
)

from tests import kafka
from tests.conftest import Ground
from tests.integration.messaging.test_hand_over import OUT, database, event, on_topic, put, relay

NORTH, SOUTH = "region.north.assignments", "region.south.assignments"


def row(topic: str, key: str, number: int, body: bytes = b"{}") -> OutboxRow:
    made = event(key, number)
    return OutboxRow(topic, made.key, made.headers, body)


def ids(records: Sequence[Record], key: str) -> list[str]:
    found = [dict(r.headers)["ce_id"].decode() for r in records]
    return [i for i in found if i.startswith(f"{key}-")]


def names(key: str, last: int) -> list[str]:
    return [f"{key}-{n}" for n in range(1, last + 1)]


async def left(pool: asyncpg.Pool) -> int:
    found: int = await pool.fetchval("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_held)")
    return found


async def until_left(pool: asyncpg.Pool, number: int) -> None:
    async def so_many() -> bool:
        return await left(pool) == number and await pool.fetchval("SELECT count(*) FROM outbox") == 0

    await kafka.eventually(so_many)


def set_largest(ground: Ground, topic: str, size: int) -> None:
    entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    name = ground.installation.physical(topic)
    resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=[entry])
    client = kafka.admin(ground)
    client.incremental_alter_configs([resource])[resource].result(120)


def remake(ground: Ground, topic: str) -> None:
    kafka.make_topic(ground, topic, {"routing": [AclOperation.READ, AclOperation.WRITE]})


async def delete_topic(ground: Ground, topic: str) -> None:
    client, name = kafka.admin(ground), ground.installation.physical(topic)
    await asyncio.to_thread(client.delete_topics([name])[name].result, 120)

    async def gone() -> bool:
        return name not in client.list_topics(timeout=120).topics

    await kafka.eventually(gone)


async def test_a_topic_deleted_while_running_holds_its_own_records_alone_over_a_restart_until_it_is_made_again(
    ground: Ground,
) -> None:
    numbers = itertools.count(1)

    async def say(count: int) -> None:
        for number in itertools.islice(numbers, count):
            await put(pool, [row(NORTH, "a", number), row(SOUTH, "b", number), row(NORTH, "c", number)])

    async with database(ground.urls) as pool:
        async with relay(ground, pool) as running:
            await say(3)
            await until_left(pool, 0)
            await delete_topic(ground, NORTH)
            await say(3)
            await until_left(pool, 6)
            assert "does not exist: make it again" in running.held.topics[NORTH].words
            await say(1)
            await until_left(pool, 8)
            assert running.failing_since is None
        async with relay(ground, pool) as running:
            await say(2)
            await until_left(pool, 12)
            assert ids(await on_topic(ground, SOUTH), "b") == names("b", 9), "others go on"
            remake(ground, NORTH)
            await until_left(pool, 0)
            await say(1)
            await until_left(pool, 0)
            await kafka.eventually(lambda: nothing_held(running))
        records = await on_topic(ground, NORTH)
    assert [ids(records, key) for key in "ac"] == [names(key, 10)[3:] for key in "ac"]


async def test_a_topic_that_may_not_be_written_holds_its_own_records_alone_until_it_may(ground: Ground) -> None:
    client, name = kafka.admin(ground), ground.installation.physical(NORTH)
    right = AclBinding(
        ResourceType.TOPIC, name, ResourcePatternType.LITERAL, "User:routing", "*", AclOperation.WRITE,
        AclPermissionType.ALLOW,
    )  # fmt: skip
    same = AclBindingFilter(
        ResourceType.TOPIC, name, ResourcePatternType.LITERAL, "User:routing", "*", AclOperation.WRITE,
        AclPermissionType.ALLOW,
    )  # fmt: skip
    async with database(ground.urls) as pool, relay(ground, pool) as running:
        client.delete_acls([same])[same].result(120)

        async def refused() -> bool:
            await put(pool, [row(NORTH, "a", next(numbers)), row(SOUTH, "b", 1)])
            await kafka.eventually(lambda: sent(pool))
            return NORTH in running.held.topics

        async def sent(pool: asyncpg.Pool) -> bool:
            return bool(await pool.fetchval("SELECT count(*) FROM outbox") == 0)

        numbers = itertools.count(1)
        await kafka.eventually(refused)
        assert "may not be written" in running.held.topics[NORTH].words
        client.create_acls([right])[right].result(120)
        await until_left(pool, 0)
    assert ids(await on_topic(ground, NORTH), "a") == names("a", next(numbers) - 1)


async def test_a_record_too_large_for_its_topic_holds_its_own_key_alone_until_the_topic_takes_it(
    ground: Ground,
) -> None:
    set_largest(ground, OUT, 2_000)
    large = os.urandom(5_000)
    async with database(ground.urls) as pool, relay(ground, pool) as running:
        await put(pool, [row(OUT, "a", 1), row(OUT, "a", 2, large), row(OUT, "a", 3), row(OUT, "b", 1)])
        await kafka.eventually(lambda: partly(running))
        await put(pool, [row(OUT, "a", 4), row(OUT, "b", 2)])
        await until_left(pool, 3)
        found = await on_topic(ground, OUT)
        assert (ids(found, "a"), ids(found, "b")) == (["a-1"], names("b", 2))
        assert "raise its max.message.bytes" in running.held.topics[OUT].words
        set_largest(ground, OUT, 100_000)
        await until_left(pool, 0)
        found = await on_topic(ground, OUT)
    assert (ids(found, "a"), ids(found, "b")) == (names("a", 4), names("b", 2))


async def nothing_held(running: Relay) -> bool:
    return not running.held.topics


async def partly(running: Relay) -> bool:
    held = running.held.topics.get(OUT)
    return held is not None and held.keys == {"a"}


async def test_what_landed_before_its_topic_failed_is_not_sent_again(ground: Ground) -> None:
    """As when a relay died between Kafka and its note, with records for a topic that then could not be looked at."""
    first = row(NORTH, "a", 1)
    await kafka.send(ground, "routing", NORTH, [(first.key, first.headers, first.body)])
    async with database(ground.urls) as pool:
        await put(pool, [first, row(NORTH, "a", 2)])
        await pool.execute(
            "WITH gone AS (DELETE FROM outbox RETURNING *) INSERT INTO outbox_held (slot, topic, key, records)"
            " SELECT slot, $1, 'a', records FROM gone ORDER BY id",
            NORTH,
        )
        async with relay(ground, pool):
            await until_left(pool, 0)
    assert ids(await on_topic(ground, NORTH), "a") == names("a", 2)
