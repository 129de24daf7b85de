"""Kafka's bounds on what an integrator may send, read and ask in a second; one over them is slowed down by the broker.

librdkafka's administrator knows no client quotas, so the request is made here, over aiokafka's connection.
"""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from provision.errors import ProvisionError

ALTER_CLIENT_QUOTAS = 49
PATIENCE_SECONDS = 30.0


class Quotas(BaseSettings):
    """Of each integrator, for each broker. Environment variables named OTKLIK_QUOTA_*."""

    model_config = SettingsConfigDict(env_prefix="OTKLIK_QUOTA_", extra="ignore", frozen=True)

    producer_byte_rate: float = Field(default=1_048_576, gt=0, description="bytes sent a second, some 2,000 messages")
    consumer_byte_rate: float = Field(default=2_097_152, gt=0, description="bytes read a second")
    request_percentage: float = Field(default=25, gt=0, description="of one request thread's time")


class AlterClientQuotasResponseV0(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = ALTER_CLIENT_QUOTAS
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "entries",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8")))),
            ),
        ),
    )


class AlterClientQuotasRequestV0(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = ALTER_CLIENT_QUOTAS
    API_VERSION = 0
    RESPONSE_TYPE = AlterClientQuotasResponseV0
    SCHEMA = Schema(
        (
            "entries",
            Array(
                ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8")))),
                ("ops", Array(("key", String("utf-8")), ("value", Float64), ("remove", Boolean))),
            ),
        ),
        ("validate_only", Boolean),
    )


class AlterClientQuotasRequest(Request[AlterClientQuotasRequestV0]):  # type: ignore[misc]  # aiokafka has no types
    """Sets what one user may; `None` removes every bound."""

    API_KEY = ALTER_CLIENT_QUOTAS

    def __init__(self, user: str, quotas: Quotas | None) -> None:
        self._user = user
        self._quotas = quotas

    def build(self, request_struct_class: type[AlterClientQuotasRequestV0]) -> AlterClientQuotasRequestV0:
        values = self._quotas.model_dump() if self._quotas is not None else dict.fromkeys(Quotas.model_fields, 0.0)
        changes = [(name, value, self._quotas is None) for name, value in values.items()]
        return request_struct_class([([("user", self._user)], changes)], False)


def set_quotas(
    bootstrap: str,
    user: str,
    quotas: Quotas | None,
    *,
    protocol: str,
    mechanism: str,
    name: str | None,
    password: str,
    ca: Path | None = None,
) -> None:
    """Bound what `user` may do, or with None no longer; asked as the administrator `name`. Raises ProvisionError."""

    async def ask() -> None:
        context = ssl.create_default_context(cafile=ca) if "SSL" in protocol.split("_")[-1] else None
        client = AIOKafkaAdminClient(
            bootstrap_servers=bootstrap, security_protocol=protocol, ssl_context=context, sasl_mechanism=mechanism,
            sasl_plain_username=name, sasl_plain_password=password,
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE_SECONDS):
            await client.start()
            try:
                answer = await client._send_to_controller(AlterClientQuotasRequest(user, quotas))
            finally:
                await client.close()
        for code, words, _ in answer.entries:
            if code:
                raise ProvisionError(f"Kafka at {bootstrap} does not set quotas of {user}: {words or code}")

    try:
        # In a thread of its own, since whoever asks may run an event loop.
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(asyncio.run, ask()).result()
    except (KafkaError, OSError, TimeoutError, NotImplementedError) as error:
        raise ProvisionError(f"Kafka at {bootstrap} does not set quotas of {user}: {error or 'no answer'}") from error
