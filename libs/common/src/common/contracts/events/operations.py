"""Operators' orders to any service, dead letters, and the record of who looked into them."""

from __future__ import annotations

from typing import ClassVar, Literal

from common.contracts.events.base import Command, Event, Instant


class ReplayDeadLetter(Command):
    """Handle a dead letter again, then what is parked behind it, in order."""

    type: ClassVar[str] = "operations.dead_letter.replay.v1"
    subject_field: ClassVar[str] = "service"

    service: str
    dead_letter_id: str


class SkipDeadLetter(Command):
    """Give a dead letter up; what is parked behind it goes on."""

    type: ClassVar[str] = "operations.dead_letter.skip.v1"
    subject_field: ClassVar[str] = "service"

    service: str
    dead_letter_id: str


class RecordDisclosure(Command):
    """Somebody read the bytes of a dead letter that may hold personal data."""

    type: ClassVar[str] = "operations.dead_letter.disclose.v1"
    subject_field: ClassVar[str] = "service"

    service: str
    dead_letter_id: str


class DeadLetterRecorded(Event):
    """Where a record that could not be handled lies, and why; without its bytes."""

    type: ClassVar[str] = "operations.dead_letter.recorded.v1"

    dead_letter_id: str
    service: str
    topic: str
    partition: int
    offset: int
    reason: str
    sha256: str
    size: int
    parks_key: bool
    recorded_at: Instant
    case_id: str | None = None
    """Of records that our own services wrote about a case."""


class DeadLetterExpired(Event):
    """A dead letter that may hold personal data was deleted unsettled, as old as its topic keeps records."""

    type: ClassVar[str] = "operations.dead_letter.expired.v1"

    dead_letter_id: str
    service: str


class DeadLetterSettled(Event):
    type: ClassVar[str] = "operations.dead_letter.settled.v1"

    dead_letter_id: str
    service: str
    outcome: Literal["replayed", "skipped", "failed_again", "disclosed", "refused"]
    actor: str
    reason: str = ""
    code: str | None = None
    """Of `reason`, see refusals.RefusalCode: what it is put into the reader's words by, with `details`."""
    details: dict[str, str] | None = None
