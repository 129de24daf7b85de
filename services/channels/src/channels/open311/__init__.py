"""GeoReport v2 (Open311)."""

from __future__ import annotations

from starlette.routing import Mount, Route

from channels.edge import Edge
from channels.open311.form import errors as error_form
from channels.open311.inbound import Inbound
from channels.open311.outbound import Outbound
from channels.protocol import mounted

PATH = "/open311/v2"


def routes(edge: Edge) -> Mount:
    inbound, outbound = Inbound(edge), Outbound(edge)
    return mounted(
        PATH,
        [
            Route("/requests.json", inbound.post_request, methods=["POST"]),
            Route("/requests/{id}.json", outbound.get_request),
        ],
        error_form,
    )
