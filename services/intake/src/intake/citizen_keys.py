"""A key for each citizen, under which everything personal of them is sealed; whoever destroys it destroys that."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from common.contracts.frozen import value
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from intake.vault import Vault

KEY_BYTES, NONCE_BYTES, KEY_ID_BYTES = 32, 12, 16


@value
class KeptKey:
    """A citizen's key as the database has it."""

    key_id: str
    citizen: str
    in_use: bool
    """New records are sealed under it."""
    sealed: bytes
    """By the vault."""


class CitizenKeys:
    """Those keys that one batch needs: the database has the others, and alone says which there still are.

    What was sealed before citizens had keys names a key of the vault, which opens it.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._ciphers: dict[str, AESGCM] = {}
        self._in_use: dict[str, str] = {}

    def begin(self) -> None:
        """Forget the keys of the batch before: some may be destroyed by now."""
        self._ciphers.clear()
        self._in_use.clear()

    def made(self, citizen: str) -> KeptKey:
        """A new key, to be kept in the database and given back by `hold`."""
        key_id = secrets.token_hex(KEY_ID_BYTES)
        return KeptKey(key_id, citizen, True, self._vault.seal_bytes(secrets.token_bytes(KEY_BYTES), _about(key_id)))

    def hold(self, keys: Iterable[KeptKey]) -> None:
        """Make these ready for the batch."""
        for each in keys:
            self._ciphers[each.key_id] = AESGCM(self._vault.open_bytes(each.sealed, _about(each.key_id)))
            if each.in_use:
                self._in_use[each.citizen] = each.key_id

    @staticmethod
    def is_citizens(key_id: str) -> bool:
        """Whether an id names a citizen's key and not one of the vault's."""
        return len(key_id) == 2 * KEY_ID_BYTES

    def missing(self, key_ids: Iterable[str]) -> set[str]:
        """Those ids of citizens' keys that are not ready yet."""
        return {each for each in key_ids if self.is_citizens(each) and each not in self._ciphers}

    def opens(self, key_id: str) -> bool:
        """Whether something sealed under it can be opened; False once the citizen is erased."""
        return not self.missing((key_id,))

    def of(self, citizen: str) -> str:
        """The id of the key that a citizen's new records are sealed under; it must be held."""
        return self._in_use[citizen]

    def seal(self, text: str, about: str, key_id: str) -> bytes:
        """`about` (the message's or conversation's id) is bound to the sealed text. The key is a citizen's and held."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._ciphers[key_id].encrypt(nonce, text.encode(), about.encode())

    def open(self, sealed: bytes, about: str, key_id: str) -> str:
        """Raises cryptography's InvalidTag when the text was sealed about something else or changed, PermanentError
        when the vault's key of that id is not here, KeyError when it is a citizen's and not held."""
        if not self.is_citizens(key_id):
            return self._vault.open(sealed, about, key_id)
        return self._ciphers[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode()).decode()

    def open_older(self, sealed: bytes, about: str) -> str:
        """What the vault itself sealed with its key's id in front."""
        return self._vault.open_bytes(sealed, about).decode()


def _about(key_id: str) -> str:
    """About what a citizen's key is sealed."""
    return f"key {key_id}"
