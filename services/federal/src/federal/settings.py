"""What the federal centre may be told."""

from __future__ import annotations

from common.runtime.http.settings import HttpSettings


class FederalSettings(HttpSettings):
    """As every process that serves more than health: it has nothing of its own."""
