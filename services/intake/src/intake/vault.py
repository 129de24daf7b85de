"""Sealing of personal data, and pseudonyms."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from common.failures import Permanent
from common.joining import joined
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class KeyRefused(ValueError):
    """A key setting that is not base64 of 32 bytes."""


def read_key(name: str, text: str | None) -> bytes:
    """A key from a setting; raises KeyRefused naming the variable."""
    try:
        key = base64.b64decode(text or "", validate=True)
    except binascii.Error as error:
        raise KeyRefused(f"{name} is not base64") from error
    if len(key) != 32:
        raise KeyRefused(f"{name} must be base64 of 32 bytes, and holds {len(key)}")
    return key


def read_keys(name: str, text: str | None) -> list[bytes]:
    """Keys separated by commas; raises KeyRefused naming the variable."""
    return [read_key(name, each.strip()) for each in text.split(",")] if text else []


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:12]


class Vault:
    """AES-GCM under one key, whose id stands beside what it sealed; older keys open what they sealed."""

    def __init__(self, key: bytes, pseudonym_key: bytes, older: Sequence[bytes] = ()) -> None:
        self._ciphers = {_key_id(each): AESGCM(each) for each in (*older, key)}
        self._key = key
        self._pseudonym_key = pseudonym_key
        self.key_id = _key_id(key)
        self._cipher = self._ciphers[self.key_id]

    def seal(self, text: str, about: str) -> bytes:
        """`about` (the message's or conversation's id) is bound to the sealed text.

        The nonce is derived from both, so that a repeated decision seals alike and no nonce seals two texts.
        """
        nonce = hmac.digest(self._key, joined((about, text), "\0"), "sha256")[:12]
        return nonce + self._cipher.encrypt(nonce, text.encode(), about.encode())

    def open(self, sealed: bytes, about: str, key_id: str) -> str:
        """Raises cryptography's InvalidTag when the text was sealed about something else or changed.

        Raises Permanent when the key of that id is not here.
        """
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise Permanent(f"sealed under key {key_id}, which is not here: add it to OTKLIK_VAULT_OLDER_KEYS, replay")
        return cipher.decrypt(sealed[:12], sealed[12:], about.encode()).decode()

    def pseudonym(self, channel: str, address: str) -> str:
        """The same citizen on the same channel has the same one; nobody without the key can find the citizen."""
        whose = joined((channel, address.strip().lower()), "\0")
        return hmac.digest(self._pseudonym_key, whose, "sha256").hex()[:24]
