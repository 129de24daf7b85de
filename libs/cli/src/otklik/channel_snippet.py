"""What an integrator is given: a program that publishes one message and prints every word that comes back."""

from __future__ import annotations

from datetime import datetime

from common.federation.country import Federation
from provision.channel_access import Access

from otklik.channel_example import example

NOW = "datetime.now(UTC).isoformat()"
TEMPLATE = """
# pip install "aiokafka[zstd]"
import asyncio
import json
import uuid
from datetime import UTC, datetime
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

ACCESS = dict(bootstrap_servers="{bootstrap}", security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-256",
              sasl_plain_username="{user}", sasl_plain_password="{password}")

async def main():
    producer = AIOKafkaProducer(**ACCESS)
    # Outbound: what the citizen is told. Rejections: which of your records were not taken, and why.
    consumer = AIOKafkaConsumer("{prefix}.channel.{name}.outbound.v1", "{prefix}.channel.{name}.rejections.v1",
                                group_id="{prefix}.{user}", auto_offset_reset="earliest", **ACCESS)
    await producer.start()
    await consumer.start()
    message = {{
        "conversation": str(uuid.uuid4()),
        "contact": {{"address": "ann@example.org"}},
        "text": "Something is wrong here",
        "category": {category},
        "place": {{"lat": {lat}, "lon": {lon}}},
        "sent_at": {sent_at},
    }}
    await producer.send_and_wait(
        "{prefix}.channel.{name}.inbound.v1",
        key=message["conversation"].encode(),
        value=json.dumps(message).encode(),
        headers=[("ce_type", b"channel.message.received.v1"), ("ce_id", str(uuid.uuid4()).encode()),
                 ("ce_source", b"{name}")],
    )
    # A citizen's word on a proposed change of rules is "channel.voice.received.v1": conversation, contact, text,
    # sent_at, and where a form says them proposal (the reference that the citizen was told) and stance.
    async for record in consumer:
        print(record.topic, record.value.decode(), flush=True)

asyncio.run(main())
"""


def snippet(access: Access, federation: Federation, simulated: datetime | None) -> str:
    """The program, with a category and a place that the federation's rules can place without asking anybody.

    `simulated` is the clock of a replay, None where time is real.
    """
    said = example(federation, simulated)
    sent_at = NOW if simulated is None else f'"{simulated.isoformat()}"'
    return TEMPLATE.format(
        bootstrap=access.bootstrap, prefix=access.prefix, name=access.channel, user=access.user,
        password=access.password, category=repr(said["EXAMPLE_CATEGORY"]), lat=said["EXAMPLE_LAT"],
        lon=said["EXAMPLE_LON"],
        sent_at=sent_at if simulated is None else f"{sent_at},  # the time of this replay",
    ).replace("replay,\n", "replay\n")  # fmt: skip
