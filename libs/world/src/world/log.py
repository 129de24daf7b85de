"""Service request logs of cities, in one schema, as rows that can be trusted."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

AT_LEAST, SHARE = 50, 0.02
"""A point that holds this many rows and this share of the log stands for "somewhere in the city"."""

Fault = Literal["closed_before_opened", "due_before_opened", "bad_time", "placeholder_point", "bad_point"]


class LogError(ValueError):
    """A log cannot be read; names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One request. Times are UTC; empty text is a column that the city left out or empty; no point: both None."""

    case_id: str
    opened: datetime
    due: datetime | None = None
    closed: datetime | None = None
    status: str = ""
    channel: str = ""
    category: str = ""
    type: str = ""
    department: str = ""
    queue: str = ""
    neighborhood: str = ""
    district: str = ""
    ward: str = ""
    zip: str = ""
    lat: float | None = None
    lon: float | None = None
    outcome: str = ""
    is_duplicate: bool = False
    duplicate_of: str = ""
    faults: tuple[Fault, ...] = ()
    """What the log said that cannot be so; the field in question is then None."""

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude, where the log knows them."""
        return (self.lat, self.lon) if self.lat is not None and self.lon is not None else None

    @property
    def given(self) -> str:
        """What the citizen's channel would call it."""
        return self.type or self.category or "Request"


TEXTS = ("status", "channel", "category", "type", "department", "queue", "outcome", "duplicate_of")
PLACES = ("neighborhood", "district", "ward", "zip")


def read_log(path: Path, times_in: str) -> list[LogRow]:
    """All rows in order of (opened, case id); `times_in` is the zone of its naive times. Raises LogError."""
    try:
        zone = ZoneInfo(times_in)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise LogError(f"{path}: {times_in!r} is not a time zone; write one such as America/New_York") from error
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise LogError(f"{path} cannot be read as CSV in UTF-8: {error}") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    lacking = {"case_id", "opened_at"} - set(reader.fieldnames or ())
    if lacking:
        raise LogError(f"{path} has no column {' nor '.join(sorted(lacking))}; a log needs case_id and opened_at")
    rows: dict[str, LogRow] = {}
    for fields in reader:
        row = _row(fields, zone)
        if row is not None:
            rows.setdefault(row.case_id, row)
    if not rows:
        raise LogError(f"{path} has no row with a case id and a time of opening")
    return sorted(_without_placeholders(rows.values()), key=lambda r: (r.opened, r.case_id))


def _row(fields: Mapping[str, str | None], zone: ZoneInfo) -> LogRow | None:
    def text(name: str) -> str:
        return (fields.get(name) or "").strip()

    opened = _time(text("opened_at"), zone)
    if not text("case_id") or opened is None:
        return None
    faults: list[Fault] = []
    due, closed = (_time(text(name), zone) for name in ("due_at", "closed_at"))
    if (due is None and text("due_at")) or (closed is None and text("closed_at")):
        faults.append("bad_time")
    if closed is not None and closed < opened:
        faults.append("closed_before_opened")
        closed = None
    if due is not None and due < opened:
        faults.append("due_before_opened")
        due = None
    lat, lon = _number(text("lat")), _number(text("lon"))
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180) or (lat == 0 and lon == 0):
        if text("lat") or text("lon"):
            faults.append("bad_point")
        lat = lon = None
    elif text("loc_placeholder") == "1":
        faults.append("placeholder_point")
        lat = lon = None
    return LogRow(
        case_id=text("case_id"),
        opened=opened,
        due=due,
        closed=closed,
        lat=lat,
        lon=lon,
        is_duplicate=text("is_duplicate") == "1",
        faults=tuple(faults),
        **{name: text(name) for name in TEXTS},
        **{name: _place(text(name)) for name in PLACES},
    )


def _without_placeholders(rows: Iterable[LogRow]) -> list[LogRow]:
    """Cities geocode the unknown to one point; it is nobody's address."""
    known = list(rows)
    crowd = Counter(r.point for r in known if r.point is not None)
    limit = max(AT_LEAST, SHARE * len(known))
    return [
        replace(r, lat=None, lon=None, faults=(*r.faults, "placeholder_point"))
        if r.point is not None and crowd[r.point] >= limit
        else r
        for r in known
    ]


def _time(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value else None


def _place(text: str) -> str:
    """Numbers that a spreadsheet has turned into decimals are numbers again."""
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text
