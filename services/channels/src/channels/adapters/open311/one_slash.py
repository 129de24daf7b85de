"""Repeated slashes in a path are one: clients put a slash behind an endpoint's address that has one already."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

SEVERAL = re.compile(r"/{2,}")


class OneSlash:
    """ASGI; around the routes of a protocol."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "path": SEVERAL.sub("/", scope["path"])}, receive, send)
