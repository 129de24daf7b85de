"""What tests do with Kafka: send as a principal, read a topic, wait for a condition."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from common.contracts.envelope import Headers, header_map
from common.messaging.kafka import Record
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from tests.conftest import Ground

SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.03, 0.25


async def send(ground: Ground, principal: str, topic: str, records: Sequence[tuple[str, Headers, bytes]]) -> None:
    """Publish records (key, headers, body) and wait for Kafka."""
    producer = await ground.clients.producer(ground.client_settings(principal))
    name = ground.installation.physical(topic)
    await asyncio.gather(*[await producer.send(name, value=v, key=k.encode(), headers=h) for k, h, v in records])


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 120) -> None:
    """Wait until a condition holds; TimeoutError when it does not. The patience is for machines that are slow."""
    async with asyncio.timeout(seconds):
        pause = SHORTEST_PAUSE_SECONDS
        while not await condition():  # the condition lives in Kafka or the database
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, 1.2 * pause)


async def at_rest(ground: Ground, *services: str, channels: Sequence[str] = ()) -> None:
    """Wait until the services (by default all) have read all that lies on their topics, and have said what they had to.

    Only then does what one service has said or shown tell anything about another. `channels` are those beyond the
    federation's, which intake alone reads.
    """
    installation = replace(ground.installation, channels=(*ground.installation.channels, *channels))
    stack = ground.stack
    administrator = {"sasl_plain_username": stack.kafka_user, "sasl_plain_password": stack.kafka_password}
    watch = await ground.clients.watch(ground.client_settings("world"), administrator, installation, services)
    late: object = "not looked yet"

    async def nobody_is_behind() -> bool:
        nonlocal late
        late, _ = await watch.look()
        return not late

    try:
        await eventually(nobody_is_behind)
    except TimeoutError as error:
        raise TimeoutError(f"not at rest: {late}") from error


async def records_of(ground: Ground, reader: str, topic: str, count: int) -> list[Record]:
    """At least `count` records of a topic, as the principal `reader` may read them."""
    found: list[Record] = []

    async def enough() -> bool:
        found[:] = await all_of(ground, reader, topic)
        return len(found) >= count

    try:
        await eventually(enough)
    except TimeoutError as error:
        raise TimeoutError(f"{len(found)} records of {topic}, not {count}") from error
    return found


async def all_of(ground: Ground, reader: str, topic: str) -> list[Record]:
    """All that a topic holds now, as the principal `reader` may read it. The topic is not made anew meanwhile."""
    settings = ground.client_settings(reader)
    return await ground.clients.reader(settings, ground.installation.physical(topic)).read()


def types_of(records: Sequence[Record]) -> list[str]:
    return [header_map(r.headers)["ce_type"] for r in records]


def admin(ground: Ground) -> AdminClient:
    stack = ground.stack
    return AdminClient(
        {
            "bootstrap.servers": stack.kafka_bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": stack.kafka_user,
            "sasl.password": stack.kafka_password,
        }
    )


def make_topic(ground: Ground, logical: str, rights: Mapping[str, Sequence[AclOperation]]) -> None:
    """A topic beyond those of the installation, with what each principal may do."""
    client, name = admin(ground), ground.installation.physical(logical)
    for principal, operations in rights.items():
        for operation in operations:
            rule = AclBinding(
                ResourceType.TOPIC, name, ResourcePatternType.LITERAL, f"User:{principal}", "*", operation,
                AclPermissionType.ALLOW,
            )  # fmt: skip
            client.create_acls([rule])[rule].result(120)
    client.create_topics([NewTopic(name, 3, 1)], operation_timeout=120)[name].result(120)
