"""What a mail of ours carries so that the answer to it finds its conversation, and nobody else's does. Pure.

A Message-ID names the conversation, the notice by a keyed hash, and a keyed check of both together with the address
that the notice went to: whoever writes from another address, or makes one up, is in no conversation. A notice has the
same Message-ID at each try, by which mail servers and programs know the repetition.
"""

from __future__ import annotations

import base64
import hmac
import re
from uuid import UUID

from common.contracts.unambiguous_bytes import joined

from channels.adapters.email.addresses import same

TOKEN_CHARACTERS, CHECK_BYTES = 26, 15
FORM = re.compile(r"<([a-z2-7]{26})\.([a-z2-7]{26})\.([a-z2-7]{24})@[^<>@\s]{1,255}>")


class MailKeys:
    """Under a key for this alone."""

    def __init__(self, key: bytes, domain: str) -> None:
        self._key = key
        self._domain = domain

    def tag(self, notice_id: str) -> str:
        """By which a mail that comes back is known: nobody can name a notice that they were not sent."""
        return _text(self._hash("notice", notice_id)[:16])

    def message_id(self, conversation: str, address: str, notice_id: str) -> str:
        """Of the mail that tells of a notice. A conversation that is no UUID is none of this channel's own: the answer
        to such a mail begins one."""
        whose, notice = _packed(conversation), self.tag(notice_id)
        if whose is None:
            return f"<{notice}@{self._domain}>"
        return f"<{whose}.{notice}.{self._check(whose, notice, address)}@{self._domain}>"

    def conversation_of(self, message_id: str, address: str) -> str | None:
        """Which conversation a Message-ID names, for whoever writes from this address; None where it names none, or was
        sent to somebody else."""
        found = FORM.fullmatch(message_id)
        if found is None:
            return None
        whose, notice, check = found.groups()
        if not hmac.compare_digest(check, self._check(whose, notice, address)):
            return None
        return _unpacked(whose)

    def _check(self, whose: str, notice: str, address: str) -> str:
        return _text(self._hash("check", whose, notice, same(address))[:CHECK_BYTES])

    def _hash(self, *parts: str) -> bytes:
        return hmac.digest(self._key, joined(parts, "\0"), "sha256")


def _text(data: bytes) -> str:
    """In letters and digits that mean the same in both cases."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def _packed(conversation: str) -> str | None:
    try:
        found = UUID(conversation)
    except ValueError:
        return None
    return _text(found.bytes) if str(found) == conversation else None


def _unpacked(whose: str) -> str | None:
    try:
        return str(UUID(bytes=base64.b32decode(whose.upper() + "======")))
    except ValueError:
        return None
