"""Which language a request is answered in: the one that its reader chose, else the browser's, else the federation's."""

from __future__ import annotations

from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.language import CATALOGUES, read_in

COOKIE = "otklik_language"
YEAR_SECONDS = 365 * 24 * 3600
MAX_TAGS = 20
"""Of what a browser says that its reader reads."""


def wanted(headers: Headers, spoken: Sequence[str]) -> str:
    """The language that the reader chose, else the browser asks for, else the federation speaks."""
    try:
        chosen = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        chosen = None
    asked = [_weighed(part) for part in headers.get("accept-language", "").split(",")[:MAX_TAGS]]
    tags = [tag for weight, tag in sorted(asked, key=lambda one: -one[0]) if tag and weight > 0]
    return CATALOGUES.best([*([chosen.value] if chosen else []), *tags, *spoken])


def _weighed(part: str) -> tuple[float, str]:
    """`ru;q=0.8` as its weight and tag (RFC 9110)."""
    tag, _semicolon, weight = part.partition(";")
    try:
        return (float(weight.strip().removeprefix("q=")) if weight else 1.0), tag.strip().lower()
    except ValueError:
        return 0.0, ""


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
