"""The reader's choice of a language."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from portal.language import CATALOGUES
from portal.language_choice import COOKIE, YEAR_SECONDS
from portal.pages.frame import Frame, chosen


def routes(frame: Frame) -> list[BaseRoute]:
    async def choose(request: Request) -> Response:
        """Back to the page that the reader came from, in the language of their choice."""
        came = urlsplit(request.headers.get("referer", ""))
        own = came.netloc == request.url.netloc and came.path.startswith("/") and not came.path.startswith("//")
        path = f"{came.path}?{came.query}" if came.query else came.path
        response = RedirectResponse(path if own and came.path != "/language" else "/", 303)
        language = chosen(request, "to", CATALOGUES.languages)
        if language:
            response.set_cookie(COOKIE, language, max_age=YEAR_SECONDS, path="/", httponly=True, samesite="lax")
        return response

    return [Route("/language", choose)]
