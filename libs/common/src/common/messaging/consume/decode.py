"""From a record of Kafka to what a handler is given, or to the reason why nobody can be given it. No I/O."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from common.contracts.catalogue import PLACEHOLDER, Installation, regional_instance, topic_of
from common.contracts.delivery import Delivery
from common.contracts.envelope import MAX_HEADER, Envelope, EnvelopeError, from_headers, record_type
from common.contracts.events.base import Command, Event
from common.contracts.events.region import CommandRefused
from common.contracts.mandates import Mandates
from common.contracts.signing import Verifier, proven
from common.messaging.consume import dead_letters
from common.messaging.consume.error_text import reason_of
from common.messaging.consume.inbox import Identity
from common.messaging.consume.time_bounds import EARLIEST, LATEST
from common.messaging.failures import Forged
from common.messaging.kafka import Record
from common.messaging.telemetry.trace_context import received

MAX_OPEN_BYTES = 262_144
"""Of a body on a topic that others write: what follows from it, several copies of it at most, fits into a record."""
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""JSON may write NUL so, and PostgreSQL holds it neither in text nor in jsonb."""

Kind = Literal["undecodable", "invalid", "forged", "refused", "failed", "repeated"]
"""Why nobody is given a record; see `metrics.DEAD_LETTERS`. `repeated` is no dead letter: its id was used before, for
another body."""


@dataclass(slots=True)
class Read:
    """One record, decoded or not. `topic` is the logical name."""

    record: Record
    topic: str
    key: str
    delivery: Delivery | None
    multi_writer: bool
    reason: str = ""
    kind: Kind = "undecodable"
    """Of the reason, where there is no delivery."""
    traceparent: str = ""
    """Of its handling."""
    caller_span: str | None = None
    """Span id of whoever sent it."""

    @property
    def identity(self) -> Identity:
        """By what a repeat is known: ids are unique for a topic and sender only, since a writer may claim any.

        An order that is not proven has a name of its own, so that it cannot take the place of the proven one.
        """
        assert self.delivery is not None
        envelope = self.delivery.envelope
        return f"{self.topic} {envelope.source}", envelope.id

    @property
    def parks(self) -> bool:
        """Whether its key waits when it cannot be handled, and whether it counts towards a stop of its partition: what
        our own services wrote, and were entitled to write."""
        return not self.multi_writer and self.kind != "forged"

    def dead(self, kind: Kind, reason: str) -> Read:
        """The same record as one that nobody can handle."""
        return Read(
            self.record, self.topic, self.key, None, self.multi_writer, reason, kind, self.traceparent, self.caller_span
        )


@dataclass(frozen=True, slots=True)
class _TopicFacts:
    """What matters of a topic to whoever reads it."""

    logical: str
    multi_writer: bool
    trusted: bool
    """Written by none but our own principals."""
    kinds: frozenset[str]
    """A record of any other type has no business here. On topics that others write it is worth a dead letter."""
    writer: str
    """The only one whose word an event topic holds; of no matter where others write."""
    inside: tuple[str, str] | None
    """What stands for the braces of the topic's name: `("region", "north")`."""
    key_field: str | None
    """The field of its events that is their key."""
    mandated: bool
    """Whether its events need the mandate of the case they are about."""


KEY_FIELDS = {"case": "case_id", "proposal": "proposal_id"}
"""By the catalogue's word for a topic's key."""


