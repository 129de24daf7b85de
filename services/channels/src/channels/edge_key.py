"""Keyed hashes of the HTTP edges: secrets that prove who began a conversation, and ids that nobody else can guess."""

from __future__ import annotations

import base64
import hashlib
import hmac

from common.contracts.seen_text import same_name
from common.contracts.unambiguous_bytes import joined
from common.messaging.sealing import Sealer


class EdgeKey:
    """Made at start with the other secrets of an installation; the same key gives the same secrets and ids."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def secret(self, channel: str, conversation: str) -> str:
        """What whoever began a conversation over HTTP is told, and must send to go on in it."""
        return base64.urlsafe_b64encode(self._hash("secret", channel, same_name(conversation))).decode().rstrip("=")

    def sealer(self, what: str) -> Sealer:
        """Seals what lies in the edges' database, under a key for this alone."""
        return Sealer(self._hash("sealer", what))

    def fits(self, given: str, channel: str, conversation: str) -> bool:
        """Whether a secret is a conversation's."""
        return hmac.compare_digest(given.encode(), self.secret(channel, conversation).encode())

    def event_id(self, *parts: str) -> str:
        """A repeatable id in the form of a UUID (version 8 of RFC 9562)."""
        digest = bytearray(self._hash("event", *parts)[:16])
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        text = digest.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _hash(self, *parts: str) -> bytes:
        return hmac.digest(self._key, joined(parts, "\0"), "sha256")


def fingerprint(secret: str) -> bytes:
    """By which a secret is known in the database, which holds none."""
    return hashlib.sha256(secret.encode()).digest()


def posted_id(key: EdgeKey, channel: str, conversation: str, kind: str, idempotency_key: str) -> str:
    """The event's id of a JSON post with an Idempotency-Key: whose key it is, the conversation says."""
    return key.event_id("idempotency", channel, same_name(conversation), kind, idempotency_key)
