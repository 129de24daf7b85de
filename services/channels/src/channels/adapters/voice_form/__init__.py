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


def routes(edge: Edge) -> Mount:
    inbound = Inbound(edge)

    async def style(_: Request) -> Response:
        return Response(STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    def problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused | HTTPException)
        status = error.status if isinstance(error, Refused) else error.status_code
        return page(
            "problem.html", language_of(request, edge.federation.languages), status, words=problem_text(status),
            **inbound.common,
        )  # fmt: skip

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
