"""One form for every time that loops keep, so that times sort by their text."""

from __future__ import annotations

from datetime import UTC, datetime


def text_of(moment: datetime) -> str:
    """ISO text in UTC."""
    return moment.astimezone(UTC).isoformat()
