"""Sealing of bytes under a key that few hold: AES-GCM, bound to what the bytes are about."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from hashlib import blake2b
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_ID_BYTES = 6


class NotSealedHere(Exception):
    """Bytes that none of the keys at hand has sealed, or that were sealed about something else or changed."""


class Seals(Protocol):
    """What a service gives to the plumbing so that others' records lie nowhere in clear."""

    hash_key: bytes
    """For hashes of what could be found by trying all there may be."""

    def seal_bytes(self, plain: bytes, about: str) -> bytes: ...

    def open_bytes(self, sealed: bytes, about: str) -> bytes: ...


class Sealer:
    """Seals under one key, whose id stands in front of what it sealed; older keys open what they sealed."""

    def __init__(self, key: bytes, older: Sequence[bytes] = ()) -> None:
        self._key = key
        self._mark = key_id(key)
        self._bytes_nonce_key = hmac.digest(key, b"nonce of bytes", "sha256")
        self._ciphers = {key_id(each): AESGCM(each) for each in (*older, key)}
        self.hash_key = hmac.digest(key, b"hashes", "sha256")

    def cipher(self, mark: bytes) -> AESGCM:
        """The cipher of a key by its id; raises NotSealedHere."""
        found = self._ciphers.get(mark)
        if found is None:
            raise NotSealedHere(f"sealed under key {mark.hex()}, which is not here: add it to OTKLIK_VAULT_OLDER_KEYS")
        return found

    def seal_bytes(self, plain: bytes, about: str) -> bytes:
        """`about` (an id) is bound to the bytes. The nonce is derived from both: a repeated decision seals alike."""
        bound = about.encode()
        hashed = blake2b(b"%d:%b" % (len(bound), bound), key=self._bytes_nonce_key, digest_size=NONCE_BYTES)
        hashed.update(plain)
        nonce = hashed.digest()
        return self._mark + nonce + self.cipher(self._mark).encrypt(nonce, plain, bound)

    def open_bytes(self, sealed: bytes, about: str) -> bytes:
        """Raises NotSealedHere."""
        nonce = sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        cipher = self.cipher(sealed[:KEY_ID_BYTES])
        try:
            return cipher.decrypt(nonce, sealed[KEY_ID_BYTES + NONCE_BYTES :], about.encode())
        except (InvalidTag, ValueError) as error:
            raise NotSealedHere(f"the sealed bytes about {about} were changed, or are about something else") from error


def key_id(key: bytes) -> bytes:
    """Tells keys apart; says nothing about the key."""
    return hashlib.sha256(key).digest()[:KEY_ID_BYTES]
