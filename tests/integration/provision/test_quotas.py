"""An integrator who sends more than its share is slowed down by the broker; others are not."""

from __future__ import annotations

import asyncio
import os

from common.contracts.catalogue import Installation
from confluent_kafka import Producer, ThrottleEvent
from embedded.provision import administrator_of
from provision.kafka import provision_channel
from provision.quotas import Quotas

from tests.conftest import Ground

QUOTAS = Quotas(producer_byte_rate=2_000)
BYTES, RECORDS = 1_000, 200
"""Ten times what the quota lets through in the ten seconds over which the broker judges."""


def send(ground: Ground, user: str, password: str, topic: str) -> list[float]:
    """Send RECORDS records; returns for how many seconds the broker throttled each answer that it did throttle."""
    throttled: list[float] = []

    def note(event: ThrottleEvent) -> None:
        throttled.append(event.throttle_time)

    producer = Producer(
        {
            "bootstrap.servers": ground.stack.kafka_bootstrap, "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": user, "sasl.password": password, "throttle_cb": note,
            "batch.num.messages": 20,
        }
    )  # fmt: skip
    for _ in range(RECORDS):
        producer.produce(ground.installation.physical(topic), os.urandom(BYTES))
    for _ in range(1_200):
        if throttled or not producer.flush(0.1):
            break
    producer.purge()
    producer.flush(5)
    return throttled


async def test_an_integrator_over_its_quota_is_throttled_and_others_are_not(ground: Ground) -> None:
    prefix = ground.installation.prefix
    administrator = administrator_of(ground.stack)
    channel, password = f"flooder-{prefix}", "secret-enough"
    try:
        await asyncio.to_thread(
            provision_channel, administrator, Installation(prefix), channel, password, quotas=QUOTAS
        )
        user = f"channel-{channel}"
        assert await asyncio.to_thread(send, ground, user, password, f"channel.{channel}.inbound")
        world = ground.passwords["world"]
        assert not await asyncio.to_thread(send, ground, "world", world, "channel.web.inbound")
        await asyncio.to_thread(administrator.set_quotas, user, None)
    finally:
        await asyncio.to_thread(administrator.set_quotas, f"channel-{channel}", None)
