"""Proof that routing gave a case to a region: without it a region's word about the case is not believed.

A mandate is a keyed hash of case and region. Routing makes it, the region repeats it on every event of the case, and
whoever reads regions' events checks it without any state and whatever the order in which topics are read. Only services
of the nation have the key; a region cannot make a mandate for a case that it was never given.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import blake2b
from pathlib import Path

from common.contracts.catalogue import TOPICS
from common.contracts.secret_file import write_secret
from common.contracts.unambiguous_bytes import joined

KEY_FILE = "mandate.key"
"""In the keys folder of every principal of `holders`."""
KEY_BYTES = 32


class Mandates:
    """Makes and checks mandates under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def load(cls, keys: Path) -> Mandates | None:
        """By the key in a keys folder; None where there is none. Raises ValueError for one that is too short."""
        path = keys / KEY_FILE
        if not path.exists():
            return None
        key = bytes.fromhex(path.read_text().strip())
        if len(key) < KEY_BYTES:
            raise ValueError(f"{path} is not a key of {KEY_BYTES} bytes in hexadecimal digits; make a new one")
        return cls(key)

    def of(self, case_id: str, region: str) -> str:
        return blake2b(joined((case_id, region), "\0"), key=self._key, digest_size=16).hexdigest()

    def holds(self, mandate: str, case_id: str, region: str) -> bool:
        return hmac.compare_digest(mandate.encode(), self.of(case_id, region).encode())


def holders() -> frozenset[str]:
    """The services that need the key: those that read regions' events, routing among them."""
    row = next(t for t in TOPICS if t.template == "region.{region}.cases")
    return frozenset(row.consumers) - {"world"}


def make_mandate_key(folder: Path) -> None:
    """A new key in `folder`; an existing one is kept."""
    path = folder / KEY_FILE
    if not path.exists():
        write_secret(path, secrets.token_hex(KEY_BYTES).encode())
