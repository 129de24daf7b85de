"""Ids that outsiders chose, as far as they may be shown."""

from __future__ import annotations

import re

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MAY_BE_PERSONAL = re.compile(r"@|\d(?:[\s().-]{0,3}\d){6}|[^\w.:/+-]")
WITHHELD = "(an id that may tell who)"


def harmless(given: str | None) -> str | None:
    """An id that a sender chose, unless it could hold a name, an address or a number of somebody."""
    if given is None or UUID.fullmatch(given) or not MAY_BE_PERSONAL.search(given):
        return given
    return WITHHELD
