"""The page of a citizen who reported something, by a link that only they have."""

from __future__ import annotations

from functools import partial

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Mount, Route, Router

from channels.adapters.citizen_page.inbound import Inbound
from channels.adapters.citizen_page.lookup import Lookup
from channels.bodies import Refused
from channels.edge import Edge
from channels.pages.paths import CITIZEN
from channels.pages.rendering import error_form as error_form
from channels.pages.rendering import problem

PATH = f"{CITIZEN}/"


def routes(edge: Edge) -> Mount:
    lookup = Lookup(edge)
    inbound = Inbound(edge, lookup)
    router = Router(
        [
            Route("/{secret}", lookup.get),
            Route("/{secret}", inbound.act, methods=["POST"]),
            Route("/{secret}/files/{id}", lookup.file),
            Route("/{secret}/steps/{case}", lookup.steps),
        ],
        redirect_slashes=False,
    )
    refused = partial(problem, edge)
    return Mount(CITIZEN, app=ExceptionMiddleware(router, handlers={Refused: refused, HTTPException: refused}))
