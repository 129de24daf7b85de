"""What a channel's integrator is told of a record that was not taken: which, why, and what is allowed. Pure.

Nothing of a body is told. The record's own ce_id is, since it goes to nobody but whoever gave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from common.contracts.catalogue import TOPICS, Installation
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import MAX_HEADER, Envelope, EnvelopeError, own_headers, record_type
from common.contracts.events.base import Event
from common.contracts.events.channel import Allowed, Fault, MessageReceived, RecordRejected
from common.messaging.consume.dead_letters import letter_id
from common.messaging.consume.decode import MAX_OPEN_BYTES, Read
from common.messaging.consume.time_bounds import MESSAGE_AGE, SKEW
from common.messaging.kafka import Record

SENT_AT = (
    f"an RFC 3339 time with its zone, at most {SKEW.seconds // 60} minutes ahead and {MESSAGE_AGE.days} days back;"
    " in a replay of its simulated clock"
)
WHOLE = {
    "headers": f"ce_ and correlation_id: UTF-8, printable, one value each of at most {MAX_HEADER} characters",
    "body": f"JSON without NUL characters, at most {MAX_OPEN_BYTES} bytes",
}
FAILED = "it could not be handled here; the operator has it under dead_letter_id and can have it handled again"
UNKNOWN_NOTICE = "no notice of this channel has this notice_id: send the ce_id of a record of the outbound topic"


class Rejections:
    """Puts rejections into events of the channel's own topic."""

    def __init__(self, installation: Installation, categories: Callable[[], tuple[str, ...]]) -> None:
        self._installation = installation
        self._categories = categories
        rows = [row for row in TOPICS if row.template in ("channel.{channel}.inbound", "channel.{channel}.receipts")]
        self._types: dict[str, dict[str, type[Event]]] = {
            row.template.rsplit(".", 1)[1]: {model.type: model for model in row.types} for row in rows
        }
        self._limits = {model: _limits(model) for row in rows for model in row.types}
        self._required = {model: _required_of(model) for model in self._limits}

    def of_record(self, read: Read, at: datetime) -> Emit | None:
        """About a record that nobody could be given; None when it does not lie on a topic of a channel."""
        stream = _stream(read.topic)
        if stream not in self._types:
            return None
        record, types = read.record, self._types[stream]
        kind = record_type(record.headers)
        model = types.get(kind or "")
        fault: Fault = "failed" if read.kind == "forged" else read.kind
        if len(record.value or b"") > MAX_OPEN_BYTES:
            fault = "oversized"
        elif kind is not None and model is None:
            fault = "unknown_type"
        position = letter_id("intake", read.topic, record)
        cause = Envelope(
            position, "intake", RecordRejected.type, at, position, position, traceparent=read.traceparent or None
        )
        return self._emit(
            read.topic, record.partition, record.offset, cause, at,
            outside_id=_outside_id(record), dead_letter_id=None if read.kind == "repeated" else position, fault=fault,
            reason=FAILED if fault == "failed" else read.reason, allowed=self._allowed(fault, types, model),
        )  # fmt: skip

    def of_delivery(
        self,
        delivery: Delivery,
        cause: Envelope,
        fault: Fault,
        reason: str,
        at: datetime,
        message_id: str | None = None,
    ) -> Emit:
        """About a record that was understood and is not taken; `cause` is its envelope as others may see it."""
        types = self._types[_stream(delivery.topic)]
        return self._emit(
            delivery.topic, delivery.partition, delivery.offset, cause, at,
            outside_id=delivery.envelope.outside_id, message_id=message_id, fault=fault, reason=reason,
            allowed=self._allowed(fault, types, types.get(delivery.envelope.type)),
        )  # fmt: skip

    def _emit(self, topic: str, partition: int, offset: int, cause: Envelope, at: datetime, **fields: Any) -> Emit:
        event = RecordRejected(
            topic=self._installation.physical(topic), partition=partition, offset=offset, rejected_at=at, **fields
        )
        # One key a partition: its order is kept, and no other replica of intake waits for the sequence of it.
        key = f"{_stream(topic)}/{partition}"
        return Emit(f"channel.{topic.split('.')[1]}.rejections", key, event, cause, at)

    def _allowed(self, fault: Fault, types: Mapping[str, type[Event]], model: type[Event] | None) -> Allowed:
        names = tuple(sorted(types))
        if fault == "invalid" and model is not None:
            return Allowed(
                ce_types=names, required=self._required[model], limits=self._limits[model],
                categories=self._categories() if model is MessageReceived else (),
            )  # fmt: skip
        if fault == "untimely":
            return Allowed(limits={"sent_at": SENT_AT})
        if fault in ("undecodable", "unknown_type", "oversized"):
            return Allowed(ce_types=names, limits=WHOLE)
        return Allowed()


def _stream(topic: str) -> str:
    """`inbound` of channel.web.inbound; empty for what is no channel's topic."""
    return topic.rsplit(".", 1)[1] if topic.startswith("channel.") else ""


def _outside_id(record: Record) -> str | None:
    """The ce_id of a record whose headers may be anything; None when it is not one that could be told."""
    try:
        text = own_headers([one for one in record.headers if one[0].lower() == "ce_id"]).get("ce_id")
    except EnvelopeError:
        return None
    return text if text and text.isprintable() and len(text) <= MAX_HEADER else None


def _required(schema: Mapping[str, Any], inside: Mapping[str, Any] | None = None, before: str = "") -> Iterable[str]:
    inside = inside if inside is not None else schema.get("$defs", {})
    for name in schema.get("required", []):
        yield before + name
        yield from _required(_resolved(schema["properties"][name], inside), inside, f"{before}{name}.")


@cache
def _required_of(model: type[Event]) -> tuple[str, ...]:
    return tuple(_required(model.model_json_schema()))


@cache
def _limits(model: type[Event]) -> Mapping[str, str]:
    schema = model.model_json_schema()
    found = dict(_bounds(schema, schema.get("$defs", {})))
    return {**WHOLE, **found, **({"sent_at": SENT_AT} if "sent_at" in model.model_fields else {})}


def _bounds(schema: Mapping[str, Any], inside: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, str]]:
    for name, given in schema.get("properties", {}).items():
        field = _resolved(given, inside)
        words = [text.format(field[key]) for key, text in BOUNDS if key in field]
        if "enum" in field:
            words.append("one of " + ", ".join(map(str, field["enum"])))
        if words:
            yield before + name, ", ".join(words)
        yield from _bounds(field, inside, f"{before}{name}.")


BOUNDS: Sequence[tuple[str, str]] = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {} of them"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
)


def _resolved(schema: Mapping[str, Any], inside: Mapping[str, Any]) -> Mapping[str, Any]:
    """A field's own schema, where it is a reference or may be left empty."""
    if "anyOf" in schema:
        schema = next(s for s in schema["anyOf"] if s.get("type") != "null")
    if "$ref" in schema:
        found: Mapping[str, Any] = inside[schema["$ref"].rsplit("/", 1)[1]]
        return found
    return schema
