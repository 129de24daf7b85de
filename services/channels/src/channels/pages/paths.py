"""Where the pages lie."""

from __future__ import annotations

from urllib.parse import quote

CHANNEL = "web"
REPORT = "/report"
CITIZEN = "/c"
HOTLINE = "/hotline"


def link_of(secret: str, language: str, done: str = "") -> str:
    """Of a citizen's own page; `done` is what it shall say was sent just now."""
    told = f"&done={done}" if done else ""
    return f"{CITIZEN}/{quote(secret)}?language={language}{told}"
