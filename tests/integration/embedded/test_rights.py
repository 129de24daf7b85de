"""The servers hold every principal to what the catalogue says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError
from common.contracts.catalogue import Installation
from common.contracts.provisioning import Grant, grants, integrator_of, principals, topics
from common.messaging.kafka import client_options
from confluent_kafka import TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient
from embedded.provision import provision_channel

from tests.conftest import Ground
from tests.databases import Databases

Rights = tuple[set[str], set[str]]
"""Topics that may be read, and written."""


def by_catalogue(installation: Installation, granted: Sequence[Grant], principal: str) -> Rights:
    names = [t.name for t in topics(installation)]

    def topics_of(right: str) -> set[str]:
        mine = [g for g in granted if g.principal == principal and getattr(g, right)]
        return {n for g in mine for n in names if (n.startswith(g.topic) if g.prefixed else n == g.topic)}

    return topics_of("read"), topics_of("write")


def by_broker(ground: Ground, principal: str, password: str) -> Rights:
    """What the broker itself says to the principal, for every topic."""
    admin = AdminClient(
        {
            "bootstrap.servers": ground.stack.kafka_bootstrap, "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": principal, "sasl.password": password,
        }
    )  # fmt: skip
    names = [t.name for t in topics(ground.installation)]
    found: Rights = (set(), set())
    asked = admin.describe_topics(TopicCollection(names), include_authorized_operations=True)
    for name, future in asked.items():
        try:
            allowed = set(future.result(120).authorized_operations or [])
        except Exception:  # noqa: BLE001 - a topic that may not even be seen
            continue
        if AclOperation.READ in allowed:
            found[0].add(name)
        if AclOperation.WRITE in allowed:
            found[1].add(name)
    return found


async def test_every_principal_may_do_on_every_topic_what_the_catalogue_says_and_nothing_else(ground: Ground) -> None:
    granted = grants(ground.installation)
    for principal in principals(ground.installation):
        found = await asyncio.to_thread(by_broker, ground, principal, ground.passwords[principal])
        assert found == by_catalogue(ground.installation, granted, principal), principal


async def test_an_integrator_may_write_inbound_and_receipts_and_read_outbound_and_rejections_of_its_own(
    ground: Ground,
) -> None:
    password = await asyncio.to_thread(provision_channel, ground.stack, ground.installation, "web")
    name = ground.installation.physical
    read, written = await asyncio.to_thread(by_broker, ground, integrator_of("web"), password)
    assert read == {name("channel.web.outbound"), name("channel.web.rejections")}
    assert written == {name("channel.web.inbound"), name("channel.web.receipts")}


async def test_the_outside_world_has_no_user_where_no_demo_runs(ground: Ground) -> None:
    real = Installation("x", demo=False)
    assert "world" not in principals(real)
    assert not [g for g in grants(real) if g.principal == "world"]


@pytest.mark.parametrize("principal", ["regional-north", "world", "portal"])
async def test_a_refused_topic_is_refused_to_a_plain_client(ground: Ground, principal: str) -> None:
    topic = ground.installation.physical("intake.messages")
    options = client_options(ground.settings(principal))
    producer = AIOKafkaProducer(**options)
    await producer.start()
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(topic, value=b"{}", key=b"k")
    finally:
        await producer.stop()
    hidden = ground.installation.physical("channel.web.inbound")
    consumer = AIOKafkaConsumer(**options)
    await consumer.start()
    try:
        if hidden in await consumer.topics():
            consumer.assign([TopicPartition(hidden, 0)])
            with pytest.raises(TopicAuthorizationFailedError):
                await asyncio.wait_for(consumer.getone(), 120)
    finally:
        await consumer.stop()


async def test_a_role_reaches_its_own_database_and_no_other(databases: Databases) -> None:
    urls = dict(databases)
    for name, own in urls.items():
        await (await asyncpg.connect(own)).close()
        for other in urls:
            if other != name:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await asyncpg.connect(own.rsplit("/", 1)[0] + "/" + databases.name(other))
