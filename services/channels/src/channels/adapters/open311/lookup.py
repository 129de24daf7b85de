"""GeoReport v2, GET service request."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channels import store
from channels.adapters.open311 import form
from channels.bodies import Refused
from channels.edge import Edge


class Lookup:
    """What citizens are told when they ask."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def get_request(self, request: Request) -> Response:
        """By the number that POST returned."""
        found = await self._edge.ask(store.case_by_reference, request.path_params["id"])
        if found is None:
            raise Refused(404, "no such service_request_id, or it is still on its way: ask again")
        return JSONResponse([form.service_request(found)])
