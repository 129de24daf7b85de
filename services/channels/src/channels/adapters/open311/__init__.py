"""GeoReport v2 (Open311)."""

from __future__ import annotations

from starlette.routing import Mount, Route

from channels.adapters.open311.form import errors as error_form
from channels.adapters.open311.inbound import Inbound
from channels.adapters.open311.lookup import Lookup
from channels.edge import Edge
from channels.mounting import mounted

PATH = "/open311/v2"


def routes(edge: Edge) -> Mount:
    inbound, lookup = Inbound(edge), Lookup(edge)
    return mounted(
        PATH,
        [
            Route("/requests.json", inbound.post_request, methods=["POST"]),
            Route("/requests/{id}.json", lookup.get_request),
        ],
        error_form,
    )
