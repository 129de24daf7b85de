"""What the environment may tell an operator's commands."""

from __future__ import annotations

from common.runtime.settings import Settings
from pydantic import Field, SecretStr


class OperatorSettings(Settings):
    """As every process, and intake's keys where the operator has them: they open the dead letters it sealed."""

    vault_key: SecretStr | None = Field(default=None, description="base64 of 32 bytes; intake's")
    vault_older_keys: SecretStr | None = Field(default=None, description="comma-separated; intake's earlier ones")
