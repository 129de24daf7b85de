"""Points of the earth in metres on a plane, near enough for distances inside one town."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

METRES_PER_DEGREE = 111_195.0
"""Of latitude, on a sphere of 6,371 km."""


class Flat(NamedTuple):
    """Metres east and north. Of two points whose latitudes round to different whole degrees no distance can be told:
    they seem far apart."""

    x: float
    y: float


def flat(lat: float, lon: float) -> Flat:
    """A point on the plane of its degree of latitude; distances are right within 2 % up to 60 degrees."""
    return Flat(lon * _width(round(lat)), lat * METRES_PER_DEGREE)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Latitude and longitude of a point on the plane."""
    lat = y / METRES_PER_DEGREE
    return lat, x / _width(round(lat))


@cache
def _width(lat: int) -> float:
    """Metres of a degree of longitude."""
    return METRES_PER_DEGREE * math.cos(math.radians(lat))
