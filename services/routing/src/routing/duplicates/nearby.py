"""Cases by kind and cell of a grid: which of them lie within some metres of a point."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from routing.duplicates.model import KnownCase

METRES_A_DEGREE = 111_195
"""Of latitude, on a sphere of 6,371 km."""
CELL_DEGREES = 0.002
CELLS_ROUND = round(360 / CELL_DEGREES)
LOOKED_AT = 100
"""So many cases of one cell and kind are looked at, the newest first."""

Cell = tuple[str, str, int, int]


class Nearby:
    """Cases of any number by region, category and cell."""

    def __init__(self, cases: Iterable[KnownCase]) -> None:
        self._cells: dict[Cell, list[str]] = {}
        for case in cases:
            self.add(case)

    def add(self, case: KnownCase) -> None:
        """A case that is there already is put where it is now, too; whoever asks compares with the case itself."""
        row, column = _row(case.lat), _column(case.lon)
        self._cells.setdefault((case.region, case.category, row, column), []).append(case.case_id)

    def around(self, case: KnownCase, radius_metres: float) -> Iterator[str]:
        """Ids of cases of the same kind in all cells that the circle can reach."""
        degrees = degrees_around(case.lat, radius_metres)
        row, column = _row(case.lat), _column(case.lon)
        tall, wide = (math.ceil(part / CELL_DEGREES) for part in degrees)
        for lat in range(row - tall, row + tall + 1):
            for lon in range(column - wide, column + wide + 1):
                found = self._cells.get((case.region, case.category, lat, lon % CELLS_ROUND), ())
                yield from found[: -LOOKED_AT - 1 : -1]


def degrees_around(lat: float, radius_metres: float) -> tuple[float, float]:
    """How far a circle reaches in degrees of latitude and of longitude."""
    tall = radius_metres / METRES_A_DEGREE
    return tall, tall / max(math.cos(math.radians(min(89.0, abs(lat) + tall))), 0.01)


def metres_between(one: KnownCase, other: KnownCase) -> float:
    return metres_apart(one.lat, one.lon, other.lat, other.lon)


def metres_apart(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """On a flat map about both: right to a thousandth where they are neighbours."""
    across = (lon - other_lon + 180) % 360 - 180
    middle = math.radians((lat + other_lat) / 2)
    return METRES_A_DEGREE * math.hypot(lat - other_lat, across * math.cos(middle))


def _row(lat: float) -> int:
    return math.floor(lat / CELL_DEGREES)


def _column(lon: float) -> int:
    return math.floor(lon / CELL_DEGREES) % CELLS_ROUND
