"""Streets of a federation as its folder has them.

A file `gazetteer/<name>.csv` has a row for a street, or for a part of it by house numbers. Of several files the one
with the latest day in its name (`2011`, `2011-07-01`) that has come is in force.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

from common.rulebook.streets import Gazetteer, Gazetteers, Stretch

COLUMNS = ("street", "area", "from_house", "to_house", "side", "lat", "lon", "other_names")


def load_gazetteers(folder: Path) -> Gazetteers:
    """Raises ValueError, which names file and line."""
    return Gazetteers(load_gazetteer(path) for path in sorted(folder.glob("*.csv")))


def load_gazetteer(path: Path) -> Gazetteer:
    """Raises ValueError, which names file and line."""
    try:
        year, month, day = [*(int(part) for part in path.stem.split("-")), 1, 1][:3]
        valid_from = datetime(year, month, day, tzinfo=UTC)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: its name must be the day from which it holds, such as 2011 or 2011-07-01") from error
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"street", "area"} <= set(reader.fieldnames or ()):
            wanted = ", ".join(COLUMNS)
            raise ValueError(f"{path}, line 1: its columns must be of {wanted}; street and area must be there")
        return Gazetteer(path.stem, valid_from, [_row(path, reader.line_num, row) for row in reader])


def _row(path: Path, line: int, row: dict[str, str | None]) -> tuple[Stretch, list[str]]:
    given = {name: (row.get(name) or "").strip() for name in COLUMNS}
    try:
        if not given["street"] or not given["area"] or given["side"] not in ("", "odd", "even"):
            raise ValueError("street and area must be there, and side be odd, even or nothing")
        low, high = (int(given[name]) if given[name] else None for name in ("from_house", "to_house"))
        lat, lon = (float(given[name]) if given[name] else None for name in ("lat", "lon"))
        if (lat is None) != (lon is None) or not (abs(lat or 0) <= 90 and abs(lon or 0) <= 180):
            raise ValueError("lat and lon are degrees, both or neither")
    except ValueError as error:
        raise ValueError(f"{path}, line {line}: {error}") from error
    stretch = Stretch(given["street"], given["area"], low, high, given["side"], lat, lon)  # type: ignore[arg-type]
    return stretch, [name.strip() for name in given["other_names"].split("|") if name.strip()]
