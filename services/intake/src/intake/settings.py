"""What intake may be told: the keys of the vault, which no other service has."""

from __future__ import annotations

from typing import Literal

from common.runtime.settings import Settings
from pydantic import Field, SecretStr


class IntakeSettings(Settings):
    """As every process, and what it seals and names citizens under."""

    vault_key: SecretStr = Field(description="base64 of 32 bytes; personal data lies sealed under it")
    vault_older_keys: SecretStr | None = Field(
        default=None, description="comma-separated; keys that the vault no longer seals under but still opens"
    )
    names_model: Literal["off", "natasha"] = Field(
        default="off", description="natasha: its model strikes names out of Russian texts too; extra `names`"
    )
    names_english: bool = Field(
        default=False, description="true: names are struck out of English texts too, by a list of given names"
    )
    told_days: int = Field(
        default=180, ge=30, description="days until what was asked and told, and the channels' word on it, is forgotten"
    )
    pseudonym_key: SecretStr = Field(description="base64 of 32 bytes; pseudonyms and ids for outsiders' records")
