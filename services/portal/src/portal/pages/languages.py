"""The reader's choice of a language."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from portal.language import CATALOGUES
from portal.language_choice import COOKIE, YEAR_SECONDS
from portal.pages.frame import Frame, came_from, chosen


def routes(frame: Frame) -> list[BaseRoute]:
    async def choose(request: Request) -> Response:
        """Back to the page that the reader came from, in the language of their choice."""
        back = came_from(request)
        response = RedirectResponse("/" if back.partition("?")[0] == "/language" else back, 303)
        language = chosen(request, "to", CATALOGUES.languages)
        if language:
            response.set_cookie(COOKIE, language, max_age=YEAR_SECONDS, path="/", httponly=True, samesite="lax")
        return response

    return [Route("/language", choose)]
