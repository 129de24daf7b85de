"""The adapters: one folder a protocol that citizens speak to us. Those in this list run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from channels.adapters import (
    citizen_page,
    email,
    hotline,
    json_http,
    max,
    open311,
    public_posts,
    report_form,
    sms,
    telegram,
    vk,
    voice_form,
)
from channels.delivery.deliverer import Deliverer
from channels.edge import Edge

ADAPTERS = (json_http, open311, voice_form, report_form, citizen_page, hotline, telegram, vk, max, sms, public_posts)

DELIVERERS: tuple[Callable[[Edge], Deliverer | None], ...] = (
    telegram.deliverer, vk.deliverer, max.deliverer, email.deliverer, sms.deliverer,
)  # fmt: skip
"""Of adapters that also deliver their channel's notices; None where the settings have no credentials for it."""

LISTENERS: tuple[Callable[[Edge], list[Callable[[], Awaitable[None]]]], ...] = (email.listeners,)
"""Of adapters that citizens' words reach by another way than this service's HTTP port."""
