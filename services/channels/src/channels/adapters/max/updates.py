"""MAX's updates as they come, and what of them a bot hears. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from common.contracts.events.base import Place
from pydantic import BaseModel, ConfigDict, Field

from channels.bots.messenger import File, Heard, Pressed

DIALOG = "dialog"
FILES = {"image": "photo", "audio": "voice", "video": "video", "file": "document"}
"""Kinds of attachments that are files."""
TAKEN_BACK = "removed"
"""What stands for an edit where the citizen deleted the message."""
Milliseconds = Annotated[int, Field(ge=0, le=253_402_300_799_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class User(_Part):
    user_id: int
    first_name: str | None = None
    last_name: str | None = None
    is_bot: bool = False


class Recipient(_Part):
    chat_id: int | None = None
    chat_type: str


class Payload(_Part):
    url: str | None = None


class MaxAttachment(_Part):
    type: str
    payload: Payload | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class Body(_Part):
    mid: str = Field(max_length=200)
    text: str | None = None
    attachments: tuple[MaxAttachment, ...] | None = None


class Message(_Part):
    sender: User | None = None
    recipient: Recipient
    timestamp: Milliseconds
    body: Body | None = None


class Callback(_Part):
    callback_id: str
    payload: str | None = None
    user: User


class Update(_Part):
    """The fields beside the first two are those of some kinds of updates."""

    update_type: str
    timestamp: Milliseconds
    message: Message | None = None
    callback: Callback | None = None
    user_locale: str | None = None
    message_id: str | None = Field(default=None, max_length=200)
    user_id: int | None = None
    user: User | None = None
    payload: str | None = Field(default=None, max_length=512)
    """Of `bot_started`: what the link held by which the talk was opened (`max.ru/BOT?start=...`)."""


def heard(update: Update) -> Heard | None:
    """A message of a person to the bot, an edit or a deletion; None for groups and channels, and for a bot's own."""
    at = datetime.fromtimestamp(update.timestamp / 1000, UTC)
    if update.update_type == "message_removed":
        if update.message_id is None or update.user_id is None:
            return None
        return Heard(str(update.user_id), update.message_id, None, None, "", at, edit=TAKEN_BACK)
    message = update.message
    if message is None or message.body is None or message.sender is None or message.sender.is_bot:
        return None
    if message.recipient.chat_type != DIALOG:
        return None
    edited = update.update_type == "message_edited"
    attachments = message.body.attachments or ()
    return Heard(
        chat=str(message.sender.user_id), message=message.body.mid, name=_name(message.sender),
        language=update.user_locale, text=message.body.text or "", sent_at=at, place=_place(attachments),
        files=() if edited else tuple(
            File((a.payload.url if a.payload else None) or "", FILES[a.type]) for a in attachments if a.type in FILES
        ),
        edit=str(update.timestamp) if edited else None,
    )  # fmt: skip


def pressed(update: Update) -> Pressed | None:
    """A button that a person pressed under a message of the bot's."""
    callback, message = update.callback, update.message
    if callback is None or message is None or message.body is None or message.recipient.chat_type != DIALOG:
        return None
    return Pressed(
        str(callback.user.user_id), message.body.mid, _name(callback.user), update.user_locale, callback.payload or ""
    )


def _name(user: User) -> str | None:
    return f"{user.first_name or ''} {user.last_name or ''}".strip() or None


def _place(attachments: tuple[MaxAttachment, ...]) -> Place:
    for one in attachments:
        if one.type == "location" and one.latitude is not None and one.longitude is not None:
            return Place(lat=one.latitude, lon=one.longitude)
    return Place()
