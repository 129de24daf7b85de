"""What a composition root is given to wire a service."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from common.contracts.catalogue import Installation, topic_of
from common.contracts.envelope import Envelope, to_headers
from common.contracts.events.base import Event
from common.contracts.mandates import Mandates
from common.contracts.signing import Signer, Verifier
from common.federation.country import Federation
from common.messaging.failures import TransientError
from common.messaging.telemetry.requests import Publication
from common.messaging.telemetry.spans import SpanWriter
from common.messaging.works import Works
from common.runtime.settings import Settings

EDGE_SECONDS = 10.0
"""How long somebody at an HTTP edge waits for Kafka; the producer itself never gives up."""


S_co = TypeVar("S_co", bound=Settings, covariant=True)


@dataclass
class Context(Generic[S_co]):
    settings: S_co
    federation: Federation
    installation: Installation
    verifier: Verifier
    signer: Signer | None
    pool: asyncpg.Pool
    producer: AIOKafkaProducer
    spans: SpanWriter | None = None
    mandates: Mandates | None = None
    """Where this service reads what regions say, or gives them cases."""
    works: Works = field(default_factory=Works)
    """What this process does beside its records."""

    @property
    def name(self) -> str:
        """This instance: `regional-north` for a region's own."""
        return self.settings.name

    def now(self) -> datetime:
        """The time at an HTTP edge; never for domain decisions."""
        return datetime.now(UTC)

    async def publish(
        self,
        topic: str,
        key: str,
        event: Event,
        *,
        id: str,
        time: datetime,
        correlation_id: str | None = None,
        sign: bool = False,
    ) -> None:
        """Publish from an HTTP edge; returns once Kafka has acknowledged. Raises TransientError when it does not in
        time: then Kafka may have it all the same, so a repetition must carry the same `id`. Raises ValueError when
        `sign` is asked and this principal has no key.
        """
        body = event.wire()
        envelope = Envelope(id, self.name, event.type, time, key, correlation_id or id)
        if sign:
            if self.signer is None:
                raise ValueError(f"{self.name} has no private key to sign {event.type}")
            envelope = self.signer.sign(topic, key, envelope, body)
        physical = self.installation.physical(topic)
        outside = "integrators" in topic_of(topic).writers
        publication = Publication(self.spans, self.settings.trace_sample, physical, outside=outside)
        envelope = replace(envelope, traceparent=publication.traceparent)
        try:
            sent = self.producer.send_and_wait(physical, value=body, key=key.encode(), headers=to_headers(envelope))
            told = await asyncio.wait_for(sent, EDGE_SECONDS)
            publication.acknowledged(told.partition, told.offset)
        except TimeoutError as error:
            publication.failed(type(error).__name__)
            raise TransientError(f"Kafka did not acknowledge within {EDGE_SECONDS:.0f} s") from error
        except KafkaError as error:
            publication.failed(type(error).__name__)
            raise TransientError(f"Kafka did not acknowledge: {error}") from error
