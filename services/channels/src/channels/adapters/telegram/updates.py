"""Telegram's updates as they come, and what of them a bot hears. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from common.contracts.events.base import Place
from pydantic import BaseModel, ConfigDict, Field

from channels.bots.messenger import File, Heard, Pressed

PRIVATE = "private"
MAX_ADDRESS = 500
START = re.compile(r"/start(?:@\w+)?(?:\s+(\S{1,64}))?\s*", re.IGNORECASE)
"""The first word of a talk; after it what the link held by which it was opened (`t.me/BOT?start=...`)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class User(_Part):
    id: int
    first_name: str = ""
    last_name: str = ""
    language_code: str | None = None


class Chat(_Part):
    id: int
    type: str


class Location(_Part):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    live_period: int | None = None
    """Set where the place goes on moving: each move is an edit."""


class Venue(_Part):
    location: Location
    title: str = ""
    address: str = ""


class TelegramFile(_Part):
    file_id: str


class Message(_Part):
    message_id: int
    date: int = Field(ge=0, le=253_402_300_799)
    edit_date: int | None = None
    chat: Chat
    sender: User | None = Field(default=None, alias="from")
    text: str = ""
    caption: str = ""
    location: Location | None = None
    venue: Venue | None = None
    photo: tuple[TelegramFile, ...] = ()
    """One photo in several sizes, the largest last."""
    voice: TelegramFile | None = None
    audio: TelegramFile | None = None
    video: TelegramFile | None = None
    video_note: TelegramFile | None = None
    document: TelegramFile | None = None


class ShownMessage(_Part):
    """The message under which a button was; of an old one Telegram tells no more."""

    message_id: int
    chat: Chat


class CallbackQuery(_Part):
    id: str
    sender: User = Field(alias="from")
    message: ShownMessage | None = None
    data: str = ""


class Update(_Part):
    """One of the fields beside the id is set; of kinds that a bot of ours does not read, none."""

    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: CallbackQuery | None = None


def heard(update: Update) -> Heard | None:
    """A message of a person to the bot; None for groups, channels and moving places."""
    message = update.message or update.edited_message
    if message is None or message.sender is None or message.chat.type != PRIVATE:
        return None
    edit = None
    if update.message is None:
        if message.location is not None and message.venue is None:
            return None
        edit = str(message.edit_date or update.update_id)
    said_at = message.date if edit is None else message.edit_date or message.date
    start = START.fullmatch(message.text) if edit is None else None
    return Heard(
        chat=str(message.chat.id), message=str(message.message_id), name=_name(message.sender),
        language=message.sender.language_code, text=message.text or message.caption,
        sent_at=datetime.fromtimestamp(said_at, UTC), place=_place(message),
        files=() if edit is not None else _files(message), edit=edit, opens=start is not None,
        link=(start[1] or "") if start is not None else "",
    )  # fmt: skip


def pressed(query: CallbackQuery) -> Pressed | None:
    """A button that a person pressed in the talk with the bot."""
    shown = query.message
    if shown is None or shown.chat.type != PRIVATE:
        return None
    return Pressed(
        str(shown.chat.id), str(shown.message_id), _name(query.sender), query.sender.language_code, query.data
    )


def _name(user: User) -> str | None:
    return f"{user.first_name} {user.last_name}".strip() or None


def _place(message: Message) -> Place:
    if message.venue is not None:
        at, words = message.venue.location, f"{message.venue.title}, {message.venue.address}".strip(", ")
        return Place(lat=at.latitude, lon=at.longitude, address=words[:MAX_ADDRESS] or None)
    if message.location is not None:
        return Place(lat=message.location.latitude, lon=message.location.longitude)
    return Place()


def _files(message: Message) -> tuple[File, ...]:
    given = {
        "photo": message.photo[-1] if message.photo else None,
        "voice": message.voice or message.audio,
        "video": message.video or message.video_note,
        "document": message.document,
    }
    return tuple(File(one.file_id, kind) for kind, one in given.items() if one is not None)
