"""A post or comment as a line of JSON says it, and the message that it is. Pure."""

from __future__ import annotations

import re
from typing import Annotated

from common.contracts.events.base import GivenInstant, Place
from common.contracts.events.channel import Contact, MessageReceived
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Link = Annotated[str, StringConstraints(pattern=r"^https?://[^\s\x00-\x1f]+$", max_length=2_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
"""As the network calls a post or a person."""
AT_SIGN = re.compile(r"^@+")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Author(_Part):
    handle: Name
    """By which the network knows them; with or without `@`, in any case."""
    name: str | None = Field(default=None, max_length=200)
    """As the network shows it."""


class PublicPost(_Part):
    """One line."""

    network: str = Field(pattern=r"^[a-z0-9_]{1,20}$")
    """Such as `vk`, `x`, `ok`."""
    id: Name
    """Of the post or comment, in the network."""
    url: Link | None = None
    author: Author
    text: str = Field(max_length=10_000)
    parent: Name | None = None
    """What it is a comment on: a post, or another comment."""
    thread: Name | None = None
    """The post at the root of the comments, where the listening system knows it."""
    posted_at: GivenInstant
    edited_at: GivenInstant | None = None
    """Of a later state of the same post; without text: it was deleted."""
    place: Place = Place()
    category: str | None = Field(default=None, max_length=200)
    language: str | None = Field(default=None, max_length=12)
    media: tuple[Link, ...] = Field(default=(), max_length=20)
    """Addresses, which nobody fetches."""

    @property
    def handle(self) -> str:
        """The author's one spelling."""
        return AT_SIGN.sub("", self.author.handle).lower()

    @property
    def address(self) -> str:
        return f"{self.network}:{self.handle}"


def message_of(post: PublicPost, conversation: str, replaces: str | None) -> MessageReceived:
    """What its author says: nothing of the post that it is a comment on."""
    return MessageReceived(
        conversation=conversation,
        contact=Contact(address=post.address, name=post.author.name, language=post.language),
        text=post.text, category=post.category, place=post.place, sent_at=post.edited_at or post.posted_at,
        replaces=replaces, links=(*([post.url] if post.url else []), *post.media),
    )  # fmt: skip
