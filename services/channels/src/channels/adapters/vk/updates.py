"""VK's updates (Callback API) as they come, and what of them a bot hears. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from common.contracts.events.base import Place
from pydantic import BaseModel, ConfigDict, Field

from channels.bots.messenger import File, Heard, Pressed

CHATS_BEGIN = 2_000_000_000
"""Peers from here on are talks of several."""
LANGUAGES = {0: "ru", 1: "uk", 2: "be", 3: "en"}
"""By `client_info.lang_id`."""
BUTTON = "button"
"""The field of a button's payload that holds its data."""


START = "start"
"""The command of the button that opens a talk; its text is the messenger's own word for it."""
MAX_LINK = 200


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Coordinates(_Part):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Geo(_Part):
    coordinates: Coordinates


class Size(_Part):
    url: str = ""
    width: int = 0
    height: int = 0


class Photo(_Part):
    sizes: tuple[Size, ...] = ()
    orig_photo: Size | None = None


class Document(_Part):
    url: str = ""


class VoiceMessage(_Part):
    link_ogg: str = ""


class VkAttachment(_Part):
    type: str
    photo: Photo | None = None
    doc: Document | None = None
    audio_message: VoiceMessage | None = None


class Message(_Part):
    id: int = 0
    conversation_message_id: int | None = None
    """Counts in the talk; by it an edit and a button name the message."""
    date: int = Field(ge=0, le=253_402_300_799)
    update_time: int | None = None
    from_id: int
    peer_id: int
    text: str = ""
    geo: Geo | None = None
    attachments: tuple[VkAttachment, ...] = ()
    payload: Any = None
    """Of the button that wrote it."""
    ref: str | None = None
    """What the link held by which the talk was opened (`vk.me/COMMUNITY?ref=...`)."""


class ClientInfo(_Part):
    lang_id: int | None = None


class NewMessage(_Part):
    message: Message
    client_info: ClientInfo = ClientInfo()


class MessageEvent(_Part):
    """A button was pressed."""

    user_id: int
    peer_id: int
    event_id: str
    conversation_message_id: int = 0
    payload: Any = None


class Update(_Part):
    type: str
    group_id: int
    event_id: str = ""
    secret: str | None = None
    object: Any = None


def heard(message: Message, language_id: int | None = None, *, edited: str | None = None) -> Heard | None:
    """A message of a person to the community; None for talks of several and for the community's own. `edited`: the id
    of the update that tells of an edit."""
    if message.from_id <= 0 or message.peer_id != message.from_id or message.peer_id >= CHATS_BEGIN:
        return None
    edit = None if edited is None else f"{message.update_time or ''} {edited}"
    said_at = message.date if edited is None else message.update_time or message.date
    point = message.geo.coordinates if message.geo is not None else None
    return Heard(
        chat=str(message.peer_id), message=_named(message), name=None, language=LANGUAGES.get(language_id or 0)
        if language_id is not None else None, text=message.text, sent_at=datetime.fromtimestamp(said_at, UTC),
        place=Place(lat=point.latitude, lon=point.longitude) if point is not None else Place(),
        files=() if edited is not None else tuple(f for a in message.attachments if (f := _file(a)) is not None),
        edit=edit, opens=edit is None and _payload(message.payload).get("command") == START,
        link=message.ref if edit is None and message.ref is not None and len(message.ref) <= MAX_LINK else "",
    )  # fmt: skip


def pressed(event: MessageEvent) -> Pressed | None:
    """A button that a person pressed; None for one in a talk of several."""
    if event.peer_id != event.user_id or event.peer_id >= CHATS_BEGIN:
        return None
    data = _payload(event.payload).get(BUTTON)
    return Pressed(str(event.peer_id), str(event.conversation_message_id), None, None, str(data or ""))


def _payload(payload: object) -> dict[str, Any]:
    """Of a button; VK sends it as JSON or as the JSON's text."""
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except (ValueError, RecursionError):
            return {}
    return payload if isinstance(payload, dict) else {}


def _named(message: Message) -> str:
    return str(message.conversation_message_id or message.id)


def _file(attachment: VkAttachment) -> File | None:
    """None for what is no file: stickers, links, posts."""
    if attachment.photo is not None:
        found = attachment.photo.orig_photo or max(
            attachment.photo.sizes, key=lambda size: size.width * size.height, default=Size()
        )
        return File(found.url, "photo")
    if attachment.audio_message is not None:
        return File(attachment.audio_message.link_ogg, "voice")
    if attachment.doc is not None:
        return File(attachment.doc.url, "document")
    return File("", "video") if attachment.type == "video" else None
