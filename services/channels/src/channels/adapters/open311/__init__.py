"""GeoReport v2 (Open311)."""

from __future__ import annotations

from common.runtime.http.protocol import ErrorsByPath
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from channels.adapters.open311.answering import mounted, refused, resource
from channels.adapters.open311.inbound import Inbound
from channels.adapters.open311.lookup import Lookup
from channels.adapters.open311.openapi import openapi
from channels.adapters.open311.updates import Updates
from channels.edge import Edge

PATH = "/open311"
error_form = ErrorsByPath(refused)


def routes(edge: Edge) -> Mount:
    inbound, lookup, updates = Inbound(edge), Lookup(edge), Updates(edge)

    async def published(_: Request) -> Response:
        return JSONResponse(openapi())

    return mounted(
        PATH,
        [
            *resource("/discovery", "discovery", get=lookup.discovery),
            *resource("/v2/discovery", "discovery", get=lookup.discovery),
            *resource("/v2/services", "services", get=lookup.services),
            *resource("/v2/services/{code}", "service_definition", get=lookup.service_definition),
            *resource("/v2/requests", "service_requests", get=lookup.requests, post=inbound.post_request),
            *resource("/v2/requests/{id}", "service_requests", get=lookup.request),
            *resource("/v2/tokens/{token}", "service_requests", get=lookup.token),
            *resource("/v2/servicerequestupdates", "service_request_updates", get=updates.list, post=updates.post),
            Route("/v2/openapi.json", published),
        ],
    )
