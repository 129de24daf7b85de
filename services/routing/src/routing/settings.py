"""What routing may be told."""

from __future__ import annotations

from common.runtime.settings import Settings


class RoutingSettings(Settings):
    """As every process: it has nothing of its own."""
