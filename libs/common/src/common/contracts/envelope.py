"""CloudEvents 1.0 in Kafka's binary mode: the only place that knows header names."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from common.contracts.frozen import value
from common.contracts.unambiguous_bytes import joined
from common.contracts.utc import as_utc

NAMESPACE = uuid.UUID("5b1ff0a2-5a3c-5d5b-8f0e-6f746b6c696b")
"""All ids that Otklik derives are uuid5 under this one."""

_NAMESPACE_BYTES = NAMESPACE.bytes

Headers = list[tuple[str, bytes]]

MAX_HEADER = 300
"""Characters of a header's value; our own are far shorter, and what follows from a record repeats some of them."""
SEQUENCE = re.compile(r"[0-9]{1,18}")
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
OWN_NAMES = frozenset(
    {
        "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "correlation_id",
        "ce_causationid", "ce_sequence", "ce_rulesrelease", "ce_signature", "ce_mandate",
    }
)  # fmt: skip
"""Headers that are read, and so judged, in any letter case. All others are a stranger's business."""


class EnvelopeError(ValueError):
    """A record whose headers are not a CloudEvent; says which header is missing or wrong."""


@value
class Envelope:
    """Who said what about whom, when, and because of what."""

    id: str
    source: str
    type: str
    time: datetime
    subject: str
    correlation_id: str
    """The id of the message that began it all; the same on everything that follows from it."""
    causation_id: str | None = None
    sequence: int | None = None
    release: str | None = None
    traceparent: str | None = None
    signature: str | None = None
    """`<principal>:<base64 Ed25519 signature>` on commands."""
    mandate: str | None = None
    """Proof that routing gave the case to the region that speaks, see common.mandates."""
    outside_id: str | None = None
    """The ce_id that a sender outside gave, which is told to nobody but that sender."""

    @property
    def identity(self) -> tuple[str, str]:
        """Source and id: two records with the same are one thing said twice."""
        return self.source, self.id


def derived_id(*parts: str) -> str:
    """A repeatable id: the same parts give the same uuid5."""
    return as_uuid(hashlib.sha1(_NAMESPACE_BYTES + joined(parts, "|"), usedforsecurity=False).digest())


