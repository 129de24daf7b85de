"""Sealing of personal data, and pseudonyms."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import blake2b

from common.contracts.envelope import as_uuid
from common.contracts.seen_text import same_name
from common.contracts.unambiguous_bytes import joined
from common.messaging.failures import PermanentError
from common.messaging.sealing import NotSealedHere, Sealer, key_id

from intake.address import Addresses, as_before
from intake.linking import code_of


class Vault(Sealer):
    """Texts under one key, whose id stands beside what it sealed; older keys open what they sealed. `addresses` knows
    which of them are one and the same."""

    def __init__(
        self, key: bytes, pseudonym_key: bytes, older: Sequence[bytes] = (), addresses: Addresses | None = None
    ) -> None:  # fmt: skip
        super().__init__(key, older)
        self._addresses = addresses or Addresses(country=None)
        self._pseudonym_key = pseudonym_key
        # A new key of the vault must not make yesterday's records new.
        self.hash_key = hmac.digest(pseudonym_key, b"hashes", "sha256")
        self.key_id = key_id(key).hex()
        self._own = self.cipher(key_id(key))
        self._nonce_key, self._id_key, self._thread_key = (
            hmac.digest(whole, what, "sha256")
            for whole, what in ((key, b"nonce"), (pseudonym_key, b"id"), (pseudonym_key, b"thread"))
        )

    def seal(self, text: str, about: str) -> bytes:
        """`about` (the message's or conversation's id) is bound to the sealed text.

        The nonce is derived from both, so that a repeated decision seals alike and no nonce seals two texts.
        """
        nonce = blake2b(joined((about, text), "\0"), key=self._nonce_key, digest_size=12).digest()
        return nonce + self._own.encrypt(nonce, text.encode(), about.encode())

    def open(self, sealed: bytes, about: str, key_id: str) -> str:
        """Raises cryptography's InvalidTag when the text was sealed about something else or changed.

        Raises PermanentError when the key of that id is not here.
        """
        try:
            cipher = self.cipher(bytes.fromhex(key_id))
        except NotSealedHere as error:
            raise PermanentError(f"{error}, then replay") from error
        return cipher.decrypt(sealed[:12], sealed[12:], about.encode()).decode()

    def hidden_id(self, *parts: str) -> str:
        """A uuid that stands for what an outsider chose: without the key nobody finds either from the other."""
        return as_uuid(blake2b(joined(parts, "\0"), key=self._id_key, digest_size=16).digest())

    def link_code(self, *parts: str) -> str:
        """A code that nobody without the key can tell from the record that asked for it."""
        return code_of(blake2b(joined(("link", *parts), "\0"), key=self._id_key, digest_size=16).digest())

    def code_hash(self, thread: bytes, code: str) -> bytes:
        """By which a code is known in the database, in the conversation where it is awaited."""
        return blake2b(joined((thread.hex(), code), "\0"), key=self._thread_key, digest_size=16).digest()

    def thread(self, channel: str, conversation: str) -> bytes:
        """Under what a conversation is looked up, in whatever Unicode form the channel names it."""
        return blake2b(joined((channel, same_name(conversation)), "\0"), key=self._thread_key, digest_size=16).digest()

    def pseudonym(self, channel: str, address: str) -> str:
        """The same citizen on the same channel has the same one, however the address is spelt; nobody without the key
        can find the citizen."""
        return self._pseudonym(channel, self._addresses.canonical(channel, address))

    def pseudonym_before(self, channel: str, address: str) -> str:
        """What the citizen had before addresses had one spelling: conversations of that time are under it."""
        return self._pseudonym(channel, as_before(address))

    def _pseudonym(self, channel: str, address: str) -> str:
        whose = joined((channel, address), "\0")
        return hmac.digest(self._pseudonym_key, whose, "sha256").hex()[:24]
