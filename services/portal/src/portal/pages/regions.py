"""Regions side by side."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.area_sums import by_region
from portal.pages.frame import Frame


def routes(frame: Frame) -> list[BaseRoute]:
    async def regions(request: Request) -> Response:
        return await frame.page(request, "regions.html", regions=by_region(await frame.reader.tallies()))

    return [Route("/regions", regions)]