class Reader:
    """Decodes what one service handles; everything else is passed over by its header, unparsed, and counted."""

    def __init__(
        self, installation: Installation, types: Iterable[type[Event]], verifier: Verifier, sample: float = 0.0,
        mandates: Mandates | None = None,
    ) -> None:  # fmt: skip
        """`sample` is the share of records from outside whose handling is traced."""
        self._sample = sample
        self._installation = installation
        self._mandates = mandates
        self._fields: dict[type[Event], frozenset[str]] = {}
        self._types: dict[str, type[Event]] = {}
        for one in types:
            other = self._types.setdefault(one.type, one)
            if other is not one:
                raise ValueError(
                    f"{other.__name__} and {one.__name__} are both {one.type}: a handler takes one of them"
                )
        self._verifier = verifier
        self._topics: dict[str, _TopicFacts] = {}
        self.skipped: Counter[str] = Counter()
        """Records passed over, by type."""

    def read(self, record: Record) -> Read | None:
        """Decode a record; None when its type is not handled here."""
        topic = self._topic(record.topic)
        kind = record_type(record.headers)
        # Whoever may write one topic must not pass for the owner of another.
        model = self._types.get(kind) if kind in topic.kinds else None
        if model is None and kind is not None and not (topic.multi_writer and kind not in topic.kinds):
            self.skipped[kind] += 1
            return None
        key = _key(record)
        appended_at = dead_letters.appended_at(record)
        position = (record.topic, record.partition, record.offset)
        try:
            if fault := getattr(record, "fault", ""):
                raise EnvelopeError(fault)
            envelope = from_headers(record.headers, position, key, appended_at, outside=topic.multi_writer)
            if model is None:
                raise EnvelopeError(f"this ce_type is not one that {topic.logical} takes")
            if record.value is None:
                raise EnvelopeError("the record has no body")
            if topic.multi_writer and len(record.value) > MAX_OPEN_BYTES:
                raise EnvelopeError(f"the body is larger than {MAX_OPEN_BYTES} bytes")
            if b"\\u0000" in record.value and ESCAPED_NUL.search(record.value):
                raise EnvelopeError("the body holds a NUL character (\\u0000); leave it out")
            event = model.model_validate_json(record.value)
            if isinstance(event, Command) and len(getattr(event, event.subject_field)) > MAX_HEADER:
                raise EnvelopeError(f"{event.subject_field} is longer than {MAX_HEADER} characters")
            if not topic.multi_writer:
                self._believe(topic, envelope, event, key)
        except (EnvelopeError, ValidationError, Forged) as error:
            why: Kind = "undecodable" if isinstance(error, EnvelopeError) else "invalid"
            if isinstance(error, Forged):
                why = "forged"
            given = next((v for n, v in record.headers if n == "traceparent" and v), b"").decode("utf-8", "replace")
            traceparent, caller = received(given, position, self._sample, trusted=topic.trusted)
            return Read(
                record, topic.logical, key, None, topic.multi_writer, reason_of(error), why, traceparent, caller
            )
        caller = None
        if topic.multi_writer or envelope.traceparent is None or envelope.traceparent.endswith("-01"):
            traceparent, caller = received(envelope.traceparent, position, self._sample, trusted=topic.trusted)
            envelope = replace(envelope, traceparent=traceparent)
        delivery = Delivery(
            envelope, event, topic.logical, record.partition, record.offset, key, record.value, appended_at, caller
        )
        if event.signed:
            delivery = proven(delivery, self._verifier)
        return Read(
            record, topic.logical, key, delivery, topic.multi_writer,
            traceparent=envelope.traceparent or "", caller_span=caller,
        )  # fmt: skip

    def key_if_handled(self, record: Record, types: Set[str]) -> str | None:
        """The key of a record of these types that one of our own services wrote; None for any other, and for one that
        could not be unpacked."""
        topic = self._topic(record.topic)
        if getattr(record, "fault", "") or topic.multi_writer:
            return None
        kind = record_type(record.headers)
        return _key(record) if kind in types and kind in topic.kinds else None

    def logical(self, physical: str) -> str:
        """The catalogue's name of a topic."""
        return self._topic(physical).logical

    def pass_over(self, record: Record) -> None:
        """Count a record that is not read."""
        self.skipped[record_type(record.headers) or "unknown"] += 1

    def _believe(self, topic: _TopicFacts, envelope: Envelope, event: Event, key: str) -> None:
        """Raises Forged for what the topic's one writer may not say."""
        if envelope.source != topic.writer:
            raise Forged(
                f"{topic.logical} is written by {topic.writer} alone, who may not speak as {envelope.source[:100]!r}"
            )
        kind = type(event)
        fields = self._fields.get(kind)
        if fields is None:
            fields = self._fields[kind] = frozenset(kind.model_fields)
        about = getattr(event, topic.key_field) if topic.key_field in fields else None
        if about is not None and not about == envelope.subject == key:
            raise Forged(f"{topic.writer} wrote key, ce_subject and {topic.key_field} that name different things")
        if topic.inside is not None:
            name, value = topic.inside
            if name in fields and getattr(event, name) != value:
                raise Forged(f"{topic.writer} speaks on {topic.logical} for another {name}")
            if topic.mandated and not self._timely(envelope.time):
                raise Forged(
                    f"{topic.writer} speaks on {topic.logical} at {envelope.time.isoformat()}, which is not now"
                )
            if topic.mandated and self._mandates is not None:
                given = envelope.mandate
                if given is None and isinstance(event, CommandRefused):
                    return  # A command about a case that the region never had.
                if given is None or about is None or not self._mandates.holds(given, about, value):
                    raise Forged(f"{topic.writer} speaks on {topic.logical} about a case that it was not given")

    @staticmethod
    def _timely(moment: datetime) -> bool:
        """Within the years of the calendars. Not only the past: what a wrong tick made fall due lies ahead until it is
        taken back, and a region's word moves nobody's cases but its own."""
        return EARLIEST <= moment <= LATEST

    def _topic(self, physical: str) -> _TopicFacts:
        """What the catalogue says of a topic, looked up once."""
        found = self._topics.get(physical)
        if found is None:
            logical = self._installation.logical(physical)
            row = topic_of(logical)
            owner, inside = row.owner, None
            if match := PLACEHOLDER.search(row.template):
                name = match.group(1)
                value = re.fullmatch(row.template.replace(".", r"\.").replace(f"{{{name}}}", "(.+)"), logical)[1]  # type: ignore[index]
                inside = (name, value)
                owner = regional_instance(value) if owner == "regional" else owner.replace("{service}", value)
            found = self._topics[physical] = _TopicFacts(
                logical, row.multi_writer, "integrators" not in row.writers, frozenset(t.type for t in row.types),
                owner, inside, KEY_FIELDS.get(row.key), row.template == "region.{region}.cases",
            )  # fmt: skip
        return found


def _key(record: Record) -> str:
    return dead_letters.storable((record.key or b"").decode("utf-8", "replace"))
