"""One service process's settings, from environment variables named OTKLIK_*."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
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
    database_url: str = Field(description="postgresql://user:password@host:port/database of this service alone")
    federation: Path = Field(description="folder of the federation's data")
    keys: Path = Field(description="folder with public/<principal>.pem and this principal's private/<principal>.pem")
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=0, description="health, metrics and the service's own pages; 0: any free port")
    vault_key: SecretStr | None = Field(default=None, description="base64 of 32 bytes; intake only")
    pseudonym_key: SecretStr | None = Field(default=None, description="base64 of 32 bytes; intake only")
    time: Literal["wall", "ticks"] = Field(default="wall", description="what an HTTP edge takes for now")
    batch_records: int = Field(default=500, ge=1, le=10_000)
    retry_seconds: float = Field(default=0.5, gt=0, description="first pause before a failed batch is tried again")
    metadata_seconds: float = Field(default=3.0, gt=0, description="how soon a new topic is found")
    trace_sample: float = Field(default=0.01, ge=0, le=1)
    trace_file: Path | None = Field(default=None, description="write spans here as JSON lines")
    otlp_endpoint: str | None = Field(default=None, description="http://host:4318 of an OpenTelemetry collector")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def load_settings() -> Settings:
    """Read the environment; raises SettingsError naming each variable that is missing or wrong."""
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = str(problem["loc"][0])
            field = Settings.model_fields.get(name)
            hint = f" ({field.description})" if field is not None and field.description else ""
            lines.append(f"  OTKLIK_{name.upper()}{hint}: {problem['msg']}")
        raise SettingsError("settings are missing or wrong:\n" + "\n".join(lines)) from error
