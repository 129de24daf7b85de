"""JSON over HTTP, for every channel of the federation."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from channels.adapters.json_http.inbound import Inbound
from channels.adapters.json_http.lookup import Lookup
from channels.adapters.json_http.openapi import openapi
from channels.edge import Edge
from channels.mounting import mounted

PATH = "/v1"


def error_form(_: int, words: str) -> dict[str, str]:
    return {"error": words}


def routes(edge: Edge) -> Mount:
    inbound, lookup = Inbound(edge), Lookup(edge)

    async def published(_: Request) -> Response:
        return JSONResponse(openapi(edge.channels))

    return mounted(
        PATH,
        [
            Route("/channels/{channel}/messages", inbound.post_message, methods=["POST"]),
            Route("/channels/{channel}/verdicts", inbound.post_verdict, methods=["POST"]),
            Route("/channels/{channel}/voices", inbound.post_voice, methods=["POST"]),
            Route("/channels/{channel}/erasures", inbound.post_erasure, methods=["POST"]),
            Route("/channels/{channel}/supports", inbound.post_support, methods=["POST"]),
            Route("/channels/{channel}/links", inbound.post_link, methods=["POST"]),
            Route("/messages/{id}", lookup.get_message),
            Route("/openapi.json", published),
        ],
        error_form,
    )
