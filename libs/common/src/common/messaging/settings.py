"""What a process must be told to read and write topics: its servers, its identity, the bounds on its batches."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(RuntimeError):
    """A setting is missing or wrong; the message names the variable and what it should be."""


class MessagingSettings(BaseSettings):
    """From environment variables named OTKLIK_*."""

    model_config = SettingsConfigDict(env_prefix="OTKLIK_", extra="ignore", frozen=True)

    name: str = Field(
        description="this instance: channels, intake, routing, regional-<region>, federal, rules, deliberation,"
        " archive, reflex or portal"
    )
    prefix: str = Field(default="otklik", pattern=r"^[a-zA-Z0-9_-]+$", description="before every topic and group")
    settled_letter_days: int = Field(default=90, ge=1, description="days that a settled dead letter is kept")
    kafka_bootstrap: str = Field(description="host:port of a broker")
    kafka_user: str | None = Field(default=None, description="SCRAM user; none: no authentication")
    kafka_password: SecretStr | None = None
    kafka_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] | None = Field(
        default=None, description="how to speak to Kafka; none: SASL_PLAINTEXT with a user, else PLAINTEXT"
    )
    kafka_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-256"
    kafka_ca: Path | None = Field(
        default=None, description="PEM of who signs the brokers' certificates; none: the system's"
    )
    kafka_certificate: Path | None = Field(
        default=None, description="PEM of this client's own certificate, if asked for"
    )
    kafka_certificate_key: Path | None = Field(default=None, description="PEM of its private key")
    require_tls: bool = Field(
        default=False, description="refuse to start unless Kafka and PostgreSQL are spoken to over verified TLS"
    )
    database_url: str = Field(description="postgresql://user:password@host:port/database of this service alone")
    keys: Path = Field(description="folder with public/<principal>.pem and this principal's private/<principal>.pem")
    time: Literal["wall", "ticks"] = Field(
        default="wall", description="what time is: the clock on the wall, or in a replay the last tick"
    )
    lateness_seconds: float = Field(
        default=60.0,
        ge=0,
        description="deadlines fire so long before the end of a tick; wall time alone",
    )
    tick_skew_seconds: float = Field(
        default=30.0,
        gt=0,
        description="how far a tick may end after the broker's time of its record; wall time alone, alike everywhere",
    )
    batch_records: int = Field(default=2_000, ge=1, le=10_000)
    retry_seconds: float = Field(default=0.5, gt=0, description="first pause before a failed batch is tried again")
    stop_run: int = Field(default=100, ge=1, description="dead letters in a row that stop a partition")
    stop_ratio: float = Field(default=0.5, gt=0, le=1, description="share of dead letters that stops a partition")
    stop_window: int = Field(default=400, ge=1, description="records over which that share is taken")
    stop_pause_seconds: float = Field(default=5.0, gt=0, description="until a stopped partition is first tried again")
    metadata_seconds: float = Field(default=3.0, gt=0, description="how soon a new topic is found")
    trace_sample: float = Field(
        default=0.01, ge=0, le=1, description="share of messages that are traced; failures always are"
    )
    trace_file: Path | None = Field(default=None, description="write spans here as JSON lines")
    otlp_endpoint: str | None = Field(default=None, description="http://host:4318 of an OpenTelemetry collector")

    @property
    def part(self) -> str:
        """Which part of the service's work this process does, apart from the others: it has a consumer group and a
        database schema of its own. Empty: the process is the service."""
        return ""

    @property
    def group(self) -> str:
        """The consumer group."""
        return f"{self.prefix}.{self.name}" + (f".{self.part}" if self.part else "")

    @property
    def lateness(self) -> timedelta:
        """What happened before a tick's end may still be on its way for so long; in a replay nothing is."""
        return timedelta(seconds=self.lateness_seconds if self.time == "wall" else 0)

    @property
    def tick_skew(self) -> timedelta:
        """How far clocks of two machines may differ."""
        return timedelta(seconds=self.tick_skew_seconds)

    @model_validator(mode="after")
    def _tls_where_it_is_required(self) -> Self:
        if self.require_tls and not (self.kafka_protocol or "").endswith("SSL"):
            raise ValueError("OTKLIK_REQUIRE_TLS is set: OTKLIK_KAFKA_PROTOCOL must be SASL_SSL or SSL")
        if self.require_tls and "sslmode=verify-full" not in self.database_url:
            raise ValueError("OTKLIK_REQUIRE_TLS is set: OTKLIK_DATABASE_URL must hold sslmode=verify-full")
        return self
