"""What became of a message, for whoever has the secret of its conversation."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channels import store
from channels.adapters.json_http.bearer import not_told, secret_of
from channels.bodies import Refused
from channels.edge import Edge
from channels.edge_key import fingerprint


class Lookup:
    """What citizens are told when they ask."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def get_message(self, request: Request) -> Response:
        """State, reason and the case's number; nothing personal."""
        secret = secret_of(request)
        if secret is None:
            raise not_told("what became of a message is told to whoever has the secret of its conversation")
        whose = fingerprint(secret)
        question = partial(store.message_state, fingerprint=whose)
        found = await self._edge.ask(question, request.path_params["id"])
        if found is None:
            raise Refused(
                404, "no such message of the conversation of this secret, or it is still on its way: ask again"
            )
        self._edge.limits.read(whose)
        return JSONResponse(found)
