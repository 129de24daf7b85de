"""What deliberation may be told."""

from __future__ import annotations

from common.runtime.settings import Settings
from pydantic import Field, SecretStr


class DeliberationSettings(Settings):
    """As every process, and the key of published names."""

    voice_key: SecretStr = Field(
        description="base64 of 32 bytes; the names by which citizens' voices are published are made under it"
    )
