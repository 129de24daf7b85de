"""A service's HTTP side: its own pages with health and metrics, measured."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import time
from collections.abc import Callable, Mapping, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.messaging.telemetry.metrics import HTTP_REQUESTS, HTTP_SECONDS
from common.messaging.telemetry.requests import method_of
from common.runtime.http.limits import HttpLimits
from common.runtime.http.protocol import ErrorForm, ErrorsByPath, Port, protocol_of

GRACEFUL_SECONDS = 2
BACKLOG = 2048
"""Connections that wait to be accepted."""


class Measured:
    """Counts requests by the route's template, never by the path, which may name a case or a person."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            HTTP_REQUESTS.labels(method_of(scope), route, str(status)).inc()
            HTTP_SECONDS.labels(route).observe(time.perf_counter() - started)


class HttpServer:
    """Listens from `start` to `stop`; `port` is the one that was given, or any free one."""

    def __init__(
        self,
        host: str,
        port: int,
        routes: Sequence[BaseRoute],
        limits: HttpLimits | None = None,
        forms: Mapping[str, ErrorForm | ErrorsByPath] | None = None,
        traced: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        """`forms`, by the beginning of a path, are how requests are refused that no route sees; elsewhere it is text.
        `traced` is put around the routes.

        Raises ValueError for a wrong list of trusted proxies.
        """
        self._address = (host, port)
        app: ASGIApp = Starlette(routes=list(routes))
        self._app = Measured(app if traced is None else traced(app))
        self._limits = limits or HttpLimits()
        self._shared = Port(self._limits, forms or {})
        self.port = port

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(self._address)
        listener.listen(BACKLOG)
        self.port = int(listener.getsockname()[1])
        config = uvicorn.Config(
            self._app,
            http=protocol_of(self._shared),
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=math.ceil(self._limits.idle_seconds),
            backlog=BACKLOG,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._task = asyncio.ensure_future(self._server._serve([listener]))
        self._watch = asyncio.create_task(self._shared.connections.watch())

    async def stop(self) -> None:
        """Answer what is being asked, then close."""
        self._server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
