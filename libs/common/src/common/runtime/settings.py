"""What every process may be told, from environment variables named OTKLIK_*; a service's `settings` hold its own."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from common.messaging.settings import MessagingSettings, SettingsError


class Settings(MessagingSettings):
    """What every process may be told."""

    federation: Path = Field(description="folder of the federation's data")
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=0, description="health, metrics and what the service serves; 0: any free port")
    ready_grace_seconds: float = Field(default=30.0, ge=0, description="time to get partitions and releases")
    ready_batch_seconds: float = Field(default=120.0, gt=0, description="longest without a batch while records wait")
    ready_lag: int = Field(default=1_000_000, ge=1, description="most records that may wait")
    ready_outbox_seconds: float = Field(default=60.0, gt=0, description="longest that a decided record may wait")
    ready_dead_letters: int = Field(default=1_000, ge=0, description="most dead letters that may be open")
    ready_parked_keys: int = Field(default=100, ge=0, description="most keys that may wait behind a dead letter")
    ready_tick_seconds: float = Field(default=600.0, gt=0, description="longest without a tick in wall time")
    ready_work_seconds: float = Field(default=300.0, gt=0, description="longest that work beside records may fail")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = Field(default="text", description="json: one object a line, with its trace")


S = TypeVar("S", bound=Settings)


def load_settings(kind: type[S]) -> S:
    """Read the environment; raises SettingsError naming each variable that is missing or wrong."""
    try:
        return kind()
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            if not problem["loc"]:
                lines.append(f"  {problem['msg'].removeprefix('Value error, ')}")
                continue
            name = str(problem["loc"][0])
            field = kind.model_fields.get(name)
            hint = f" ({field.description})" if field is not None and field.description else ""
            lines.append(f"  OTKLIK_{name.upper()}{hint}: {problem['msg']}")
        raise SettingsError("settings are missing or wrong:\n" + "\n".join(lines)) from error
