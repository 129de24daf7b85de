"""The CloudEvents headers of a record (binary mode) as JSON schemas: of our events, of commands, of what others send.

On the wire every header is UTF-8 text; the schemas describe that text.
"""

from __future__ import annotations

from typing import Any

from common.contracts.catalogue import Topic
from common.contracts.envelope import MAX_HEADER
from common.contracts.events import Event

HEADERS: dict[str, dict[str, Any]] = {
    "ce_specversion": {"const": "1.0", "description": "Version of CloudEvents; 1.0 when left out."},
    "ce_id": {
        "minLength": 1,
        "description": "The same for the same decision or message, however often it is sent: readers refuse repeats"
        " of (ce_source, ce_id). An integrator's own id; without one the record's position stands in, and a message"
        " sent twice is then two messages.",
    },
    "ce_source": {"minLength": 1, "description": "Who says it: a service's instance, or an integrator's name."},
    "ce_type": {"minLength": 1, "description": "The event type; a reader skips types that it does not know by it."},
    "ce_time": {
        "format": "date-time",
        "description": "When it was decided (RFC 3339 with a zone): the `now` of whoever handles it. Never before"
        " what it follows from. When left out, the broker's time of the record.",
    },
    "ce_subject": {"minLength": 1, "description": "What it is about: the record's key unless said otherwise."},
    "content-type": {"const": "application/json", "description": "What the body is: always JSON, whatever this says."},
    "correlation_id": {"minLength": 1, "description": "Id of the message that began it all; ce_id when left out."},
    "ce_causationid": {"minLength": 1, "description": "ce_id of the record that caused this one."},
    "ce_sequence": {
        "pattern": "^[1-9][0-9]*$",
        "description": "1, 2, 3, ... without a gap for each key of each topic, in the order of the partition: only"
        " on topics with one writer. Whoever reads a topic from its beginning proves by it that nothing is missing,"
        " doubled or out of order. A number that was already seen is a repeat, one further on by more than one is"
        " a loss.",
    },
    "ce_rulesrelease": {
        "minLength": 1,
        "description": "Releases of the rulebook that the decision stands on, for example `national:1+north:1`.",
    },
    "traceparent": {
        "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        "description": "W3C trace context: the span that published the record.",
    },
    "ce_mandate": {
        "pattern": "^[0-9a-f]{32}$",
        "description": "On what routing gives to a region and on what the region says about the case: proof that the"
        " case was given to it. Those who read regions' events refuse one without it.",
    },
    "ce_signature": {
        "pattern": "^[^:]+:[A-Za-z0-9+/]+={0,2}$",
        "description": "`<principal>:<base64 of an Ed25519 signature>` over netstrings (`<length in bytes>:<bytes>,`"
        " one after the other) of: `otklik command`, ce_source (which is the principal), the topic's name without"
        " prefix and `.v1`, ce_id, ce_type, ce_subject, ce_time (UTC, ISO 8601, +00:00), the key, the body.",
    },
}

OURS = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "content-type", "correlation_id")
"""On every record that one of our services writes."""

OUTSIDE = (
    f"Each at most {MAX_HEADER} characters, printable, in any letter case; given twice only with the same value."
    " Two traceparents, or one that cannot be read, begin a new trace. Headers of other names are not looked at."
)

KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "event": ("EventHeaders", "Headers of an event on a topic with one writer.", (*OURS, "ce_sequence")),
    "command": (
        "CommandHeaders",
        f"Headers of a command or a tick: signed by the principal that issues it. {OUTSIDE}",
        ("ce_id", "ce_type", "ce_time", "ce_subject", "ce_signature"),
    ),
    "open": (
        "OpenHeaders",
        f"Headers of what integrators send: only the type is needed. {OUTSIDE}",
        ("ce_type",),
    ),
}
"""Kind -> name of the schema, what it is, which headers it demands."""


def kind_of(topic: Topic, model: type[Event]) -> str:
    """Which headers a type carries on a topic: `event`, `command` or `open`."""
    if model.signed:
        return "command"
    return "open" if topic.multi_writer else "event"


def header_schema(kind: str) -> dict[str, Any]:
    """The schema of one kind's headers."""
    _, about, required = KINDS[kind]
    left_out = {
        "event": {"ce_signature"},
        "command": {"ce_sequence", "ce_mandate"},
        "open": {"ce_sequence", "ce_signature", "ce_mandate"},
    }[kind]
    properties = {n: {"type": "string", **s} for n, s in HEADERS.items() if n not in left_out}
    return {"type": "object", "description": about, "required": list(required), "properties": properties}
