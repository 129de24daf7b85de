"""Public posts and comments as social listening finds them: lines of JSON in, lines of JSON out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from common.messaging.settings import SettingsError
from starlette.routing import Mount, Route

from channels.adapters.public_posts.inbound import Inbound
from channels.adapters.public_posts.replies import Replies
from channels.delivery.deliverer import Fetched
from channels.edge import Edge
from channels.mounting import mounted

PATH = "/posts"
MOST_OF_A_BODY = 4_194_304
"""Bytes."""
KEY = re.compile(r"[A-Za-z0-9_.~+/=-]{16,200}")


def error_form(_: int, words: str) -> dict[str, object]:
    return {"error": words}


def routes(edge: Edge) -> Mount:
    """For the channels that have a key; without one there are none."""
    keys = keys_of(edge)
    if not keys:
        return mounted(PATH, [], error_form)
    inbound, replies = Inbound(edge, keys), Replies(edge, keys)
    return mounted(
        PATH,
        [
            Route("/{channel}", inbound.post_lines, methods=["POST"]),
            Route("/{channel}/replies", replies.get_replies),
            Route("/{channel}/receipts", replies.post_receipts, methods=["POST"]),
        ],
        error_form,
    )


def fetched(edge: Edge) -> list[Fetched]:
    """Channels whose notices the listening system fetches."""
    return [Fetched(channel) for channel in keys_of(edge)]


def keys_of(edge: Edge) -> Mapping[str, bytes]:
    """By channel. Raises SettingsError."""
    held = edge.settings.posts_keys
    found: dict[str, bytes] = {}
    for pair in held.get_secret_value().split(",") if held else []:
        channel, _, key = pair.strip().partition("=")
        if not KEY.fullmatch(key):
            raise SettingsError(
                "OTKLIK_POSTS_KEYS must be CHANNEL=KEY, comma-separated, each key of 16 to 200 letters and digits"
            )
        if channel in found:
            raise SettingsError(f"OTKLIK_POSTS_KEYS has two keys for the channel {channel[:60]!r}")
        found[channel] = key.encode()
    return found
