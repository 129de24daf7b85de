"""The outline map of the federation's areas as SVG, shaded by a measure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from portal.formats import number, percent
from portal.language import N_, _

SHADES = 5
METRES_PER_DEGREE, LEAST_RADIUS = 111_195.0, 7.0
"""Of latitude; units of the drawing."""

MEASURES = {
    "transferred": ("transferred", "cases", N_("cases passed on to another authority")),
    "overdue": ("overdue", "cases", N_("cases that missed their deadline")),
    "open": ("open", "cases", N_("cases still open")),
    "reopened": ("reopened", "answered", N_("answered cases that were reopened")),
    "cases": ("cases", None, N_("cases received")),
}
"""By name: the counter, what it is a share of (None: itself, as a number), and the words for it."""

Tally = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Shape:
    area: str
    rings: tuple[tuple[tuple[float, float], ...], ...]

    def label_at(self) -> tuple[float, float]:
        """The middle of its largest ring's box."""
        ring = max(self.rings, key=len)
        xs, ys = [p[0] for p in ring], [p[1] for p in ring]
        return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def measured(tally: Tally, measure: str) -> float | None:
    """The value that shades an area: a share, or a count; None where nothing is known."""
    over, under, _ = MEASURES[measure]
    if under is None:
        return float(tally[over])
    return tally[over] / tally[under] if tally[under] else None


@dataclass(frozen=True, slots=True)
class ShadeStep:
    """One shade of the legend."""

    shade: int
    words: str


class OutlineMap:
    """The newest border set of a federation."""

    def __init__(self, folder: Path) -> None:
        self._shapes: list[Shape] = []
        for path in sorted(folder.glob("*.geojson"))[-1:]:
            for feature in json.loads(path.read_text())["features"]:
                self._shapes.append(Shape(str(feature["properties"]["area"]), tuple(_rings(feature["geometry"]))))
        points = [p for shape in self._shapes for ring in shape.rings for p in ring]
        self._west, self._east = _span([p[0] for p in points])
        self._south, self._north = _span([p[1] for p in points])
        # At this latitude a degree of longitude is so much shorter than one of latitude.
        self._narrow = math.cos(math.radians((self._south + self._north) / 2))

    def draw(self, areas: Mapping[str, Tally], measure: str, width: int = 400) -> tuple[Markup, list[ShadeStep]]:
        """SVG and its legend; empty without borders."""
        if not self._shapes:
            return Markup(""), []
        values = {area: v for area, tally in areas.items() if (v := measured(tally, measure)) is not None}
        top = _round_up(max(values.values(), default=0.0), MEASURES[measure][1] is not None)
        _scale, height, at = self._paper(width)
        words = _("Map of areas: {measure}; the numbers stand in the table below")
        parts = [Markup('<svg class="map" viewBox="-4 -4 {} {}" role="img" aria-label="{}">').format(
            width + 8, f"{height + 8:.0f}", words.format(measure=_(MEASURES[measure][2]))
        )]  # fmt: skip
        for shape in self._shapes:
            value = values.get(shape.area)
            shade = 0 if value is None else min(SHADES, 1 + int(value / top * SHADES)) if top else 1
            path = " ".join("M" + "L".join(at(*p) for p in ring) + "Z" for ring in shape.rings)
            parts.append(Markup('<path class="area q{}" d="{}"><title>{}</title></path>').format(
                shade, path, _("Area {area}: {value}").format(area=shape.area, value=value_words(value, measure))
            ))  # fmt: skip
        for shape in self._shapes:
            x, y = at(*shape.label_at()).split(",")
            parts.append(Markup('<text class="tag" x="{}" y="{}">{}</text>').format(x, y, shape.area))
        return Markup("").join(parts) + Markup("</svg>"), _legend(top, measure)

    def draw_circles(self, circles: Sequence[Circle], words: str, width: int = 400) -> Markup:
        """SVG of the borders with circles on them, `words` what it shows; empty without borders."""
        if not self._shapes:
            return Markup("")
        scale, height, at = self._paper(width)
        parts = [Markup('<svg class="map" viewBox="-4 -4 {} {}" role="img" aria-label="{}">').format(
            width + 8, f"{height + 8:.0f}", words
        )]  # fmt: skip
        for shape in self._shapes:
            path = " ".join("M" + "L".join(at(*p) for p in ring) + "Z" for ring in shape.rings)
            parts.append(Markup('<path class="area q0" d="{}"></path>').format(path))
        for one in circles:
            x, y = at(one.lon, one.lat).split(",")
            radius = max(LEAST_RADIUS, one.radius_m / METRES_PER_DEGREE * scale)
            parts.append(Markup('<circle class="spot" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
                x, y, f"{radius:.1f}", one.words
            ))  # fmt: skip
            parts.append(Markup('<text class="tag" x="{}" y="{}">{}</text>').format(x, y, one.label))
        return Markup("").join(parts) + Markup("</svg>")

    def _paper(self, width: int) -> tuple[float, float, Callable[[float, float], str]]:
        """Units a degree of latitude, the height, and where a longitude and latitude lie."""
        scale = width / ((self._east - self._west) * self._narrow or 1)

        def at(x: float, y: float) -> str:
            return f"{(x - self._west) * self._narrow * scale:.1f},{(self._north - y) * scale:.1f}"

        return scale, (self._north - self._south) * scale, at


@dataclass(frozen=True, slots=True)
class Circle:
    """Something about a place: degrees, metres, a short label and words."""

    lat: float
    lon: float
    radius_m: float
    label: str
    words: str


def value_words(value: float | None, measure: str) -> str:
    """A measured value as people read it."""
    if value is None:
        return _("no cases")
    return percent(value) if MEASURES[measure][1] else number(round(value))


def _legend(top: float, measure: str) -> list[ShadeStep]:
    edges = [top * i / SHADES for i in range(SHADES + 1)]
    as_share = MEASURES[measure][1] is not None
    bounds = [number(round(100 * v if as_share else v)) for v in edges]
    unit = " %" if as_share else ""
    return [ShadeStep(i + 1, f"{bounds[i]}–{bounds[i + 1]}{unit}") for i in range(SHADES)]


def _round_up(value: float, as_share: bool) -> float:
    if as_share:
        return max(0.05, math.ceil(value * 20) / 20)
    size = 10 ** max(0, math.floor(math.log10(value))) if value >= 1 else 1
    return max(5.0, float(math.ceil(value / size) * size))


def _span(values: list[float]) -> tuple[float, float]:
    return (min(values), max(values)) if values else (0.0, 1.0)


def _rings(geometry: dict[str, Any]) -> Iterator[tuple[tuple[float, float], ...]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield tuple((float(p[0]), float(p[1])) for p in polygon[0])
