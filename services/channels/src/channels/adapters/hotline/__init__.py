"""The form of the hotline's operators."""

from __future__ import annotations

import json
from functools import partial

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from channels.adapters.hotline.calls import Calls
from channels.adapters.hotline.inbound import Inbound
from channels.adapters.hotline.records import KIND, Records
from channels.adapters.hotline.sessions import Sessions
from channels.adapters.hotline.sessions import forget_old as forget_old
from channels.bodies import Refused
from channels.edge import Edge
from channels.pages.paths import HOTLINE
from channels.pages.rendering import error_form as error_form
from channels.pages.rendering import problem

PATH = HOTLINE


def routes(edge: Edge) -> Route:
    """A mount would not answer at its own path without a slash behind it."""
    sessions, calls = Sessions(edge), Calls(edge)
    inbound = Inbound(edge, sessions, calls)

    async def records(request: Request) -> Response:
        """Refusals of all lines together are one line."""
        try:
            calls.must_be_served()
            return await Records(edge).post(request)
        except Refused as refused:
            said = json.dumps({"state": "again" if refused.status in (429, 503) else "refused", "reason": str(refused)})
            return Response(f"{said}\n", refused.status, media_type=KIND)

    async def start(request: Request) -> Response:
        calls.must_be_served()
        return calls.start(request, await sessions.operator(request))

    async def call(request: Request) -> Response:
        calls.must_be_served()
        operator = await sessions.operator(request)
        return await calls.page(request, await calls.caller(request, operator))

    router = Router(
        [
            Route(PATH, start),
            Route(f"{PATH}/enter", inbound.enter, methods=["POST"]),
            Route(f"{PATH}/leave", inbound.leave, methods=["POST"]),
            Route(f"{PATH}/records", records, methods=["POST"]),
            Route(f"{PATH}/calls", inbound.begin, methods=["POST"]),
            Route(f"{PATH}/calls/{{call}}", call),
            Route(f"{PATH}/calls/{{call}}", inbound.act, methods=["POST"]),
        ],
        redirect_slashes=False,
    )

    def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, Refused) and error.status == 401:
            return calls.signed_out(request)
        return problem(edge, request, error)

    whole = ExceptionMiddleware(router, handlers={Refused: refused, HTTPException: partial(problem, edge)})
    return Route(f"{PATH}{{rest:path}}", whole)
