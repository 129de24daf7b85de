"""Keys of clients: which may post, and by which a client is known again."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from channels.bodies import Refused
from channels.edge_key import EdgeKey
from channels.settings import ChannelsSettings


class ApiKeys:
    """Those of the settings; where there are none, any key is taken, and known again."""

    def __init__(self, settings: ChannelsSettings, key: EdgeKey) -> None:
        held = settings.open311_keys
        self._held = [k.strip().encode() for k in held.get_secret_value().split(",")] if held else []
        self._key = key

    @property
    def asked(self) -> bool:
        return bool(self._held)

    def must_be_held(self, fields: Mapping[str, str]) -> None:
        """Raises Refused (403)."""
        given = fields.get("api_key", "").encode()
        if self._held and not any(hmac.compare_digest(given, one) for one in self._held):
            raise Refused(403, "api_key is missing or wrong")

    def mark(self, fields: Mapping[str, str]) -> str | None:
        """By which a client is known again; None for one without a key."""
        given = fields.get("api_key")
        return self._key.event_id("open311 api key", given) if given else None
