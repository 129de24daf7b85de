"""What a bot hears from a messenger, and what it needs of one."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from common.contracts.events.base import Place
from common.contracts.frozen import value

from channels.bots.buttons import Rows
from channels.delivery.deliverer import Awaited


@value
class File:
    """A file of a message, still with the messenger."""

    name: str
    """By which the messenger gives it out: an id or an address."""
    kind: str
    """`photo`, `voice`, `video` or `document`."""


@value
class Heard:
    """One message of a citizen."""

    chat: str
    """The conversation, and the address that replies go to."""
    message: str
    """Its id in the chat."""
    name: str | None
    language: str | None
    text: str
    sent_at: datetime
    place: Place = Place()
    files: tuple[File, ...] = ()
    edit: str | None = None
    """Set where it replaces what it said before: which of its edits this is."""
    opens: bool = False
    """It says nothing but that the talk is opened."""
    link: str = ""
    """What the link holds by which the citizen came here; whoever knows the bot's name writes anything there."""


@value
class Pressed:
    """A button that a citizen pressed."""

    chat: str
    message: str
    """Of the message that it is under."""
    name: str | None
    language: str | None
    data: str


@value
class Reply:
    """What a citizen is told of a button, in the citizen's language."""

    words: str
    rows: Rows = ()
    """The buttons that take the place of those that were there."""
    asks: str = ""
    """A question that is sent as a message of its own."""


class Messenger(Protocol):
    """One messenger's bot API. Methods raise NotNow and Never."""

    @property
    def channel(self) -> str: ...

    async def say(
        self, chat: str, text: str, rows: Rows = (), *, language: str | None = None, ask_place: bool = False,
        once: str = "",
    ) -> Awaited | None:  # fmt: skip
        """`rows` hold English texts. `ask_place`: with a button that sends the place, where there is such. `once`: the
        same at each repetition, where the messenger knows repetitions by an id."""
        ...

    async def download(self, file: File) -> bytes: ...
