"""Connection settings for aiokafka clients, from one place."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterable
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalStateError, ProducerClosed
from aiokafka.structs import ConsumerRecord

from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.settings import MessagingSettings, SettingsError

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"
"""A record as it came, with bytes for key and value."""


def protocol_of(settings: MessagingSettings) -> str:
    """As Kafka calls it."""
    return settings.kafka_protocol or ("SASL_PLAINTEXT" if settings.kafka_user is not None else "PLAINTEXT")


def over_tls(settings: MessagingSettings) -> bool:
    return protocol_of(settings).endswith("SSL")


def ssl_context_of(settings: MessagingSettings) -> ssl.SSLContext:
    """Verifies the broker's certificate and its host name. Raises SettingsError for files that are no PEM."""
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca)
        if settings.kafka_certificate is not None:
            context.load_cert_chain(settings.kafka_certificate, settings.kafka_certificate_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"OTKLIK_KAFKA_CA or OTKLIK_KAFKA_CERTIFICATE cannot be read: {error}") from error
    return context


def client_options(settings: MessagingSettings) -> dict[str, Any]:
    """Bootstrap; TLS where the protocol says so, SCRAM where a user is set. Raises SettingsError."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "client_id": settings.name,
        "security_protocol": protocol_of(settings),
    }
    if over_tls(settings):
        options["ssl_context"] = ssl_context_of(settings)
    if settings.kafka_user is not None:
        options |= {
            "sasl_mechanism": settings.kafka_mechanism,
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password.get_secret_value() if settings.kafka_password else "",
        }
    return options


def new_producer(settings: MessagingSettings) -> AIOKafkaProducer:
    """Idempotent and acknowledged by all replicas.

    The bound on a request is above the broker's own on a record, so that the broker alone decides what is too large.
    """
    return AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        linger_ms=0,
        max_batch_size=131_072,
        max_request_size=8_388_608,
    )


async def read_to_end(settings: MessagingSettings, topic: str, starts: dict[int, int] | None = None) -> list[Record]:
    """Every record of a topic from `starts` (per partition; else the beginning) to its present end; no group.

    Committed records alone: the end is where the first transaction that is still open begins.
    """
    consumer = GuardedConsumer(**client_options(settings), enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = await partitions_of(consumer, topic)
        if not partitions:
            return []
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        first = await consumer.beginning_offsets(partitions)
        for partition in partitions:
            wanted = (starts or {}).get(partition.partition, 0)
            consumer.seek(partition, min(max(wanted, first[partition]), ends[partition]))
        found: list[Record] = []
        while True:
            behind = [p for p in partitions if await consumer.position(p) < ends[p]]
            if not behind:
                return found
            for records in (await consumer.getmany(*behind, timeout_ms=500)).values():
                found.extend(records)
    finally:
        await consumer.stop()


def rewind(consumer: AIOKafkaConsumer, records: Iterable[Record]) -> None:
    """Have these records delivered again: each partition goes back to its earliest one.

    A partition that went to another consumer meanwhile is read there from the last commit and is left out here.
    """
    earliest: dict[TopicPartition, int] = {}
    for record in records:
        place = TopicPartition(record.topic, record.partition)
        earliest[place] = min(record.offset, earliest.get(place, record.offset))
    for place, offset in earliest.items():
        with contextlib.suppress(IllegalStateError):
            consumer.seek(place, offset)


async def abandon(producer: AIOKafkaProducer) -> None:
    """Close a producer without sending what it still holds, which `stop` would do, for as long as the broker is away.

    What was on the wire may still arrive. Futures of what was not acknowledged fail with KafkaError.
    """
    sender = producer._sender.sender_task
    producer._message_accumulator.fail_all(ProducerClosed())
    if sender is not None:
        sender.cancel()
    await producer.client.close()
    if sender is not None:
        # It waits for requests under way, and one of them perhaps for metadata that nobody fetches any more.
        await asyncio.wait({sender}, timeout=1.0)
        sender.cancel()
        await asyncio.wait({sender}, timeout=1.0)
    producer._closed = True


async def close(producer: AIOKafkaProducer, patience: float = 5.0) -> None:
    """Stop a producer in order; abandon it when the broker does not take the rest within `patience` seconds."""
    try:
        await asyncio.wait_for(producer.stop(), patience)
    except TimeoutError:
        await abandon(producer)


async def partitions_of(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    """Partitions of a topic that the consumer may not know yet; none where there is no such topic."""
    numbers = consumer.partitions_for_topic(topic) or await _ask(consumer, topic)
    return [TopicPartition(topic, number) for number in sorted(numbers)]


async def _ask(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    return consumer.partitions_for_topic(topic) or set()
