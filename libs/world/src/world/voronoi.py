"""Borders from labelled points: each place belongs to the area of its nearest known case."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import MultiPoint, mapping

from world.plan import most

AROUND = 0.005
"""Degrees by which the hull of all points is widened, some 500 m."""
SIMPLIFY = 0.0001
"""Degrees within which a border may be straightened, some 10 m."""
NEIGHBOURS, NEAR_KM = 25, 0.02
"""A place's label is put to the vote of so many nearest places; within 20 m all weigh much the same. Chosen on the
learning period alone (halves in time and random fifths of it), where it is the best of ten settings."""
GRID = 1e-9
"""Degrees, a tenth of a millimetre."""
CHUNK = 512
STRIP_KM = 0.25
KM_A_DEGREE = 111.2
DIGITS = 5
FEWEST = 3
"""Areas with fewer points get no border of their own."""

Labelled = tuple[float, float, str]
"""Latitude, longitude, area."""


def borders_from(points: Sequence[Labelled], around: Sequence[tuple[float, float]], valid_from: str) -> dict[str, Any]:
    """A GeoJSON collection that covers the hull of `around`; without usable points it has no features."""
    places = _smoothed(tuple(_places(points)))
    if len(places) < FEWEST:
        return {"type": "FeatureCollection", "features": []}
    names = sorted({label for _, label in places})
    xy = np.array([(p[1], p[0]) for p, _ in places])
    labels = [label for _, label in places]
    hull = MultiPoint([(lon, lat) for lat, lon in _inliers(around)]).convex_hull.buffer(AROUND, quad_segs=4)
    sites = MultiPoint(xy)
    cells = list(shapely.voronoi_polygons(sites, extend_to=hull, ordered=True).geoms)
    by_area: dict[str, list[Any]] = defaultdict(list)
    for cell, label in zip(cells, labels, strict=True):
        by_area[label].append(cell)
    kept = [name for name in names if by_area[name]]
    shapes = [shapely.intersection(_joined(by_area[name]), hull) for name in kept]
    simple = shapely.coverage_simplify(shapes, SIMPLIFY)
    rounded = [shapely.make_valid(shapely.transform(s, lambda c: np.round(c, DIGITS))) for s in simple]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"area": name, "valid_from": valid_from},
                "geometry": mapping(shapely.normalize(_polygonal(s))),
            }
            for name, s in zip(kept, rounded, strict=True)
        ],
    }


def _joined(cells: Sequence[Any]) -> Any:
    """One shape. Cells of points on a regular grid may overlap by rounding, which only fixed precision joins."""
    try:
        return shapely.union_all(cells)
    except shapely.GEOSException:
        return shapely.union_all([shapely.make_valid(cell) for cell in cells], grid_size=GRID)


def _inliers(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without the few points that were geocoded into another town."""
    array = np.array(sorted(points))
    low, high = np.quantile(array, 0.002, axis=0), np.quantile(array, 0.998, axis=0)
    margin = (high - low) * 0.25
    keep = ((array >= low - margin) & (array <= high + margin)).all(axis=1)
    return [(float(a), float(b)) for a, b in array[keep]]


def _places(points: Sequence[Labelled]) -> list[tuple[tuple[float, float], str]]:
    """Each place once, with its commonest label; only areas with enough places."""
    seen: dict[tuple[float, float], Counter[str]] = defaultdict(Counter)
    for lat, lon, label in points:
        seen[(round(lat, 6), round(lon, 6))][label] += 1
    if not seen:
        return []
    inside = set(_inliers(list(seen)))
    labelled = [(place, usual) for place, c in sorted(seen.items()) if place in inside and (usual := most(c))]
    enough = Counter(label for _, label in labelled)
    return [(place, label) for place, label in labelled if enough[label] >= FEWEST]


@lru_cache(maxsize=2)
def _smoothed(places: tuple[tuple[tuple[float, float], str], ...]) -> Sequence[tuple[tuple[float, float], str]]:
    """Each place with the label that its neighbourhood votes for, weighed by nearness; it has the first vote itself.

    A single case that ended with a neighbour's crew would otherwise cut a whole block out of its area. Kept, since who
    learns from the same log in another order asks for the same places again.
    """
    if len(places) <= NEIGHBOURS:
        return places
    middle = float(np.mean([lat for (lat, _), _ in places]))
    xy = np.array([(lon * np.cos(np.radians(middle)), lat) for (lat, lon), _ in places]) * KM_A_DEGREE
    names = sorted({label for _, label in places})
    number = {name: i for i, name in enumerate(names)}
    labels = np.array([number[label] for _, label in places])
    found = []
    for start in range(0, len(places), CHUNK):
        near, far = nearest_places(xy, start, min(start + CHUNK, len(places)))
        weights = 1 / (far + NEAR_KM)
        votes = np.zeros((len(near), len(names)))
        np.add.at(votes, (np.arange(len(near))[:, None], labels[near]), np.round(weights, 6))
        found += [names[i] for i in votes.argmax(axis=1)]
    return [(place, label) for (place, _), label in zip(places, found, strict=True)]


def nearest_places(xy: Any, start: int, end: int) -> tuple[Any, Any]:
    """The nearest places of each from `start` to `end`, and how far they are, in km. `xy` is in order of latitude, so
    only a strip of it is looked at, which is widened until no place outside can be nearer."""
    strip = STRIP_KM
    while True:
        first = int(np.searchsorted(xy[:, 1], xy[start, 1] - strip))
        last = int(np.searchsorted(xy[:, 1], xy[end - 1, 1] + strip, side="right"))
        whole = last - first == len(xy)
        if last - first >= NEIGHBOURS:
            across, along = (xy[start:end, None, axis] - xy[None, first:last, axis] for axis in (0, 1))
            distances = np.sqrt(across * across + along * along)
            near = np.argpartition(distances, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
            far = np.take_along_axis(distances, near, axis=1)
            if whole or far.max() < strip:
                return near + first, far
        strip *= 2


def _polygonal(shape: Any) -> Any:
    """Only the polygons of what rounding left."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts)


def areas_of(collection: dict[str, Any], points: Sequence[tuple[float, float]]) -> list[str | None]:
    """The area of each point by a collection, as `common.federation.borders` decides; None outside."""
    features = collection["features"]
    tree = STRtree([shapely.geometry.shape(f["geometry"]) for f in features])
    names = [str(f["properties"]["area"]) for f in features]
    found: list[str | None] = [None] * len(points)
    if not points or not names:
        return found
    where, which = tree.query(shapely.points([(lon, lat) for lat, lon in points]), predicate="intersects")
    for i, j in zip(where.tolist(), which.tolist(), strict=True):
        already = found[i]
        found[i] = names[j] if already is None else min(names[j], already)
    return found
