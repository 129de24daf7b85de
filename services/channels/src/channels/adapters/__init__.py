"""The adapters: one folder a protocol that citizens speak to us. Those in this list run."""

from __future__ import annotations

from collections.abc import Callable

from channels.adapters import json_http, open311, telegram, web_form
from channels.delivery.deliverer import Deliverer
from channels.edge import Edge

ADAPTERS = (json_http, open311, web_form, telegram)

DELIVERERS: tuple[Callable[[Edge], Deliverer | None], ...] = (telegram.deliverer,)
"""Of adapters that also deliver their channel's notices; None where the settings have no credentials for it."""
