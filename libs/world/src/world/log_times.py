"""Times as cities write them: ISO 8601, day or month first, with AM and PM, month names, seconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

NUMBERS = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})"
    r"(?:[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d{1,9})?)?\s*(?:([AaPp])\.?\s*[Mm]\.?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
MONTH_NAMES = (
    "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d-%b-%y",
)  # fmt: skip
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
EPOCH_SECONDS = re.compile(r"[1-9]\d{8,9}(?:\.\d+)?")
EPOCH_MILLISECONDS = re.compile(r"[1-9]\d{11,12}")
WORDS = re.compile(r"[A-Za-z]{3}")
MONTH_FIRST_ZONES = ("America/", "US/", "Pacific/Honolulu", "Asia/Manila")
MAX_MONTH = 12


class LogTimes:
    """Reads a log's times; whether 03/04/2022 is March or April is decided once, from all of them."""

    def __init__(self, zone: ZoneInfo, examples: Iterable[str]) -> None:
        self._zone = zone
        self.remark: str | None = None
        """What was guessed, for whoever reads the report."""
        days, months, unsure = 0, 0, 0
        for text in examples:
            match = NUMBERS.fullmatch(text)
            if match is None or len(match[1]) == 4 or match[2] == ".":
                continue
            first, second = int(match[1]), int(match[3])
            days += first > MAX_MONTH >= second
            months += second > MAX_MONTH >= first
            unsure += first <= MAX_MONTH and second <= MAX_MONTH
        by_zone = zone.key.startswith(MONTH_FIRST_ZONES)
        self._month_first = months > days or (months == days and by_zone)
        if unsure and months == days:
            order = "the month" if self._month_first else "the day"
            self.remark = (
                f"times such as 03/04/2022 are read with {order} first, as in {zone.key}: nothing in the log tells"
            )

    def read(self, text: str, fold: int = 0) -> datetime | None:
        """The moment in UTC; None when it is no time. `fold` 1 means the second of an hour that autumn repeats."""
        try:
            naive = self._local(text)
            if naive is None:
                return None
            return (naive if naive.tzinfo else naive.replace(tzinfo=self._zone, fold=fold)).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def in_missing_hour(self, text: str) -> bool:
        """Whether the local time is one that the clocks pass over in spring; it is then read an hour later."""
        try:
            naive = self._local(text)
        except (ValueError, OverflowError, OSError):
            return False
        if naive is None or naive.tzinfo is not None:
            return False
        back = naive.replace(tzinfo=self._zone).astimezone(UTC).astimezone(self._zone)
        return back.replace(tzinfo=None) != naive

    def _local(self, text: str) -> datetime | None:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
        match = NUMBERS.fullmatch(text)
        if match is not None:
            return self._numbers(match)
        if EPOCH_SECONDS.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        if EPOCH_MILLISECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        return _month_name(text) if WORDS.search(text) else None

    def _numbers(self, match: re.Match[str]) -> datetime | None:
        a, mark, b, c, hour, minute, second, half, zone = match.groups()
        if len(a) == 4:
            year, month, day = int(a), int(b), int(c)
        elif len(c) not in (2, 4):
            return None
        else:
            year = int(c) if len(c) == 4 else 2000 + int(c)
            month_first = self._month_first and mark != "."
            month, day = (int(a), int(b)) if month_first else (int(b), int(a))
        at = int(hour or 0)
        if half is not None:
            if not 1 <= at <= 12:
                return None
            at = at % 12 + (12 if half in "Pp" else 0)
        found = datetime(year, month, day, at, int(minute or 0), int(second or 0))
        return found.replace(tzinfo=_offset(zone)) if zone else found


def _offset(text: str) -> timezone:
    if not text.startswith(("+", "-")):
        return UTC
    sign = -1 if text.startswith("-") else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _month_name(text: str) -> datetime | None:
    plain = " ".join(text.replace("Sept ", "Sep ").split())
    for day in MONTH_NAMES:
        for clock in CLOCKS:
            try:
                return datetime.strptime(plain, day + clock)
            except ValueError:
                continue
    return None
