"""The map of a federation's own borders: drawn as SVG here, and pointed at without scripts. Pure.

A view is as wide as the federation at `zoom` 0, and a third as wide with each step. The picture is sent in a few widths
(in CSS pixels), so that the pixel that a browser sends says where somebody pointed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape

import shapely
from common.contracts.frozen import value
from common.federation.borders import BorderSet
from common.federation.country import Region
from shapely.geometry.base import BaseGeometry

WIDTHS = (272, 560)
"""On a phone of 320 pixels, and at a desk."""
STEP = 3
MAX_ZOOM = 5
MARGIN = 0.03
TALLEST, LOWEST = 1.25, 0.5
"""Height as a share of the width."""
BASE = 1_000.0
"""Units of the drawing over the whole width."""
KM_A_DEGREE = 111.32


@value
class View:
    """What part of the map is seen: its middle in units of the drawing."""

    x: float
    y: float
    zoom: int


@value
class Picture:
    """The map in one width."""

    width: int
    height: int
    source: str


class AreaMap:
    """Of the border set that holds last."""

    def __init__(self, borders: BorderSet, regions: Sequence[Region]) -> None:
        shapes = list(borders.tree.geometries)
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        self._narrow = max(0.05, math.cos(math.radians((south + north) / 2)))
        wide, high = (east - west) * self._narrow or 1.0, north - south or 1.0
        self._scale = BASE / (max(wide, high / TALLEST) * (1 + 2 * MARGIN))
        self._ratio = max(LOWEST, min(TALLEST, high / wide))
        self._middle = (west + east) / 2, (south + north) / 2
        self._shapes: Mapping[str, BaseGeometry] = dict(zip(borders.areas, shapes, strict=True))
        self._regions = regions

    def height(self, width: int) -> int:
        return round(width * self._ratio)

    def view(self, point: tuple[float, float] | None, zoom: int) -> View:
        """Around a point, or all of the map."""
        if point is None or zoom <= 0:
            return View(0.0, 0.0, 0)
        x, y = self._drawn(*point)
        half = BASE / 2
        return View(max(-half, min(half, x)), max(-half * TALLEST, min(half * TALLEST, y)), min(zoom, MAX_ZOOM))

    def point(self, view: View, width: int, x: float, y: float) -> tuple[float, float]:
        """Latitude and longitude of a pixel of a picture, rounded to about a metre."""
        unit = BASE / STEP**view.zoom / width
        drawn_x, drawn_y = view.x + (x - width / 2) * unit, view.y + (y - self.height(width) / 2) * unit
        lon = self._middle[0] + drawn_x / self._scale / self._narrow
        lat = self._middle[1] - drawn_y / self._scale
        return round(max(-90.0, min(90.0, lat)), 5), round((lon + 180) % 360 - 180, 5)

    def draw(self, view: View, width: int, marked: tuple[float, float] | None, kilometres: str) -> str:
        """SVG; `kilometres` is the unit's sign in the reader's language."""
        height = self.height(width)
        unit = BASE / STEP**view.zoom / width
        left, top = view.x - width / 2 * unit, view.y - height / 2 * unit
        lines = max(1.0, unit)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="{left:.3f} {top:.3f} {width * unit:.3f} {height * unit:.3f}"><style>{STYLE}'
            f" .area {{ stroke-width: {unit * 1.2:.4f} }} text {{ font-size: {unit * 13:.4f}px;"
            f" stroke-width: {unit * 3:.4f} }} .scale {{ stroke-width: {unit * 2:.4f} }}</style>"
            f'<rect class="ground" x="{left:.3f}" y="{top:.3f}" width="{width * unit:.3f}"'
            f' height="{height * unit:.3f}"/>',
            self._paths if lines else "",
        ]
        parts += [
            f'<text x="{x:.2f}" y="{y:.2f}">{escape(title)}</text>' for title, x, y in self._titles
        ]  # fmt: skip
        parts.append(self._scale_bar(left, top, unit, height, kilometres))
        if marked is not None:
            x, y = self._drawn(*marked)
            parts.append(
                f'<g class="pin"><circle cx="{x:.3f}" cy="{y:.3f}" r="{unit * 9:.4f}"/>'
                f'<circle class="dot" cx="{x:.3f}" cy="{y:.3f}" r="{unit * 3:.4f}"/></g>'
            )
        return "".join(parts) + "</svg>"

    def _drawn(self, lat: float, lon: float) -> tuple[float, float]:
        x = ((lon - self._middle[0] + 540) % 360 - 180) * self._narrow * self._scale
        return x, (self._middle[1] - lat) * self._scale

    @cached_property
    def _paths(self) -> str:
        """Every area, of the accuracy that the nearest view shows."""
        fine = BASE / STEP**MAX_ZOOM / max(WIDTHS) / self._scale
        found = []
        for area, shape in sorted(self._shapes.items()):
            rings = [
                "M" + "L".join(f"{x:.2f},{y:.2f}" for x, y in (self._drawn(lat, lon) for lon, lat, *_ in ring)) + "Z"
                for ring in _rings(shapely.simplify(shape, fine))
            ]
            found.append(f'<path class="area" d="{"".join(rings)}"><title>{escape(area)}</title></path>')
        return "".join(found)

    @cached_property
    def _titles(self) -> list[tuple[str, float, float]]:
        """Each region's title in a place that lies inside it."""
        found = []
        for region in self._regions:
            shapes = [self._shapes[area] for area in region.areas if area in self._shapes]
            if shapes:
                inside = shapely.point_on_surface(shapely.union_all(shapes))
                found.append((region.title, *self._drawn(inside.y, inside.x)))
        return found

    def _scale_bar(self, left: float, top: float, unit: float, height: int, kilometres: str) -> str:
        a_km = self._scale / KM_A_DEGREE
        longest = 70 * unit / a_km
        length = 10 ** math.floor(math.log10(longest))
        length = next(length * factor for factor in (5, 2, 1) if length * factor <= longest)
        x, y = left + 10 * unit, top + (height - 10) * unit
        return (
            f'<path class="scale" d="M{x:.3f},{y - 4 * unit:.3f}v{4 * unit:.3f}h{length * a_km:.3f}v{-4 * unit:.3f}"/>'
            f'<text class="left" x="{x:.3f}" y="{y - 8 * unit:.3f}">{length:g} {escape(kilometres)}</text>'
        )


STYLE = (
    ".ground { fill: #eef1f5 } .area { fill: #fff; stroke: #7b8794; stroke-linejoin: round }"
    " text { font-family: system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif; fill: #1b2430;"
    " text-anchor: middle; paint-order: stroke; stroke: #fff } .left { text-anchor: start }"
    " .scale { fill: none; stroke: #1b2430 } .pin circle { fill: #b3261e; stroke: #fff; stroke-width: .3% }"
    " .pin .dot { fill: #fff; stroke: none }"
    " @media (prefers-color-scheme: dark) { .ground { fill: #12161c } .area { fill: #28313d; stroke: #7f8b99 }"
    " text { fill: #e7ebf0; stroke: #12161c } .scale { stroke: #e7ebf0 } .pin circle { fill: #ff9b92; stroke: #12161c }"
    " .pin .dot { fill: #12161c } }"
)


def _rings(shape: BaseGeometry) -> Sequence[Sequence[tuple[float, ...]]]:
    polygons = [p for p in shapely.get_parts(shape).tolist() if p.geom_type == "Polygon" and not p.is_empty]
    return [list(ring.coords) for p in polygons for ring in (p.exterior, *p.interiors)]
