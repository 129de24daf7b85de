"""A form by which anybody reports something, from a phone, with or without scripts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from channels.adapters.report_form.inbound import Inbound
from channels.bodies import Refused
from channels.edge import Edge
from channels.pages.paths import REPORT
from channels.pages.rendering import error_form as error_form
from channels.pages.rendering import problem
from channels.pages.style import REPORT_STYLE

PATH = REPORT
POSITION = (Path(__file__).parent / "position.js").read_text()
KEPT = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}


def routes(edge: Edge) -> Route:
    """A mount would not answer at its own path without a slash behind it."""
    inbound = Inbound(edge)

    async def style(_: Request) -> Response:
        return Response(REPORT_STYLE, media_type="text/css", headers=KEPT)

    async def position(_: Request) -> Response:
        return Response(POSITION, media_type="text/javascript", headers=KEPT)

    router = Router(
        [
            Route(PATH, inbound.form),
            Route(PATH, inbound.send, methods=["POST"]),
            Route(f"{PATH}/map/{{width:int}}.svg", inbound.map),
            Route(f"{PATH}/style.css", style),
            Route(f"{PATH}/position.js", position),
        ],
        redirect_slashes=False,
    )
    refused = partial(problem, edge)
    whole = ExceptionMiddleware(router, handlers={Refused: refused, HTTPException: refused})
    return Route(f"{PATH}{{rest:path}}", whole)
