"""One service process's settings, from environment variables named OTKLIK_*."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(RuntimeError):
    """A setting is missing or wrong; the message names the variable and what it should be."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="OTKLIK_", extra="ignore", frozen=True)

    name: str = Field(description="this instance: intake, routing, regional-<region>, federal, rules, reflex or portal")
    prefix: str = Field(default="otklik", pattern=r"^[a-zA-Z0-9_-]+$", description="before every topic and group")
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
    federation: Path = Field(description="folder of the federation's data")
    keys: Path = Field(description="folder with public/<principal>.pem and this principal's private/<principal>.pem")
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=0, description="health, metrics and the service's own pages; 0: any free port")
    http_rate: float = Field(
        default=100.0, ge=0, description="requests a second taken from one client address; 0: no limit"
    )
    http_burst: float = Field(default=300.0, ge=1, description="requests taken from it at once after a quiet time")
    http_connections: int = Field(default=1_000, ge=8, description="open connections at a time")
    http_connections_per_address: int = Field(
        default=256, ge=1, description="of one client address; beyond it the one that sends slowest is closed"
    )
    http_head_seconds: float = Field(default=10.0, gt=0, description="longest for request line and headers")
    http_body_seconds: float = Field(
        default=10.0, gt=0, description="longest for a body, plus one second for each 1,000 bytes that came"
    )
    health_port: int | None = Field(
        default=None,
        description="port of health and metrics alone, where pages are public; none: http_port",
    )
    trusted_proxies: str = Field(
        default="",
        description="comma-separated addresses or networks of proxies whose X-Forwarded-For names the client and"
        " whose X-Forwarded-Proto says whether it came over TLS",
    )
    portal_url: str | None = Field(
        default=None, description="address at which people reach the portal; with https its cookies are for TLS alone"
    )
    vault_key: SecretStr | None = Field(default=None, description="base64 of 32 bytes; intake only")
    vault_older_keys: SecretStr | None = Field(
        default=None, description="comma-separated; keys that the vault no longer seals under but still opens"
    )
    open311_keys: SecretStr | None = Field(
        default=None, description="comma-separated; api_key of Open311 must be one of these; none: no key is asked"
    )
    edge_key: SecretStr | None = Field(
        default=None,
        description="base64 of 32 bytes, intake only; the HTTP edge makes the secrets of conversations under it; none:"
        " under one that follows from OTKLIK_PSEUDONYM_KEY",
    )
    pseudonym_key: SecretStr | None = Field(default=None, description="base64 of 32 bytes; intake only")
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
    ready_grace_seconds: float = Field(default=30.0, ge=0, description="time to get partitions and releases")
    ready_batch_seconds: float = Field(default=120.0, gt=0, description="longest without a batch while records wait")
    ready_lag: int = Field(default=1_000_000, ge=1, description="most records that may wait")
    ready_outbox_seconds: float = Field(default=60.0, gt=0, description="longest that a decided record may wait")
    ready_dead_letters: int = Field(default=1_000, ge=0, description="most dead letters that may be open")
    ready_parked_keys: int = Field(default=100, ge=0, description="most keys that may wait behind a dead letter")
    ready_tick_seconds: float = Field(default=600.0, gt=0, description="longest without a tick in wall time")
    metadata_seconds: float = Field(default=3.0, gt=0, description="how soon a new topic is found")
    trace_sample: float = Field(
        default=0.01, ge=0, le=1, description="share of messages that are traced; failures always are"
    )
    trace_file: Path | None = Field(default=None, description="write spans here as JSON lines")
    otlp_endpoint: str | None = Field(default=None, description="http://host:4318 of an OpenTelemetry collector")
    watched_folders: tuple[Path, ...] = Field(
        default=(), description="JSON list; folders of data whose free space the exporter tells"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = Field(default="text", description="json: one object a line, with its trace")

    @property
    def lateness(self) -> timedelta:
        """What happened before a tick's end may still be on its way for so long; in a replay nothing is."""
        return timedelta(seconds=self.lateness_seconds if self.time == "wall" else 0)

    @property
    def tick_skew(self) -> timedelta:
        """How far clocks of two machines may differ."""
        return timedelta(seconds=self.tick_skew_seconds)

    @model_validator(mode="after")
    def _tls_where_it_is_required(self) -> Settings:
        if self.require_tls and not (self.kafka_protocol or "").endswith("SSL"):
            raise ValueError("OTKLIK_REQUIRE_TLS is set: OTKLIK_KAFKA_PROTOCOL must be SASL_SSL or SSL")
        if self.require_tls and "sslmode=verify-full" not in self.database_url:
            raise ValueError("OTKLIK_REQUIRE_TLS is set: OTKLIK_DATABASE_URL must hold sslmode=verify-full")
        return self


def load_settings() -> Settings:
    """Read the environment; raises SettingsError naming each variable that is missing or wrong."""
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            if not problem["loc"]:
                lines.append(f"  {problem['msg'].removeprefix('Value error, ')}")
                continue
            name = str(problem["loc"][0])
            field = Settings.model_fields.get(name)
            hint = f" ({field.description})" if field is not None and field.description else ""
            lines.append(f"  OTKLIK_{name.upper()}{hint}: {problem['msg']}")
        raise SettingsError("settings are missing or wrong:\n" + "\n".join(lines)) from error
