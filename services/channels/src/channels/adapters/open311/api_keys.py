"""Keys of clients: which may post, and by which a client is known again."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from channels.bodies import Refused
from channels.edge_key import EdgeKey
from channels.edge_limits import EdgeLimits
from channels.settings import ChannelsSettings


class ApiKeys:
    """Those of the settings; where there are none, any key is taken, and known again."""

    def __init__(self, settings: ChannelsSettings, key: EdgeKey, limits: EdgeLimits) -> None:
        held = settings.open311_keys
        self._held = [k.strip().encode() for k in held.get_secret_value().split(",")] if held else []
        self._key = key
        self._limits = limits

    @property
    def asked(self) -> bool:
        return bool(self._held)

    def must_be_held(self, fields: Mapping[str, str]) -> None:
        """Counts a request under a key. Raises Refused (403, 429)."""
        if not self._held:
            # Any key is taken, so anybody may make some up: they count by address alone.
            return
        given = fields.get("api_key", "").encode()
        held = [number for number, one in enumerate(self._held) if hmac.compare_digest(given, one)]
        if not held:
            raise Refused(403, "api_key is missing or wrong")
        self._limits.use(f"open311 {held[0]}")

    def mark(self, fields: Mapping[str, str]) -> str | None:
        """By which a client is known again; None for one without a key."""
        given = fields.get("api_key")
        return self._key.event_id("open311 api key", given) if given else None
