"""Who may use a channel of public posts: whoever has its key."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from starlette.requests import Request

from channels.adapters.json_http.bearer import secret_of
from channels.bodies import Refused
from channels.edge_limits import EdgeLimits


def channel_for(request: Request, keys: Mapping[str, bytes], limits: EdgeLimits) -> str:
    """The channel of a request, which counts under its key. Raises Refused (401, 429): whether there is such a channel
    only its key tells."""
    channel = str(request.path_params["channel"])
    given = (secret_of(request) or "").encode()
    if not hmac.compare_digest(given, keys.get(channel, b"")) or not given:
        raise Refused(
            401, "send this channel's key as Authorization: Bearer <key>", {"www-authenticate": 'Bearer realm="otklik"'}
        )
    limits.use(key_name(channel))
    return channel


def key_name(channel: str) -> str:
    """By which the channel's key is limited."""
    return f"posts {channel}"
