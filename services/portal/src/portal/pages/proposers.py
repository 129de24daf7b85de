"""The public track record of whoever proposes: loops and people."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.pages.frame import Frame
from portal.track_record import records

LOOKED_THROUGH = 5_000
"""Proposals, newest first; older ones are left out of the sums."""


def routes(frame: Frame) -> list[BaseRoute]:
    async def proposers(request: Request) -> Response:
        found = await frame.reader.items("proposal", limit=LOOKED_THROUGH)
        return await frame.page(request, "proposers.html", records=records((i.state, i.data) for i in found))

    return [Route("/proposers", proposers)]
