"""Records of calls as a file of columns tells of them. Pure but for the lines it is given."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import yaml

from otklik.console import CommandError

FIELDS = ("id", "number", "words", "category", "address", "lat", "lon", "called_at", "name", "language")
NEEDED = ("words", "called_at")
TIME_FORMAT = "time_format"


class BadFile(CommandError):
    """A file or a mapping that cannot be read at all."""


@dataclass(frozen=True)
class Naming:
    """By what names a file calls the fields, and how it writes times; an empty format is ISO 8601."""

    columns: Mapping[str, str]
    time_format: str = ""


@dataclass(frozen=True)
class Row:
    """One row: a record, or why it is none."""

    line: int
    """Of the file, at which the row ends."""
    record: dict[str, Any] | None
    fault: str = ""


def read_mapping(text: str) -> Naming:
    """Raises BadFile."""
    try:
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise BadFile("the mapping is no YAML: write a line `field: column` for each field") from error
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise BadFile("the mapping must be lines `field: column`")
    unknown = sorted(str(name) for name in found if name not in (*FIELDS, TIME_FORMAT))
    if unknown:
        raise BadFile(f"the mapping names {', '.join(unknown)}; there are {', '.join(FIELDS)} and {TIME_FORMAT}")
    columns = {name: column for name, column in found.items() if name != TIME_FORMAT}
    return Naming(columns, found.get(TIME_FORMAT, ""))


def rows_of(lines: Iterable[str], delimiter: str, mapping: Naming, zone: tzinfo) -> Iterator[Row]:
    """Times without a zone are read in `zone`. Raises BadFile where columns that are needed are missing."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise BadFile(f"the first line names no columns: {error}") from error
    places = {
        field: header.index(column) for field in FIELDS if (column := mapping.columns.get(field, field)) in header
    }
    lost = [column for field, column in mapping.columns.items() if field not in places]
    lost += [field for field in NEEDED if field not in places and field not in mapping.columns]
    if lost:
        raise BadFile(f"the file has no column {', '.join(lost)}; it has {', '.join(header) or 'none'}")
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield Row(reader.line_num, None, f"the row cannot be read: {error}")
            continue
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield _row(row, len(header), reader.line_num, places, mapping.time_format, zone)


def _row(
    cells: list[str], width: int, line: int, places: Mapping[str, int], time_format: str, zone: tzinfo
) -> Row:  # fmt: skip
    if len(cells) != width:
        return Row(line, None, f"the row has {len(cells)} columns, the first line names {width}")
    record: dict[str, Any] = {field: cells[at].strip() for field, at in places.items() if cells[at].strip()}
    for field in NEEDED:
        if field not in record:
            return Row(line, None, f"{field} is empty")
    try:
        given = record["called_at"]
        moment = datetime.strptime(given, time_format) if time_format else datetime.fromisoformat(given)
    except ValueError:
        wanted = time_format or "such as 2026-03-01 12:30"
        return Row(line, None, f"called_at is no time of the form {wanted}")
    record["called_at"] = (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).isoformat()
    record.setdefault("id", _id_of(record))
    return Row(line, record)


def _id_of(record: Mapping[str, Any]) -> str:
    """Of a call that the file gives none: rows that say the same are one call."""
    return "row-" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:40]
