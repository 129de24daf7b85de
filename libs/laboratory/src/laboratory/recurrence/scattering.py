"""A log in which no place has more to it than those around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from world.log import LogRow

METRES = 1000.0
DEGREE_M = 111_195.0


def scattered(rows: Sequence[LogRow], seed: int) -> list[LogRow]:
    """The same rows, each moved by up to a kilometre in any direction."""
    random = Random(f"scattered:{seed}")
    return [row if row.lat is None or row.lon is None else _moved(row, row.lat, row.lon, random) for row in rows]


def _moved(row: LogRow, lat: float, lon: float, random: Random) -> LogRow:
    angle, metres = random.random() * 2 * math.pi, METRES * math.sqrt(random.random())
    east = metres * math.cos(angle) / DEGREE_M / math.cos(math.radians(lat))
    return replace(row, lat=round(lat + metres * math.sin(angle) / DEGREE_M, 6), lon=round(lon + east, 6))
