"""Service request logs of cities, in one schema, as rows that can be trusted."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.federation.country import FIRST_YEAR, LAST_YEAR

from world.csvfile import CsvFile, LogError
from world.log_columns import meant
from world.log_times import LogTimes

AT_LEAST, SHARE = 50, 0.02
"""A point that holds this many rows and this share of the log stands for "somewhere in the city"."""

LONGEST = 120
"""Characters of any one text of a row."""

EXAMPLES = 20_000
"""Rows from whose times it is judged whether the day or the month stands first."""
MANY_WITHOUT_POINT = 0.2
"""So large a share of rows without a point is remarked on."""
MOSTLY_MIDNIGHT = 0.9
"""So large a share of cases that were opened at midnight is remarked on."""
MAX_NAMED = 5
"""Lines that are named of each reason for which rows are left out."""
TIMES = ("opened_at", "due_at", "closed_at")
DECIMAL_COMMA = re.compile(r"[+-]?\d{1,3},\d+")

Fault = Literal[
    "closed_before_opened",
    "due_before_opened",
    "bad_time",
    "missing_hour",
    "placeholder_point",
    "bad_point",
    "text_cut",
]


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


TEXTS = ("status", "channel", "category", "type", "department", "queue", "outcome")
PLACES = ("neighborhood", "district", "ward", "zip")


@dataclass(frozen=True, slots=True)
class Log:
    """A log as it can be replayed, and what was wrong with it."""

    rows: tuple[LogRow, ...]
    """In order of (opened, case id)."""
    left_out: Mapping[str, int]
    """How many rows no replay can have, by reason."""
    left_out_lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The first lines of the file that are left out, by reason."""
    remarks: tuple[str, ...] = ()


def faults_of(rows: Iterable[LogRow]) -> dict[str, int]:
    """How many rows said something that cannot be so, by fault; the row stays without it."""
    return dict(sorted(Counter(f for r in rows for f in r.faults).items()))


def read_log(path: Path, times_in: str) -> Log:
    """Every row that has a case id and a time of opening; `times_in` is the zone of its naive times.

    Raises LogError: for a file that is no log, and for one that holds no such row.
    """
    try:
        zone = ZoneInfo(times_in)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise LogError(f"{path}: {times_in!r} is not a time zone; write one such as America/New_York") from error
    file = CsvFile(path)
    columns, spelt = meant(file.columns)
    lacking = {"case_id", "opened_at"} - set(columns)
    if lacking:
        there = ", ".join(filter(None, file.columns))[:300] or "none"
        raise LogError(
            f"{path} has no column {' nor '.join(sorted(lacking))}; a log needs case_id and opened_at;"
            f" its columns: {there}"
        )
    rest = file.rows()
    first = list(itertools.islice(rest, EXAMPLES))
    times = LogTimes(zone, (fields.get(columns[t], "") for _, fields in first for t in TIMES if t in columns))
    rows: dict[str, LogRow] = {}
    left_out: dict[str, list[int]] = {}
    for line, fields in itertools.chain(first, rest):
        row = _row({ours: fields.get(theirs, "") for ours, theirs in columns.items()}, times)
        if isinstance(row, str):
            left_out.setdefault(row, []).append(line)
        elif row.case_id in rows:
            left_out.setdefault("case id repeated", []).append(line)
        else:
            rows[row.case_id] = row
    for line, why in file.broken:
        left_out.setdefault(why, []).append(line)
    counts = {reason: len(lines) for reason, lines in sorted(left_out.items())}
    if not rows:
        why = ", ".join(f"{n} {reason}" for reason, n in counts.items()) or "it has no rows"
        raise LogError(f"{path} has no row with a case id and a time of opening: {why}")
    ordered = sorted(_without_placeholders(rows.values()), key=lambda r: (r.opened, r.case_id))
    remarks = [*file.remarks, *spelt, *([times.remark] if times.remark else []), *_remarks(ordered, zone)]
    named = {reason: tuple(lines[:MAX_NAMED]) for reason, lines in sorted(left_out.items())}
    return Log(tuple(ordered), counts, named, tuple(remarks))


def _remarks(rows: list[LogRow], zone: ZoneInfo) -> list[str]:
    """What a reader of the report should know of the whole log."""
    found = []
    at_midnight = sum(r.opened.astimezone(zone).time() == time() for r in rows)
    if len(rows) > 1 and at_midnight >= MOSTLY_MIDNIGHT * len(rows):
        which = "every case was" if at_midnight == len(rows) else f"{at_midnight} of {len(rows)} cases were"
        found.append(f"{which} opened at midnight: the log tells days, not hours")
    without = sum(r.point is None for r in rows)
    if not any(r.point is not None or r.district or r.ward or r.neighborhood or r.zip for r in rows):
        found.append("no row tells where it was")
    elif without >= MANY_WITHOUT_POINT * len(rows):
        found.append(f"{without} of {len(rows)} rows have no point: in a replay a person must say of each where it was")
    return found


def _row(fields: Mapping[str, str], times: LogTimes) -> LogRow | str:
    """The row, or why there is none."""

    def text(name: str) -> str:
        return fields.get(name, "")

    faults: list[Fault] = []

    def cut(name: str) -> str:
        value = text(name)
        if len(value) > LONGEST:
            faults.append("text_cut")
        return value[:LONGEST]

    if not text("case_id"):
        return "no case id"
    if not text("opened_at"):
        return "no time of opening"
    opened = times.read(text("opened_at"))
    if opened is None:
        return "time of opening unreadable"
    if not FIRST_YEAR < opened.year < LAST_YEAR - 1:
        return f"opened outside {FIRST_YEAR + 1} to {LAST_YEAR - 2}"
    if any(times.in_missing_hour(text(name)) for name in TIMES):
        faults.append("missing_hour")
    due, closed = (times.read(text(name)) for name in ("due_at", "closed_at"))
    if (due is None and text("due_at")) or (closed is None and text("closed_at")):
        faults.append("bad_time")
    if closed is not None and closed < opened:
        # In the hour that autumn repeats, the second of the two may be meant.
        closed = times.read(text("closed_at"), fold=1)
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
    elif text("loc_placeholder") in ("1", "1.0", "true"):
        faults.append("placeholder_point")
        lat = lon = None
    return LogRow(
        case_id=_id(text("case_id")),
        opened=opened,
        due=due,
        closed=closed,
        lat=lat,
        lon=lon,
        is_duplicate=text("is_duplicate") in ("1", "1.0", "true"),
        duplicate_of=_id(text("duplicate_of")),
        **{name: cut(name) for name in TEXTS},
        **{name: _place(cut(name)) for name in PLACES},
        faults=tuple(dict.fromkeys(faults)),
    )


def _id(text: str) -> str:
    """As the city wrote it; an id too long for any channel is known by its digest."""
    return text if len(text) <= LONGEST else hashlib.sha256(text.encode()).hexdigest()


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


def _number(text: str) -> float | None:
    """A number with a decimal point or, as many countries write it, a decimal comma."""
    try:
        value = float(text.replace(",", ".") if DECIMAL_COMMA.fullmatch(text) else text)
    except ValueError:
        return None
    return value if value == value else None


def _place(text: str) -> str:
    """Numbers that a spreadsheet has turned into decimals are numbers again."""
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text
