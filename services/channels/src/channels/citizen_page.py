"""A citizen's own page: who it belongs to lies sealed under its link's secret, which no database holds. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime

from common.contracts.events.channel import Contact
from common.contracts.frozen import value
from common.messaging.sealing import Sealer
from pydantic import BaseModel, ConfigDict

from channels.edge_key import fingerprint

CODE = re.compile(r"c([A-Za-z0-9_-]{43})")
"""Of links into messengers, which take no more than 64 such characters."""


class PageOwner(BaseModel):
    """In whose name the page speaks."""

    model_config = ConfigDict(frozen=True)

    channel: str
    conversation: str
    contact: Contact


@value
class NewPage:
    """The page of a conversation that is begun by a form."""

    fingerprint: bytes
    sealed: bytes
    begun_at: datetime


def new_page(secret: str, owner: PageOwner, begun_at: datetime) -> NewPage:
    known_by = fingerprint(secret)
    sealed = _sealer(secret).seal_bytes(owner.model_dump_json().encode(), known_by.hex())
    return NewPage(known_by, sealed, begun_at)


def owner_of(sealed: bytes, secret: str) -> PageOwner:
    """For whoever has the link."""
    return PageOwner.model_validate_json(_sealer(secret).open_bytes(sealed, fingerprint(secret).hex()))


def code_of(fingerprint: bytes) -> str:
    """By which a messenger's bot is asked how the cases of a page stand. It opens nothing else: from the fingerprint of
    a page's link nobody finds the link."""
    return "c" + base64.urlsafe_b64encode(fingerprint).decode().rstrip("=")


def fingerprint_in(code: str) -> bytes | None:
    """What a link into a messenger holds of a page; None where it holds anything else."""
    found = CODE.fullmatch(code)
    return base64.urlsafe_b64decode(found[1] + "=") if found is not None else None


def _sealer(secret: str) -> Sealer:
    return Sealer(hmac.digest(secret.encode(), b"citizen page", hashlib.sha256))
