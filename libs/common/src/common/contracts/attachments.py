"""Files that citizens send: what a message names them by, and what a page names them by.

The service that keeps a file signs its name, so whoever reads a message can believe what the name says without asking.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.contracts.signing import Signer, Verifier

KEEPER = "channels"
"""The principal that keeps files and signs their names."""
SHOWER = "portal"
"""The principal whose links open a file for an official."""
BEGINNING = "attachment:"
MOST_BYTES = 16_777_216
"""Of one file."""
MOST_TO_A_MESSAGE = 20
NAME_LENGTH = 600
"""Characters of a name, at most."""


class Attachment(BaseModel):
    """A file that is kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1, max_length=64)
    media_type: str = Field(max_length=60)
    size: int = Field(ge=1, description="bytes")
    picture: bool
    """It can be shown in a page, and has a small form."""


def name_of(attachment: Attachment, channel: str, signer: Signer) -> str:
    """What a message of this channel names the file by."""
    body = _encoded(attachment.model_dump_json())
    return f"{BEGINNING}{body}.{signer.vouch(_named(channel, body))}"


def attachment_of(name: str, channel: str, verifier: Verifier) -> Attachment | None:
    """The file that a message of this channel names; None for a name that the keeper has not given for it."""
    if len(name) > NAME_LENGTH or not name.startswith(BEGINNING):
        return None
    body, _, signature = name.removeprefix(BEGINNING).partition(".")
    if not verifier.vouches(KEEPER, _named(channel, body), signature):
        return None
    try:
        return Attachment.model_validate_json(_decoded(body))
    except (ValidationError, binascii.Error, ValueError):
        return None


def link_to(attachment_id: str, person: str, until: datetime, signer: Signer) -> str:
    """Path and query under which channels shows the file to an official until then."""
    seconds = str(int(until.timestamp()))
    signature = signer.vouch(_opened(attachment_id, person, seconds))
    return f"/attachments/{attachment_id}?person={_encoded(person)}&until={seconds}&signature={signature}"


def opener_of(
    attachment_id: str, person: str, until: str, signature: str, now: datetime, verifier: Verifier
) -> str | None:
    """Who opens the file by such a link; None when it is not one, or not one any more."""
    try:
        opener = _decoded(person).decode()
        ends = datetime.fromtimestamp(int(until), UTC)
    except (binascii.Error, ValueError, OverflowError, OSError):
        return None
    fits = verifier.vouches(SHOWER, _opened(attachment_id, opener, until), signature)
    return opener if fits and now < ends else None


def _named(channel: str, body: str) -> tuple[str, ...]:
    return "otklik attachment", channel, body


def _opened(attachment_id: str, person: str, until: str) -> tuple[str, ...]:
    return "otklik attachment link", attachment_id, person, until


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
