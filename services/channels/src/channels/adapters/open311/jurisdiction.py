"""What every call of GeoReport v2 may say of itself: its parameters, and which jurisdiction it means."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from channels.adapters.open311.form import CHANNEL
from channels.bodies import NUL, Refused
from channels.edge import Edge

MAX_PARAMETERS = 200


def parameters(request: Request) -> list[tuple[str, str]]:
    """Of the address, in order; an empty one counts as absent. Raises Refused."""
    found = [(name, text) for name, text in request.query_params.multi_items() if text.strip()]
    if len(found) > MAX_PARAMETERS:
        raise Refused(400, f"there are more than {MAX_PARAMETERS} parameters")
    if any(NUL in name or NUL in text for name, text in found):
        raise Refused(400, "a parameter holds NUL; leave it out")
    return found


def must_be_served(edge: Edge, fields: Mapping[str, str]) -> None:
    """There is one jurisdiction, so none need be named. Raises Refused (404)."""
    if CHANNEL not in edge.channels:
        raise Refused(404, "this installation has no Open311 channel")
    if fields.get("jurisdiction_id", edge.federation.name) != edge.federation.name:
        raise Refused(404, "the jurisdiction_id was not found")
