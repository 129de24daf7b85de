"""Whom a published voice names: a citizen by a name that holds for one proposal alone, others by their id. Pure."""

from __future__ import annotations

from hashlib import blake2b

from common.contracts.events.deliberation import VoiceRole
from common.contracts.unambiguous_bytes import joined


class Pseudonyms:
    """Without the key nobody can tell that two names on two proposals are one citizen, nor who it is."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, proposal_id: str, person: str, role: VoiceRole) -> str:
        if role != "citizen":
            return person
        return blake2b(joined((proposal_id, person), "\0"), key=self._key, digest_size=12).hexdigest()
