"""uvicorn's HTTP/1.1 protocol with bounds: a request reaches the application once it is whole, small and in time.

What is not is answered here, in the form its path asks for, and its connection closed.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from common.messaging.telemetry.metrics import HTTP_LIMITED, HTTP_REFUSED
from common.runtime.http.connections import Connections
from common.runtime.http.limits import HttpLimits
from common.runtime.http.rate_limit import RateLimit
from common.runtime.http.sources import Proxies, source_of

ErrorForm = Callable[[int, str], Any]
"""An error as the JSON that a protocol wants, or as a page of HTML, which is a text; from status and words."""


@dataclass(frozen=True)
class ErrorsByPath:
    """Of a protocol that answers in several forms, by the path that was asked for."""

    answer: Callable[[str, int, str], tuple[str, bytes]]
    """Content type and body, from path, status and words."""


PIECE = 16_384
"""Bytes given to the parser at a time: between two pieces the bounds are looked at."""
LINGER_SECONDS, LINGER_BYTES = 5.0, 209_715_200
"""What still comes after a refusal is read and thrown away, else the sender might never see the answer."""
FREE = b"/health/"
"""Probes are not counted: whoever floods must not make a service look dead."""


class Port:
    """What all connections of a port share."""

    def __init__(self, limits: HttpLimits, forms: Mapping[str, ErrorForm | ErrorsByPath]) -> None:
        self.limits = limits
        self.connections = Connections(limits)
        self.rate = RateLimit(limits.rate, limits.burst)
        self.proxies = Proxies(limits.trusted_proxies)
        self._forms = forms

    def error(self, path: str, status: int, words: str) -> tuple[bytes, bytes]:
        """Content type and body of an error."""
        for prefix, form in self._forms.items():
            if path.startswith(prefix):
                if isinstance(form, ErrorsByPath):
                    kind, body = form.answer(path.partition("?")[0], status, words)
                    return kind.encode(), body
                answer = form(status, words)
                if isinstance(answer, str):
                    return b"text/html; charset=utf-8", answer.encode()
                return b"application/json", json.dumps(answer).encode()
        return b"text/plain; charset=utf-8", f"{words}\n".encode()


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None, *, port: Port,
    ) -> None:  # fmt: skip
        super().__init__(config, server_state, app_state, _loop)
        self.address = ""
        self.held = 0
        self._port = port
        self._limits = port.limits
        self._shared = False
        self._connected_at = 0.0
        self._began_at: float | None = None
        """When the first byte of the request came that is on its way."""
        self._head_at: float | None = None
        """When the headers of that request were whole."""
        self._head_bytes = 0
        self._raw_bytes = 0
        self._most, self._unit = self._limits.most(b"")
        """Of the request that is on its way: how large its body may be, and for how much of it one more is counted."""
        self._forwarded: list[bytes] = []
        self._over_tls = False
        """Whether a trusted proxy says that it was asked over TLS."""
        self._objection: tuple[int, str] | None = None
        self._source = ""
        self._waits: tuple[RequestResponseCycle, Any] | None = None
        """A request whose turn it is, but whose body is not whole."""
        self._served: RequestResponseCycle | None = None
        self._served_bytes = 0
        self._deaf = False
        """Nothing more is taken from this connection."""
        self._farewell: bytes | None = None
        self._linger_until = math.inf
        self._drained = 0
        self._unread, self._unread_at, self._unread_since = 0, 0.0, 0.0

    # What the transport says

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        self._connected_at = self.loop.time()
        self._shared = self._port.proxies.trusts(host)
        self.address = source_of(host)
        if not self._port.connections.add(self, self._connected_at, shared=self._shared):
            self._refuse(503, "there are too many open connections: try again in a second", retry_after=1.0)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deaf = True
        self._unset_keepalive_if_required()
        self._port.connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if len(data) <= PIECE:
            self._take(data)
            return
        for start in range(0, len(data), PIECE):
            self._take(data[start : start + PIECE])

    def _take(self, piece: bytes) -> None:
        if self._deaf:
            self._drained += len(piece)
            if self._drained > LINGER_BYTES:
                self.transport.abort()
            return
        if self._began_at is None:
            self._began_at = self.loop.time()
        self._raw_bytes += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # Nothing is spoken here but HTTP/1.1: the request is answered as if it had not asked.
            self._deaf = True
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(400, "this is not a request of HTTP/1.1, or its address is not one")
        if self._deaf:
            return
        if self._head_at is None:
            self._head_bytes += len(piece)
            if self._head_bytes > self._limits.head_bytes:
                self._refuse(431, f"request line and headers are larger than {self._limits.head_bytes} bytes")
        elif self._raw_bytes > 2 * self._most + 2 * self._limits.head_bytes:
            self._refuse(413, "the body comes in too many small pieces, or with too much beside them")

    # What the parser says

    def on_message_begin(self) -> None:
        if self._deaf:
            return
        super().on_message_begin()
        if self._began_at is None:
            self._began_at = self.loop.time()
        self._forwarded = []
        self._over_tls = False
        self._objection = None

    def on_url(self, url: bytes) -> None:
        if not self._deaf:
            super().on_url(url)
            self._most, self._unit = self._limits.most(self.url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._deaf or self._head_at is not None:
            # After the body come trailers, which say nothing that we listen to.
            return
        super().on_header(name, value)
        lowered = self.headers[-1][0]
        if lowered == b"content-length":
            if not value.isdigit() or len(value) > 15 or int(value) > self._most:
                self._objection = 413, f"the body is larger than {self._most} bytes"
        elif lowered == b"transfer-encoding":
            if value.strip().lower() != b"chunked":
                self._objection = 501, "the only transfer-encoding that is understood is chunked"
        elif lowered == b"x-forwarded-for" and self._shared:
            self._forwarded.append(value)
        elif lowered == b"x-forwarded-proto" and self._shared:
            self._over_tls = value.strip().lower() == b"https"

    def on_headers_complete(self) -> None:
        if self._deaf:
            return
        now = self._head_at = self.loop.time()
        self._head_bytes = 0
        self._source = self.address
        if self._over_tls:
            self.scope["scheme"] = "https"
        if self._forwarded:
            host = self._port.proxies.client(self.client[0] if self.client else "", self._forwarded)
            self.scope["client"] = (host, 0)
            self._source = source_of(host)
        refused = self._objects(now)
        if refused is not None:
            self._refuse(*refused)
            return
        self.scope["state"]["source"] = self._source
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._deaf:
            return
        if len(self.cycle.body) + len(body) > self._most:
            self._refuse(413, f"the body is larger than {self._most} bytes")
            return
        self.cycle.body += body
        self._port.connections.hold(self, len(body))

    def on_message_complete(self) -> None:
        if self._deaf:
            return
        super().on_message_complete()
        self._began_at = self._head_at = None
        self._raw_bytes = 0
        size = len(self.cycle.body)
        if size > self._unit:
            self._port.rate.charge(self._source, size / self._unit, self.loop.time())
        if self._waits is not None:
            waiting, self._waits = self._waits, None
            self._start_asgi_task(*waiting)

    def _objects(self, now: float) -> tuple[int, str, float] | tuple[int, str] | None:
        """What is wrong with a request as far as its headers tell."""
        limits = self._limits
        if not self.url.startswith(FREE):
            wait = self._port.rate.wait(self._source, now)
            if wait > 0:
                HTTP_LIMITED.labels("address").inc()
                words = f"too many requests from your address, where {limits.rate:g} a second are taken"
                return 429, f"{words}: try again in {math.ceil(wait)} s", wait
        if len(self.url) > limits.url_bytes:
            return 414, f"the address is longer than {limits.url_bytes} bytes"
        if len(self.headers) > limits.headers:
            return 431, f"there are more than {limits.headers} headers"
        if len(self.pipeline) >= limits.pipelined:
            HTTP_LIMITED.labels("pipeline").inc()
            return 429, f"more than {limits.pipelined} requests before their answers: wait for some", 1.0
        return self._objection

    # Answers

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """The application begins when the body is there, so that a slow sender holds nothing of it."""
        if cycle.more_body:
            self._waits = cycle, app
            if cycle.waiting_for_100_continue:
                cycle.waiting_for_100_continue = False
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        self._served, self._served_bytes = cycle, len(cycle.body)
        self._port.connections.begin(self, self.loop.time())
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        connections = self._port.connections
        connections.release(self, self._served_bytes)
        connections.end(self, self.loop.time())
        self._served, self._served_bytes = None, 0
        super().on_response_complete()
        if self._deaf and self._served is None:
            self._leave(self._farewell or b"")

    def _refuse(self, status: int, words: str, retry_after: float | None = None) -> None:
        """Answer and close; where an earlier request is being answered, after that."""
        if self._deaf:
            return
        self._deaf = True
        HTTP_REFUSED.labels(str(status)).inc()
        if self._waits is None and self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()
        if self.cycle is not None and self.cycle.more_body:
            self._port.connections.release(self, len(self.cycle.body))
            self.cycle.body = bytearray()
        self._waits = None
        path = getattr(self, "url", b"")[:100].decode("latin-1")
        kind, body = self._port.error(path, status, words)
        retry = b"" if retry_after is None else b"retry-after: %d\r\n" % math.ceil(retry_after)
        farewell = b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n%sconnection: close\r\n\r\n%s" % (
            status,
            HTTPStatus(status).phrase.encode(),
            kind,
            len(body),
            retry,
            body,
        )
        if self._served is None:
            self._leave(farewell)
        else:
            self._farewell = farewell

    def _leave(self, last: bytes) -> None:
        """Say the last word; then read for a while without listening, so that it is not lost with a reset."""
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        if last:
            self.transport.write(last)
        self.flow.resume_reading()
        if not last or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self._linger_until = self.loop.time() + LINGER_SECONDS

    # What the table of connections asks

    def crowd_out(self, words: str) -> None:
        """Make room for another connection."""
        if self._served is not None or self._deaf:
            self.transport.abort()
        elif self._began_at is None:
            self.transport.close()
        else:
            self._refuse(408, f"the request took too long, and {words}", retry_after=1.0)
            self.transport.close()

    def check(self, now: float) -> None:
        """Cut off whoever is too slow in sending, or in reading the answer."""
        limits = self._limits
        if now > self._linger_until or self._does_not_read(now):
            self.transport.abort()
        elif self._served is not None or self._deaf:
            return
        elif self._began_at is None:
            if self.cycle is None and now - self._connected_at > limits.head_seconds:
                self.transport.close()
        elif self._head_at is None:
            if now - self._began_at > limits.head_seconds:
                self._refuse(408, f"the headers did not come within {limits.head_seconds:g} s")
        else:
            given = limits.body_seconds + self.held / limits.body_rate
            if now - self._head_at > min(given, limits.total_seconds):
                self._refuse(408, f"the body comes slower than {limits.body_rate:g} bytes a second")

    def _does_not_read(self, now: float) -> bool:
        left = self.transport.get_write_buffer_size()
        if not left:
            self._unread = 0
            return False
        if not self._unread:
            self._unread_since = now
        if not self._unread or left < self._unread:
            self._unread, self._unread_at = left, now
        stream = self._served is not None
        return now - self._unread_at > self._limits.answer_seconds or (
            not stream and now - self._unread_since > self._limits.total_seconds
        )

    def shutdown(self) -> None:
        """The server stops: what is being answered is answered."""
        if self._served is None:
            self.transport.close()
        else:
            super().shutdown()


def protocol_of(port: Port) -> type[asyncio.Protocol]:
    """A class, as uvicorn asks for one, whose connections share a port."""

    class Bound(BoundedProtocol):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options, port=port)

    return cast("type[asyncio.Protocol]", Bound)
