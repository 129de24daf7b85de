"""Integrators that publish in transactions: committed records alone are read, and a partition may end in markers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import TransactionalIdAuthorizationFailed
from common.contracts.provisioning import integrator_of
from common.messaging.kafka import client_options
from common.runtime.service import Service
from confluent_kafka.admin import NewTopic
from embedded.provision import provision_channel

from tests.conftest import Ground
from tests.contract.wiring import APPS
from tests.end_to_end.system import received
from tests.kafka import admin, at_rest, eventually, records_of

CHANNEL = "hotline"
TYPE = [("ce_type", b"channel.message.received.v1")]


@asynccontextmanager
async def intake_and_integrator(ground: Ground) -> AsyncIterator[tuple[Service, dict[str, Any]]]:
    password = await asyncio.to_thread(provision_channel, ground.stack, ground.installation, CHANNEL)
    access = client_options(ground.settings("intake")) | {
        "client_id": "integrator",
        "sasl_plain_username": integrator_of(CHANNEL),
        "sasl_plain_password": password,
    }
    settings = ground.settings("intake", metadata_seconds=0.3, ready_grace_seconds=300)
    service = Service(settings, APPS["intake"])
    await service.start()
    try:
        yield service, access
    finally:
        await service.stop()


async def say(producer: AIOKafkaProducer, topic: str, *texts: str) -> None:
    for text in texts:
        body = json.dumps(received(text)).encode()
        await producer.send_and_wait(topic, key=text.encode(), value=body, headers=TYPE, partition=0)


async def facts(service: Service) -> dict[str, Any]:
    service._readiness._looked = 0.0  # type: ignore[union-attr]
    return await service.facts()


def texts_of(records: list[Any]) -> list[str]:
    return [json.loads(r.value)["text"] for r in records]


async def test_transactions_of_an_integrator_are_read_when_committed_and_never_make_anything_late_or_unready(
    ground: Ground,
) -> None:
    """Committed, aborted, hanging; under an id of another; then the topic is made anew and read from its beginning."""
    inbound = ground.installation.physical(f"channel.{CHANNEL}.inbound")
    async with intake_and_integrator(ground) as (intake, access):
        own = f"{ground.installation.prefix}.{integrator_of(CHANNEL)}.adapter-1"
        producer = AIOKafkaProducer(**access, transactional_id=own)
        await producer.start()
        try:
            async with producer.transaction():
                await say(producer, inbound, "one", "two")
            await producer.begin_transaction()
            await say(producer, inbound, "never")
            await producer.abort_transaction()
            async with producer.transaction():
                await say(producer, inbound, "three")
            records = await records_of(ground, "routing", "intake.messages", 3)
            assert sorted(texts_of(records)) == ["one", "three", "two"]
            # As tools see it that know only the group's offsets and the topic's end.
            await at_rest(ground, "intake")
            await eventually(lambda: _ready(intake))
            assert (await facts(intake))["behind_open_transactions"] == {}

            await producer.begin_transaction()
            await say(producer, inbound, "later")
            plain = AIOKafkaProducer(**access)
            await plain.start()
            await plain.send_and_wait(
                inbound, key=b"p", value=json.dumps(received("beside")).encode(), headers=TYPE, partition=1
            )
            await records_of(ground, "routing", "intake.messages", 4)
            await eventually(lambda: _behind(intake, {f"channel.{CHANNEL}.inbound/0": 1}))
            await eventually(lambda: _has_no_problems(intake))
            await producer.commit_transaction()
            await records_of(ground, "routing", "intake.messages", 5)
            await eventually(lambda: _behind(intake, {}))
        finally:
            await producer.stop()

        await _make_anew(ground, inbound)
        await say(plain, inbound, "anew 1", "anew 2")
        await plain.stop()
        records = await records_of(ground, "routing", "intake.messages", 7)
        assert sorted(texts_of(records))[:2] == ["anew 1", "anew 2"]
        await eventually(lambda: _ready(intake))

        other = AIOKafkaProducer(**access, transactional_id=f"{ground.installation.prefix}.channel-web.adapter-1")
        with pytest.raises(TransactionalIdAuthorizationFailed):
            await other.start()
        await other.stop()


async def _make_anew(ground: Ground, name: str) -> None:
    client = admin(ground)

    def make() -> None:
        client.delete_topics([name])[name].result(120)
        while name in client.list_topics(timeout=120).topics:
            pass
        client.create_topics([NewTopic(name, 3, 1)], operation_timeout=120)[name].result(120)

    await asyncio.to_thread(make)


async def _behind(service: Service, wanted: dict[str, int]) -> bool:
    return (await facts(service)).get("behind_open_transactions") == wanted


async def _ready(service: Service) -> bool:
    seen = await facts(service)
    return seen["problems"] == [] and seen["lag"] == 0


async def _has_no_problems(service: Service) -> bool:
    return bool((await facts(service))["problems"] == [])
