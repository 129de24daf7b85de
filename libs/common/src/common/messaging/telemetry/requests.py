"""Spans of HTTP requests, and of what is published from one."""

from __future__ import annotations

import random
import re
import time
from contextvars import ContextVar
from dataclasses import dataclass

from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.messaging.telemetry.spans import SpanError, SpanWriter
from common.messaging.telemetry.trace_context import chosen, new_span_id, new_trace_id, parse, written

PREFIX = re.compile(r"(?:/[a-z0-9]{1,20})*")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNTRACED = ("/health/", "/metrics")
MAX_ERRORS = 20
"""Spans of failed requests a second that no sampling chose: who floods an edge must not flood the collector."""


@dataclass
class RequestTrace:
    """The trace of one request. The caller's trace id is kept; its sampled flag is not obeyed."""

    trace_id: str
    span_id: str
    caller_span: str | None
    sampled: bool

    @property
    def traceparent(self) -> str:
        return written(self.trace_id, self.span_id, self.sampled)


_current: ContextVar[RequestTrace | None] = ContextVar("otklik_request_trace", default=None)


def current_traceparent() -> str | None:
    """Of the request that is being answered; None elsewhere."""
    found = _current.get()
    return found.traceparent if found is not None else None


class Traced:
    """ASGI: a server span for a sampled request, and for one that failed."""

    def __init__(self, app: ASGIApp, spans: SpanWriter, sample: float) -> None:
        self._app = app
        self._spans = spans
        self._sample = sample
        self._errors = (0, 0)
        """A second, and the failed requests written in it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UNTRACED):
            await self._app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name == b"traceparent"]
        caller = parse(given[0].decode("latin-1")) if len(given) == 1 else None
        trace_id, caller_span = (caller[0], caller[1]) if caller is not None else (new_trace_id(), None)
        trace = RequestTrace(trace_id, new_span_id(), caller_span, random.random() < self._sample)
        token = _current.set(trace)
        start, status = time.time_ns(), 500

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        error: SpanError | None = None
        try:
            await self._app(scope, receive, watching)
        except Exception as failure:
            error = SpanError(type(failure).__name__, "the request could not be answered")
            raise
        finally:
            _current.reset(token)
            if error is None and status >= 500:
                error = SpanError(str(status), f"answered with {status}")
            if trace.sampled or (error is not None and self._may_write()):
                self._write(trace, scope, start, status, error)

    def _may_write(self) -> bool:
        second = int(time.monotonic())
        count = self._errors[1] if self._errors[0] == second else 0
        self._errors = (second, count + 1)
        return count < MAX_ERRORS

    def _write(self, trace: RequestTrace, scope: Scope, start: int, status: int, error: SpanError | None) -> None:
        # Neither path nor query nor address: they may name a person.
        method, route = method_of(scope), route_of(scope)
        attributes: dict[str, str | int] = {"http.request.method": method, "http.response.status_code": status}
        if route is not None:
            attributes["http.route"] = route
        name = f"{method} {route}" if route is not None else method
        self._spans.write(name, SpanKind.SERVER, trace.traceparent, trace.caller_span, start, attributes, error=error)


def method_of(scope: Scope) -> str:
    """One that is known; whoever calls may make up others."""
    method = str(scope["method"])
    return method if method in METHODS else "_OTHER"


def route_of(scope: Scope) -> str | None:
    """The template of the route, with what it is mounted under; None where no route was found."""
    path, root = getattr(scope.get("route"), "path", None), scope.get("root_path", "")
    return None if path is None else f"{root if PREFIX.fullmatch(root) else ''}{path}"


class Publication:
    """One record that is published outside a batch: from a request, or by itself."""

    def __init__(self, spans: SpanWriter | None, sample: float, topic: str, *, outside: bool) -> None:
        """`topic` by the broker's name. Of a topic that outsiders write, the record's place decides what is sampled,
        as it does for whoever reads it."""
        self._spans, self._sample, self._topic, self._outside = spans, sample, topic, outside
        self._request = _current.get()
        self._start = time.time_ns()
        self._span_id = new_span_id()
        self._trace_id = self._request.trace_id if self._request is not None else new_trace_id()
        self._sampled = self._request.sampled if self._request is not None else random.random() < sample

    @property
    def traceparent(self) -> str:
        return written(self._trace_id, self._span_id, self._sampled)

    def acknowledged(self, partition: int, offset: int) -> None:
        if self._outside:
            self._sampled = chosen((self._topic, partition, offset), self._sample)
            if self._request is not None:
                self._request.sampled = self._sampled
        if self._sampled:
            place: dict[str, str | int] = {
                "messaging.destination.partition.id": str(partition),
                "messaging.kafka.offset": offset,
            }
            self._write(place, None)

    def failed(self, kind: str) -> None:
        self._write({}, SpanError(kind, "Kafka did not acknowledge"))

    def _write(self, place: dict[str, str | int], error: SpanError | None) -> None:
        attributes = {
            "messaging.system": "kafka",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.destination.name": self._topic,
            **place,
        }
        if self._spans is None:
            return
        parent = self._request.span_id if self._request is not None else None
        self._spans.write(
            f"send {self._topic}", SpanKind.PRODUCER, self.traceparent, parent, self._start, attributes, error=error
        )