def as_uuid(hashed: bytes) -> str:
    """The first 16 bytes of a hash as a UUID of version 5."""
    digest = bytearray(hashed[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def format_time(moment: datetime) -> bytes:
    """RFC 3339 in UTC, the inverse of `parse_time`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat().encode().replace(b"+00:00", b"Z")


def to_headers(e: Envelope) -> Headers:
    """The record's headers; absent fields are left out."""
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", e.id.encode()),
        ("ce_source", e.source.encode()),
        ("ce_type", e.type.encode()),
        ("ce_time", format_time(e.time)),
        ("ce_subject", e.subject.encode()),
        ("content-type", b"application/json"),
        ("correlation_id", e.correlation_id.encode()),
    ]
    if e.causation_id is not None:
        headers.append(("ce_causationid", e.causation_id.encode()))
    if e.sequence is not None:
        headers.append(("ce_sequence", str(e.sequence).encode()))
    if e.release is not None:
        headers.append(("ce_rulesrelease", e.release.encode()))
    if e.traceparent is not None:
        headers.append(("traceparent", e.traceparent.encode()))
    if e.signature is not None:
        headers.append(("ce_signature", e.signature.encode()))
    if e.mandate is not None:
        headers.append(("ce_mandate", e.mandate.encode()))
    return headers


def own_headers(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Our own headers as text, by their names in lower case; all others are left out, whatever they hold.

    Raises EnvelopeError naming one of ours that is not UTF-8, or is given twice with two values: a reader of the first
    and a reader of the second would see two different records. Of several traceparents, or one that is no text, none
    is taken.
    """
    found: dict[str, str] = {}
    traces = []
    for name, raw in headers:
        lowered = name.lower()
        if lowered == "traceparent":
            traces.append(raw or b"")
        if lowered not in OWN_NAMES:
            continue
        try:
            text = (raw or b"").decode()
        except UnicodeDecodeError as error:
            raise EnvelopeError(f"header {lowered} is not UTF-8") from error
        if found.setdefault(lowered, text) != text:
            raise EnvelopeError(f"header {lowered} is given twice, with two values")
    if len(traces) == 1:
        found["traceparent"] = traces[0].decode("utf-8", "replace")
    return found


def header_map(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    """All headers as text: ours as `own_headers` reads them, of others the last of each name."""
    return {name: (raw or b"").decode("utf-8", "backslashreplace") for name, raw in headers} | own_headers(headers)


def _headers_of_ours(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    """What `own_headers` reads, for what our own services wrote: names in lower case, all text, each once."""
    try:
        found = {name: raw.decode() for name, raw in headers}  # type: ignore[union-attr]
    except (UnicodeDecodeError, AttributeError):
        return own_headers(headers)
    return found if len(found) == len(headers) else own_headers(headers)


def record_type(headers: Sequence[tuple[str, bytes | None]]) -> str | None:
    """The event type alone, without looking at anything else; None when absent or unreadable."""
    for name, raw in headers:
        if name == "ce_type":
            return raw.decode("utf-8", "replace") if raw else None
    for name, raw in headers:
        if name.lower() == "ce_type":
            return raw.decode("utf-8", "replace") if raw else None
    return None


def parse_time(text: str) -> datetime:
    """An RFC 3339 time with its zone, as UTC; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("it has no zone")
    return moment if moment.tzinfo is UTC else as_utc(moment)


def from_headers(
    headers: Sequence[tuple[str, bytes | None]],
    position: tuple[str, int, int],
    key: str,
    fallback: datetime,
    *,
    outside: bool = False,
) -> Envelope:
    """Read an envelope.

    `position` (topic, partition, offset) with the broker's time of the record stands in for an id that an integrator
    did not give, so that a topic made anew brings new ids; that time, `fallback`, also stands in for a time. What
    comes from `outside` must be short and printable besides.
    Raises EnvelopeError.
    """
    if outside:
        found = own_headers(headers)
        for name, text in found.items():
            if name != "traceparent" and (len(text) > MAX_HEADER or not text.isprintable()):
                raise EnvelopeError(f"header {name} is longer than {MAX_HEADER} characters or not printable")
    else:
        found = _headers_of_ours(headers)
    kind = found.get("ce_type")
    if not kind:
        raise EnvelopeError(
            "header ce_type is missing: say which event this is, for example channel.message.received.v1"
        )
    if found.get("ce_specversion", "1.0") != "1.0":
        raise EnvelopeError("this ce_specversion is not supported; send 1.0")
    try:
        moment = parse_time(found["ce_time"]) if found.get("ce_time") else fallback
    except ValueError as error:
        raise EnvelopeError("ce_time is not an RFC 3339 time with its zone, such as 2026-07-01T12:00:00Z") from error
    sequence = found.get("ce_sequence")
    if sequence is not None and not SEQUENCE.fullmatch(sequence):
        raise EnvelopeError("ce_sequence is not a number")
    traceparent = found.get("traceparent", "")
    event_id = found.get("ce_id") or derived_id("{}/{}/{}".format(*position), fallback.isoformat())
    return Envelope(
        id=event_id,
        source=found.get("ce_source") or "unknown",
        type=kind,
        time=moment,
        subject=found.get("ce_subject") or key,
        correlation_id=found.get("correlation_id") or event_id,
        causation_id=found.get("ce_causationid"),
        sequence=int(sequence) if sequence else None,
        release=found.get("ce_rulesrelease"),
        # A trace that cannot be read is begun anew, as W3C Trace Context says.
        traceparent=traceparent if TRACEPARENT.fullmatch(traceparent) else None,
        signature=found.get("ce_signature"),
        mandate=found.get("ce_mandate"),
        outside_id=(found.get("ce_id") or None) if outside else None,
    )
