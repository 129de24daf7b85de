"""What the portal may be told."""

from __future__ import annotations

from common.runtime.http.settings import HttpSettings
from pydantic import Field


class PortalSettings(HttpSettings):
    """As every process with pages, and where people find them."""

    portal_url: str | None = Field(
        default=None, description="address at which people reach the portal; with https its cookies are for TLS alone"
    )
    channels_url: str | None = Field(
        default=None,
        description="address at which citizens reach channels; none: pages hold no form for their voices",
    )
