"""Keys from settings: base64 of 32 bytes."""

from __future__ import annotations

import base64
import binascii

from pydantic import SecretStr

from common.messaging.settings import SettingsError

KEY_BYTES = 32


class KeyRefused(SettingsError):
    """A key setting that is not base64 of 32 bytes; the message names the variable."""


def read_key(name: str, text: str | None) -> bytes:
    """A key from a setting; raises KeyRefused naming the variable."""
    try:
        key = base64.b64decode(text or "", validate=True)
    except binascii.Error as error:
        raise KeyRefused(f"{name} is not base64") from error
    if len(key) != KEY_BYTES:
        raise KeyRefused(f"{name} must be base64 of {KEY_BYTES} bytes, and holds {len(key)}")
    return key


def read_keys(name: str, held: SecretStr | None) -> list[bytes]:
    """Keys separated by commas; raises KeyRefused naming the variable."""
    return [read_key(name, each.strip()) for each in held.get_secret_value().split(",")] if held else []
