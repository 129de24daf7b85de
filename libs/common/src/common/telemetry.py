"""Spans a record, sampled; where they go is a setting."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from common.delivery import Delivery
from common.settings import Settings


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
                "trace_id": f"{context.trace_id:032x}",
                "span_id": f"{context.span_id:016x}",
                "parent_id": f"{span.parent.span_id:016x}" if span.parent else None,
                "start": span.start_time,
                "end": span.end_time,
                "attributes": dict(span.attributes or {}),
            }
            self._file.write(json.dumps(line, default=str) + "\n")
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._file.close()


def root_traceparent(correlation_id: str, sample: float) -> str:
    """The trace of a message that came without one; the same message gives the same trace and the same choice."""
    digest = hashlib.sha256(correlation_id.encode()).digest()
    chosen = int.from_bytes(digest[24:32], "big") < sample * 2**64
    return f"00-{digest[:16].hex()}-{digest[16:24].hex()}-{'01' if chosen else '00'}"


def sampled(traceparent: str | None) -> bool:
    return traceparent is not None and traceparent.endswith("-01")


class Tracing:
    """A consumer span for each sampled record of a batch, child of the record's own traceparent."""

    def __init__(self, settings: Settings) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": settings.name}))
        if settings.trace_file is not None:
            self._provider.add_span_processor(SimpleSpanProcessor(FileExporter(settings.trace_file)))
        if settings.otlp_endpoint is not None:
            exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("otklik")
        self._sample = settings.trace_sample

    @contextmanager
    def spans(self, deliveries: Iterable[Delivery]) -> Iterator[dict[str, str]]:
        """Open spans for a batch; yields the traceparent that what follows from each record carries."""
        parents: dict[str, str] = {}
        opened = []
        for delivery in deliveries:
            envelope = delivery.envelope
            parent = envelope.traceparent or root_traceparent(envelope.correlation_id, self._sample)
            parents[envelope.id] = parent
            if sampled(parent):
                span = self._open(delivery, parent)
                context = span.get_span_context()
                parents[envelope.id] = f"00-{context.trace_id:032x}-{context.span_id:016x}-01"
                opened.append(span)
        try:
            yield parents
        finally:
            for span in opened:
                span.end()

    def _open(self, delivery: Delivery, parent: str) -> trace.Span:
        envelope = delivery.envelope
        try:
            _, trace_id, span_id, _ = parent.split("-")
            context = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(1))
        except ValueError:
            context = trace.INVALID_SPAN_CONTEXT
        return self._tracer.start_span(
            f"process {envelope.type}",
            context=trace.set_span_in_context(NonRecordingSpan(context)),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "kafka",
                "messaging.destination.name": delivery.topic,
                "messaging.kafka.offset": delivery.offset,
                "otklik.subject": envelope.subject,
                "otklik.correlation_id": envelope.correlation_id,
            },
        )

    def shutdown(self) -> None:
        self._provider.shutdown()
