"""A form for people without an account: voices on proposals, and wishes for another rule."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router

from channels.adapters.voice_form.inbound import PATH as PATH
from channels.adapters.voice_form.inbound import Inbound
from channels.adapters.voice_form.language import language_of
from channels.adapters.voice_form.problem_text import problem_text
from channels.adapters.voice_form.rendering import STYLE, page
from channels.adapters.voice_form.rendering import error_form as error_form
from channels.bodies import Refused
from channels.edge import Edge
from channels.pages.rendering import with_headers


def routes(edge: Edge) -> Mount:
    inbound = Inbound(edge)

    async def style(_: Request) -> Response:
        return Response(STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    def problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused | HTTPException)
        refused = error if isinstance(error, Refused) else Refused(error.status_code, error.detail)
        told = page(
            "problem.html", language_of(request, edge.federation.languages), refused.status,
            words=problem_text(refused.status, refused.limit), **inbound.common,
        )  # fmt: skip
        return with_headers(told, refused)

    router = Router(
        [
            Route("/voice", inbound.form),
            Route("/voice", inbound.speak, methods=["POST"]),
            Route("/form.css", style),
            Route("/{id}/{secret}", inbound.told),
        ],
        redirect_slashes=False,
    )
    return Mount(PATH, app=ExceptionMiddleware(router, handlers={Refused: problem, HTTPException: problem}))
