"""What we put into headers is a CloudEvent by another hand's reading, and by our own published schema."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from common.contracts.envelope import Envelope, from_headers, to_headers
from common.contracts.publish.headers import HEADERS, header_schema
from jsonschema.validators import Draft202012Validator

NOW = datetime(2011, 7, 1, 14, 0, 0, 250000, tzinfo=UTC)
FULL = Envelope(
    id="6c9b8f9e-0000-5000-8000-000000000001", source="regional-north", type="region.case.answered.v1", time=NOW,
    subject="case-1", correlation_id="message-1", causation_id="command-1", sequence=7, release="national:1+north:1",
    traceparent=f"00-{'a' * 32}-{'b' * 16}-01", signature="portal:c2lnbmVk", mandate="c" * 32,
)  # fmt: skip
LEAST = Envelope("id-1", "hotline", "channel.message.received.v1", NOW, "call-17", "id-1")


@pytest.mark.parametrize("envelope", [FULL, LEAST], ids=["full", "least"])
def test_the_cloudevents_package_reads_what_we_write(envelope: Envelope) -> None:
    message = KafkaMessage(headers=dict(to_headers(envelope)), key=envelope.subject, value=b'{"a": 1}')
    event = from_binary(message, JSONFormat(), CloudEvent)
    assert event.get_specversion() == "1.0"
    assert (event.get_id(), event.get_source(), event.get_type()) == (envelope.id, envelope.source, envelope.type)
    assert (event.get_subject(), event.get_time()) == (envelope.subject, envelope.time)
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == {"a": 1}
    sequence = event.get_extension("sequence")
    assert sequence == (None if envelope.sequence is None else str(envelope.sequence))


def test_we_read_what_the_cloudevents_package_writes() -> None:
    attributes = {"id": "call-17-1", "source": "hotline", "type": "channel.message.received.v1", "time": NOW}
    written = to_binary(CloudEvent({**attributes, "datacontenttype": "application/json"}, {"a": 1}), JSONFormat())
    found = from_headers(list(written.headers.items()), ("t", 0, 0), "call-17", datetime(2000, 1, 1, tzinfo=UTC))
    assert found == Envelope("call-17-1", "hotline", "channel.message.received.v1", NOW, "call-17", "call-17-1")


def test_reading_gives_back_what_was_written() -> None:
    assert from_headers(to_headers(FULL), ("t", 0, 0), "key", datetime(2000, 1, 1, tzinfo=UTC)) == FULL


def test_the_published_schema_names_every_header_and_accepts_ours() -> None:
    headers = {name: value.decode() for name, value in to_headers(FULL)}
    assert headers.keys() == HEADERS.keys()
    for kind in ("event", "command"):
        Draft202012Validator(header_schema(kind)).validate(headers)
    Draft202012Validator(header_schema("open")).validate({"ce_type": "channel.message.received.v1"})


@pytest.mark.parametrize(
    ("kind", "missing"), [("event", "ce_sequence"), ("command", "ce_signature"), ("open", "ce_type")]
)
def test_the_published_schema_demands_what_each_kind_needs(kind: str, missing: str) -> None:
    headers = {name: value.decode() for name, value in to_headers(FULL) if name != missing}
    assert not Draft202012Validator(header_schema(kind)).is_valid(headers)
