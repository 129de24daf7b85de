"""Times as GeoReport v2 writes them: the W3C's subset of ISO 8601. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

W3 = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?([Zz]|[+ -]\d\d:?\d\d)?)?)?)?"
)


def w3(moment: datetime | None) -> str | None:
    """In UTC and whole seconds, such as 2010-01-01T00:00:00Z; None for None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def from_w3(text: str, zone: tzinfo) -> datetime:
    """A time, or the beginning of a day, month or year, in UTC; `zone` is meant where none is said. A blank before the
    offset is a plus that was not encoded.

    Raises ValueError.
    """
    found = W3.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a time such as 2010-01-01T00:00:00Z")
    year, month, day, hour, minute, second, _, offset = found.groups()
    try:
        naive = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0)
        )  # fmt: skip
        if offset is None:
            moment = naive.replace(tzinfo=zone)
        else:
            moment = datetime.fromisoformat(f"{naive.isoformat()}{_offset(offset)}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text[:40]!r} is not a time: {error}") from error


def _offset(text: str) -> str:
    if text in "Zz":
        return "+00:00"
    digits = text[1:].replace(":", "")
    return f"{'-' if text[0] == '-' else '+'}{digits[:2]}:{digits[2:]}"
