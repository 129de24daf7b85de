"""Which area a point lies in, by the set of borders valid at the time."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import shapely
from shapely import STRtree
from shapely.affinity import translate
from shapely.geometry import LinearRing, Polygon, shape
from shapely.geometry.base import BaseGeometry

SETS_KEPT = 16
"""Of those built in this process, which several services may share."""
GRID = 160
"""Squares a side: most points fall into one that lies in a single area, and need no geometry."""


class BorderSet:
    """Immutable; `id` ends with a hash of its geometry. On a shared border the lowest area id wins."""

    def __init__(self, name: str, valid_from: datetime, areas: tuple[str, ...], tree: STRtree) -> None:
        self.id = name
        self.valid_from = valid_from
        self.areas = areas
        self.tree = tree
        self._grid = _Grid(tree) if areas else None

    def area_at(self, lat: float, lon: float) -> str | None:
        area = self._grid.area(lat, lon) if self._grid is not None else NOWHERE
        if area != UNSURE:
            return self.areas[area] if area != NOWHERE else None
        hits = self.tree.query(shapely.Point(lon, lat), predicate="intersects")
        return min((self.areas[i] for i in hits), default=None)


NOWHERE = -1
UNSURE = -2
"""A border crosses the square: ask the geometry."""


class _Grid:
    """Which single area each square lies in, if it does."""

    def __init__(self, tree: STRtree) -> None:
        shapes = tree.geometries
        self._west, self._south, east, north = shapely.total_bounds(shapes)
        self._wide = (east - self._west) / GRID or 1.0
        self._high = (north - self._south) / GRID or 1.0
        steps = np.arange(GRID)
        columns, rows = np.meshgrid(steps, steps)
        west, south = self._west + columns.ravel() * self._wide, self._south + rows.ravel() * self._high
        # A hair wider than the square, so that a point on its edge is never judged by rounding.
        hair_x, hair_y = self._wide * 1e-6, self._high * 1e-6
        boxes = shapely.box(west - hair_x, south - hair_y, west + self._wide + hair_x, south + self._high + hair_y)
        self._squares = [NOWHERE] * len(boxes)
        touched, areas = tree.query(boxes, predicate="intersects")
        inside = shapely.contains_properly(shapes[areas], boxes[touched])
        for square, area, whole in zip(touched.tolist(), areas.tolist(), inside.tolist(), strict=True):
            alone = whole and self._squares[square] == NOWHERE
            self._squares[square] = area if alone else UNSURE

    def area(self, lat: float, lon: float) -> int:
        """The number of the one area there, NOWHERE or UNSURE."""
        column, row = int((lon - self._west) // self._wide), int((lat - self._south) // self._high)
        if not (0 <= column < GRID and 0 <= row < GRID):
            # The last row and column hold the far edge itself.
            on_edge = 0 <= column <= GRID and 0 <= row <= GRID
            return UNSURE if on_edge else NOWHERE
        return self._squares[row * GRID + column]


class Borders:
    """All sets of a federation, by the time from which each holds."""

    def __init__(self, sets: list[BorderSet]) -> None:
        self._sets = sorted(sets, key=lambda s: s.valid_from, reverse=True)

    @property
    def newest(self) -> BorderSet:
        """The set that holds last; IndexError for a federation without borders."""
        return self._sets[0]

    def area_at(self, lat: float, lon: float, at: datetime) -> tuple[str, str] | None:
        """Area and border set of a point at a time; None outside every area."""
        for borders in self._sets:
            if borders.valid_from <= at:
                area = borders.area_at(lat, lon)
                return (area, borders.id) if area is not None else None
        return None


def within_180(area: BaseGeometry) -> BaseGeometry:
    """The same area with longitudes from -180 to 180.

    A ring across the 180th meridian is written in two ways, 170..191 and 170..-169; RFC 7946 wants it cut there. Two
    neighbouring vertices more than 180 degrees apart are taken for the second way.
    """
    west, _, east, _ = area.bounds
    rings = [np.asarray(r.coords)[:, 0] for p in _polygons(area) for r in (p.exterior, *p.interiors)]
    jumps = any(bool((np.abs(np.diff(longitudes)) > 180).any()) for longitudes in rings)
    if not jumps and west >= -180 and east <= 180:
        return area
    parts: list[BaseGeometry] = []
    for polygon in _polygons(area):
        whole = _unwrapped(polygon)
        for turn in (-360.0, 0.0, 360.0):
            part = shapely.intersection(whole, shapely.box(-180 + turn, -90, 180 + turn, 90))
            if part.area > 0:
                parts.append(translate(part, xoff=-turn))
    return shapely.union_all(parts)


def _polygons(area: BaseGeometry) -> list[Polygon]:
    return [p for p in shapely.get_parts(area).tolist() if isinstance(p, Polygon) and not p.is_empty]


def _unwrapped(polygon: Polygon) -> Polygon:
    """Each ring without jumps, next to the outer one's beginning."""
    start = polygon.exterior.coords[0][0]

    def steady(ring: LinearRing) -> np.ndarray:
        points = np.asarray(ring.coords)[:, :2].copy()
        points[:, 0] = np.unwrap(points[:, 0], period=360)
        points[:, 0] += 360 * np.round((start - points[0, 0]) / 360)
        return points

    return Polygon(steady(polygon.exterior), [steady(ring) for ring in polygon.interiors])


def load_borders(folder: Path) -> Borders:
    """Read every `*.geojson` of a folder: features with properties `area` and, once, `valid_from`."""
    return Borders([_border_set(path.stem, path.read_text()) for path in sorted(folder.glob("*.geojson"))])


@lru_cache(maxsize=SETS_KEPT)
def _border_set(name: str, geojson: str) -> BorderSet:
    """The same text gives the same set, which takes a tenth of a second to build."""
    features = json.loads(geojson)["features"]
    shapes = [within_180(shape(f["geometry"])) for f in features]
    normal = b"".join(shapely.to_wkb(shapely.normalize(s)) for s in shapes)
    start = features[0]["properties"].get("valid_from") if features else None
    valid_from = datetime.fromisoformat(start) if start else datetime(1970, 1, 1, tzinfo=UTC)
    if valid_from.tzinfo is None:
        valid_from = valid_from.replace(tzinfo=UTC)
    areas = tuple(str(f["properties"]["area"]) for f in features)
    return BorderSet(f"{name}@{hashlib.sha256(normal).hexdigest()[:10]}", valid_from, areas, STRtree(shapes))
