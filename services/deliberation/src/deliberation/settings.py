"""What deliberation may be told."""

from __future__ import annotations

from common.runtime.settings import Settings


class DeliberationSettings(Settings):
    """As every process: it has nothing of its own."""
