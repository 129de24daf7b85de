"""One service process's settings, from environment variables named OTKLIK_*."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError

from common.messaging.settings import MessagingSettings, SettingsError


class Settings(MessagingSettings):
    """What every service's process may be told."""

    federation: Path = Field(description="folder of the federation's data")
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
    ready_grace_seconds: float = Field(default=30.0, ge=0, description="time to get partitions and releases")
    ready_batch_seconds: float = Field(default=120.0, gt=0, description="longest without a batch while records wait")
    ready_lag: int = Field(default=1_000_000, ge=1, description="most records that may wait")
    ready_outbox_seconds: float = Field(default=60.0, gt=0, description="longest that a decided record may wait")
    ready_dead_letters: int = Field(default=1_000, ge=0, description="most dead letters that may be open")
    ready_parked_keys: int = Field(default=100, ge=0, description="most keys that may wait behind a dead letter")
    ready_tick_seconds: float = Field(default=600.0, gt=0, description="longest without a tick in wall time")
    watched_folders: tuple[Path, ...] = Field(
        default=(), description="JSON list; folders of data whose free space the exporter tells"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = Field(default="text", description="json: one object a line, with its trace")


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
