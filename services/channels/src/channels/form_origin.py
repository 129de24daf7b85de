"""From whose page a browser sent a form."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request

from channels.bodies import Refused


def origins_of(setting: str) -> list[str]:
    """Sites whose pages may hold our forms, as the setting names them."""
    return [origin.strip().rstrip("/") for origin in setting.split(",") if origin.strip()]


def must_be_ours(request: Request, origins: Sequence[str]) -> None:
    """Raises Refused (403) for a form that a browser sends from the page of a site that is not named as ours: it may
    have been sent without the person's knowledge, and is shown before it is taken."""
    origin = request.headers.get("origin")
    ours = origin is None or urlsplit(origin).netloc == request.headers.get("host", "") or origin in origins
    if not ours:
        raise Refused(403, "sent from another site's page")
