"""Which language a request is answered in: the one that its reader chose, else the browser's, else the federation's."""

from __future__ import annotations

from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie

from common.federation.languages import asked_for
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.language import CATALOGUES, read_in

COOKIE = "otklik_language"
YEAR_SECONDS = 365 * 24 * 3600


def wanted(headers: Headers, spoken: Sequence[str]) -> str:
    """The language that the reader chose, else the browser asks for, else the federation speaks."""
    try:
        chosen = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        chosen = None
    return CATALOGUES.best([*([chosen.value] if chosen else []), *asked_for(headers), *spoken])


class InTheReadersLanguage:
    """Everything inside speaks the reader's language; the command line's interface speaks English."""

    def __init__(self, app: ASGIApp, spoken: Sequence[str]) -> None:
        self._app = app
        self._spoken = spoken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        with read_in(wanted(Headers(scope=scope), self._spoken)):
            await self._app(scope, receive, send)
