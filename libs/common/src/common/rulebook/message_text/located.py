"""The area and region of a point. Pure."""

from __future__ import annotations

from datetime import datetime

from common.contracts.events.base import Place
from common.rulebook.message_text.context import Position, TextContext


def located(point: Place, at: datetime, context: TextContext) -> Position | None:
    """Area and region of a point by the borders of that time; None without one, or outside every region."""
    if point.lat is None or point.lon is None:
        return None
    return context.country.locate(point.lat, point.lon, at)
