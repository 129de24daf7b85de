"""What a handler is given and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from common.envelope import Envelope
from common.events.base import Event
from common.values import value

if TYPE_CHECKING:
    import asyncpg

    from common.reading import Read


@value
class Delivery:
    """One record: decoded, validated, new to the inbox. `topic` is the logical name."""

    envelope: Envelope
    event: Event
    topic: str
    partition: int
    offset: int
    key: str
    raw: bytes = b""
    """The body as it came: what a command's signature covers."""
    appended_at: datetime | None = None
    """When the broker took the record: what an outsider's own time is judged by, and for people who trace."""
    caller_span: str | None = None
    """Span id of whoever sent the record, where its handling has one of its own."""
    principal: str | None = None
    """Who signed a command, once that is proven."""
    refused: str | None = None
    """Why a command must not even be considered; the domain says so in its own event."""


@value
class Emit:
    """One record to publish: a row for the outbox.

    Its id is derived from `cause`, the emitting service, topic, key and ordinal; its sequence is given by the outbox.
    """

    topic: str
    """Logical name, for example `region.north.cases`."""
    key: str
    event: Event
    cause: Envelope
    time: datetime
    """`now` of the decision: becomes ce_time."""
    subject: str | None = None
    """Defaults to the key."""
    release: str | None = None
    correlation_id: str | None = None
    """Defaults to the cause's; set it when a tick, not a message, caused the event."""
    mandate: str | None = None
    """Of the region that gets the case, or that speaks about it."""
    id: str | None = None
    """Set where the id must say what a derived one does not."""


class Handler(Protocol):
    """A service's whole reaction to a batch, inside one database transaction.

    Deliveries of one key are in order. It may raise `common.failures.Passing` for what may pass
    (the whole batch is tried again) and anything else for a record that cannot be handled (the batch is then
    tried record by record and only the one that fails alone is dead-lettered).
    """

    types: frozenset[type[Event]]
    """What it handles; everything else is skipped by its header, unparsed. A class with fewer fields that shares its
    wire type with one of the catalogue's reads the same records."""

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]: ...


@runtime_checkable
class AnswersSenders(Protocol):
    """A handler that tells senders outside which of their records were not taken, and why."""

    def rejected(self, reads: Sequence[Read]) -> list[Emit]:
        """Called in the batch's transaction with its dead letters, and with records of topics open to many whose id
        was used before for another body."""
        ...
