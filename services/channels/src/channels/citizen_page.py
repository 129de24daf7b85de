"""A citizen's own page: who it belongs to lies sealed under its link's secret, which no database holds. Pure."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from common.contracts.events.channel import Contact
from common.contracts.frozen import value
from common.messaging.sealing import Sealer
from pydantic import BaseModel, ConfigDict

from channels.edge_key import fingerprint


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


def _sealer(secret: str) -> Sealer:
    return Sealer(hmac.digest(secret.encode(), b"citizen page", hashlib.sha256))
