"""A conversation as decisions know it, and what a decision about one message of it gives back. Nothing personal."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from common.contracts.attachments import Attachment
from common.contracts.events.channel import Fault
from common.contracts.events.intake import MessageAdded, MessageRefused, MessageRegistered, SupportGiven, VerdictGiven
from common.contracts.frozen import value

from intake.telling import Telling


class Begun(Protocol):
    """A conversation that was begun, about a case or about a proposal: who may speak in it."""

    @property
    def citizen(self) -> str: ...

    @property
    def language(self) -> str: ...

    @property
    def by_edge(self) -> bool: ...


@value
class Conversation:
    """One citizen's messages about one case, on one channel; a thread of messages there may be about several."""

    channel: str
    case_id: str
    reference: str
    citizen: str
    """Pseudonym."""
    language: str
    correlation_id: str
    begun_at: datetime | None
    by_edge: bool
    """Begun over HTTP, by whoever holds the conversation's secret."""


@value
class Refusal:
    """Why a message is not taken."""

    fault: Fault
    reason: str
    until: datetime | None = None
    """Where the day is full: when it is over."""
    call: str | None = None
    """And the number to call in an emergency."""


@value
class MessageDecision:
    """What becomes of one message."""

    message_id: str
    at: datetime
    """When it was said; for a refused one, when it was refused."""
    event: MessageRegistered | MessageAdded | VerdictGiven | SupportGiven | MessageRefused
    conversation: Conversation | None
    """That it belongs to; None for a refused one."""
    language: str
    """Of the notices."""
    tellings: tuple[Telling, ...] = ()
    """What its sender is told."""
    begins: bool = False
    """It is the conversation's first."""
    attachments: tuple[Attachment, ...] = ()
    """Files that it came with, by names that our edges gave."""
    refusal: Refusal | None = None
