"""From a record of Kafka to what a handler is given, or to the reason why nobody can be given it. No I/O."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import ValidationError

from common import deadletters
from common.catalogue import Installation, topic_of
from common.delivery import Delivery
from common.envelope import MOST_HEADER, EnvelopeError, from_headers, record_type
from common.events.base import Command, Event
from common.inbox import Identity
from common.kafka import Record
from common.reasons import reason_of
from common.signing import Verifier, proven
from common.telemetry.trace_context import received

MOST_OPEN_BYTES = 262_144
"""Of a body on a topic that others write: what follows from it, several copies of it at most, fits into a record."""
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""JSON may write NUL so, and PostgreSQL holds it neither in text nor in jsonb."""

Kind = Literal["undecodable", "invalid", "refused", "failed", "repeated"]
"""Why nobody is given a record; see common.metric_names.DEAD_LETTERS. `repeated` is no dead letter: its id was used
before, for another body."""


@dataclass(slots=True)
class Read:
    """One record, decoded or not. `topic` is the logical name."""

    record: Record
    topic: str
    key: str
    delivery: Delivery | None
    open_to_many: bool
    reason: str = ""
    kind: Kind = "undecodable"
    """Of the reason, where there is no delivery."""
    traceparent: str = ""
    """Of its handling."""
    caller_span: str | None = None
    """Span id of whoever sent it."""

    @property
    def identity(self) -> Identity:
        """By what a repeat is known. Where others write, ids are unique for a sender and topic only.

        An order that is not proven has a name of its own, so that it cannot take the place of the proven one.
        """
        assert self.delivery is not None
        envelope = self.delivery.envelope
        return (f"{self.topic} {envelope.source}" if self.open_to_many else envelope.source), envelope.id

    def dead(self, kind: Kind, reason: str) -> Read:
        """The same record as one that nobody can handle."""
        return Read(
            self.record, self.topic, self.key, None, self.open_to_many, reason, kind, self.traceparent, self.caller_span
        )


@dataclass(frozen=True, slots=True)
class _TopicFacts:
    """What matters of a topic to whoever reads it."""

    logical: str
    open_to_many: bool
    trusted: bool
    """Written by none but our own principals."""
    kinds: frozenset[str]
    """A record of any other type has no business here. On topics that others write it is worth a dead letter."""


class Reader:
    """Decodes what one service handles; everything else is passed over by its header, unparsed, and counted."""

    def __init__(
        self, installation: Installation, types: Iterable[type[Event]], verifier: Verifier, sample: float = 0.0
    ) -> None:
        """`sample` is the share of records from outside whose handling is traced."""
        self._sample = sample
        self._installation = installation
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
        if model is None and kind is not None and not (topic.open_to_many and kind not in topic.kinds):
            self.skipped[kind] += 1
            return None
        key = deadletters.storable((record.key or b"").decode("utf-8", "replace"))
        appended_at = deadletters.appended_at(record)
        position = (record.topic, record.partition, record.offset)
        try:
            if fault := getattr(record, "fault", ""):
                raise EnvelopeError(fault)
            envelope = from_headers(record.headers, position, key, appended_at, outside=topic.open_to_many)
            if model is None:
                raise EnvelopeError(f"this ce_type is not one that {topic.logical} takes")
            if record.value is None:
                raise EnvelopeError("the record has no body")
            if topic.open_to_many and len(record.value) > MOST_OPEN_BYTES:
                raise EnvelopeError(f"the body is larger than {MOST_OPEN_BYTES} bytes")
            if b"\\u0000" in record.value and ESCAPED_NUL.search(record.value):
                raise EnvelopeError("the body holds a NUL character (\\u0000); leave it out")
            event = model.model_validate_json(record.value)
            if isinstance(event, Command) and len(getattr(event, event.subject_field)) > MOST_HEADER:
                raise EnvelopeError(f"{event.subject_field} is longer than {MOST_HEADER} characters")
        except (EnvelopeError, ValidationError) as error:
            why: Kind = "invalid" if isinstance(error, ValidationError) else "undecodable"
            given = next((v for n, v in record.headers if n == "traceparent" and v), b"").decode("utf-8", "replace")
            traceparent, caller = received(given, position, self._sample, trusted=topic.trusted)
            return Read(
                record, topic.logical, key, None, topic.open_to_many, reason_of(error), why, traceparent, caller
            )
        caller = None
        if topic.open_to_many or envelope.traceparent is None or envelope.traceparent.endswith("-01"):
            traceparent, caller = received(envelope.traceparent, position, self._sample, trusted=topic.trusted)
            envelope = replace(envelope, traceparent=traceparent)
        delivery = Delivery(
            envelope, event, topic.logical, record.partition, record.offset, key, record.value, appended_at, caller
        )
        if event.signed:
            delivery = proven(delivery, self._verifier)
        return Read(
            record, topic.logical, key, delivery, topic.open_to_many,
            traceparent=envelope.traceparent or "", caller_span=caller,
        )  # fmt: skip

    def _topic(self, physical: str) -> _TopicFacts:
        """What the catalogue says of a topic, looked up once."""
        found = self._topics.get(physical)
        if found is None:
            logical = self._installation.logical(physical)
            row = topic_of(logical)
            kinds = frozenset(t.type for t in row.types)
            found = self._topics[physical] = _TopicFacts(
                logical, row.open_to_many, "integrators" not in row.writers, kinds
            )
        return found
