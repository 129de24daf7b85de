"""Writes spans that have ended. They are made in one step, so a record without one costs nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event as SpanEvent
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from common.messaging.settings import MessagingSettings
from common.messaging.telemetry.trace_context import parse

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SCOPE = InstrumentationScope("otklik")
SAMPLED = TraceFlags(TraceFlags.SAMPLED)

Attributes = Mapping[str, str | int]


@dataclass(frozen=True)
class SpanError:
    """What went wrong, in words without values."""

    kind: str
    """Low cardinality: a class of exceptions, a kind of dead letter, the type of a refusal."""
    words: str


def own_id(text: str | None) -> str | None:
    """An id as it may stand in a span: one that our services derived. Any other may be a phone number."""
    return text if text is not None and UUID.fullmatch(text) else None


class FileExporter(SpanExporter):
    """One JSON object a line: for tests and for a machine without a collector."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", buffering=1)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            context = span.get_span_context()
            if context is None:
                continue
            line = {
                "service": span.resource.attributes.get("service.name"),
                "name": span.name,
                "kind": span.kind.name.lower(),
                "trace_id": f"{context.trace_id:032x}",
                "span_id": f"{context.span_id:016x}",
                "parent_id": f"{span.parent.span_id:016x}" if span.parent else None,
                "start": span.start_time,
                "end": span.end_time,
                "status": span.status.status_code.name.lower(),
                "description": span.status.description,
                "attributes": dict(span.attributes or {}),
                "events": [{"name": e.name, "attributes": dict(e.attributes or {})} for e in span.events],
                "links": [
                    {"trace_id": f"{x.context.trace_id:032x}", "span_id": f"{x.context.span_id:016x}"}
                    for x in span.links
                ],
            }
            self._file.write(json.dumps(line, default=str) + "\n")
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._file.close()


class SpanWriter:
    """Hands ended spans to where the settings say; thread-safe, as its processors are."""

    def __init__(self, settings: MessagingSettings) -> None:
        self._resource = Resource.create({"service.name": settings.name})
        self._processors: list[SpanProcessor] = []
        if settings.trace_file is not None:
            self._processors.append(SimpleSpanProcessor(FileExporter(settings.trace_file)))
        if settings.otlp_endpoint is not None:
            exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
            self._processors.append(BatchSpanProcessor(exporter))

    def write(
        self,
        name: str,
        kind: SpanKind,
        traceparent: str,
        parent_id: str | None,
        start: int,
        attributes: Attributes,
        *,
        links: Sequence[str] = (),
        error: SpanError | None = None,
        end: int | None = None,
    ) -> None:
        """A span whose own ids are in `traceparent`, written whatever its sampled flag says. `links` are
        traceparents; times are nanoseconds of Unix time, the end is now unless given."""
        own = parse(traceparent)
        if own is None or not self._processors:
            return
        trace_id, span_id, _ = own
        end = end or time.time_ns()
        events: Sequence[SpanEvent] = ()
        status = Status(StatusCode.UNSET)
        if error is not None:
            attributes = {**attributes, "error.type": error.kind}
            told = {"exception.type": error.kind, "exception.message": error.words}
            events = (SpanEvent("exception", told, timestamp=end),)
            status = Status(StatusCode.ERROR, error.words)
        span = ReadableSpan(
            name,
            _context(trace_id, span_id, remote=False),
            None if parent_id is None else _context(trace_id, parent_id, remote=True),
            self._resource,
            dict(attributes),
            events,
            [Link(_context(found[0], found[1], remote=True)) for x in links if (found := parse(x)) is not None],
            kind,
            status=status,
            start_time=start,
            end_time=end,
            instrumentation_scope=SCOPE,
        )
        for processor in self._processors:
            processor.on_end(span)

    def shutdown(self) -> None:
        for processor in self._processors:
            processor.shutdown()


def _context(trace_id: str, span_id: str, *, remote: bool) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=remote, trace_flags=SAMPLED)
