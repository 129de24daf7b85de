"""Times as they come from outside."""

from __future__ import annotations

from datetime import UTC, datetime


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; raises ValueError where UTC has no such year."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("it lies outside the years 1 to 9999 in UTC") from error
