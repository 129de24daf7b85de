"""The servers hold every principal to what the catalogue says."""

from __future__ import annotations

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError
from common.kafka import client_options
from common.provisioning import grants, topics

from tests.conftest import Ground


async def _may_write(ground: Ground, principal: str, topic: str) -> bool:
    producer = AIOKafkaProducer(**client_options(ground.settings(principal)))
    await producer.start()
    try:
        await producer.send_and_wait(topic, value=b"{}", key=b"k")
    except TopicAuthorizationFailedError:
        return False
    finally:
        await producer.stop()
    return True


@pytest.mark.parametrize("principal", ["regional-north", "reflex"])
async def test_a_service_writes_what_the_catalogue_says_and_nothing_else(ground: Ground, principal: str) -> None:
    allowed = {g.topic for g in grants(ground.installation) if g.principal == principal and g.write}
    names = [t.name for t in topics(ground.installation)]
    found = {name for name in names if await _may_write(ground, principal, name)}
    assert found == allowed


async def test_a_role_cannot_reach_another_services_database(ground: Ground) -> None:
    own = ground.urls["routing"]
    other = own.rsplit("/", 1)[0] + "/" + ground.database("intake")
    await (await asyncpg.connect(own)).close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(other)
