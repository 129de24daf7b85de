"""What a handler is given and what it gives back."""

from __future__ import annotations

from datetime import datetime

from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.frozen import value


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
    body: bytes | None = None
    """The event on the wire, where whoever emits it had to write it already."""
