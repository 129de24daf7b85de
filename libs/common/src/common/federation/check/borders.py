"""GeoJSON borders: degrees the right way round, sound rings, one area to a point, every area somewhere."""

from __future__ import annotations

import importlib.resources
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import shapely
from shapely import STRtree
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from common.federation.borders import within_180
from common.federation.check.head import Found
from common.federation.faults import Fault

FEATURES = re.compile(r'"features"\s*:\s*\[')
COORDINATE = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")
"""ISO 6709, as the time zone database writes the place of a zone."""
KINDS = ("Polygon", "MultiPolygon")
SLIVER = 1e-3
"""Of the smaller of two areas: what digitised neighbours overlap by."""
MAX_DEGREES = 1_000
"""What is larger was never meant as degrees."""
FAR_KM = 1_000.0
EARTH_KM = 6_371.0


@dataclass(frozen=True, slots=True)
class _Area:
    path: Path
    line: int | None
    name: str
    shape: BaseGeometry


def check(found: Found) -> Iterator[Fault]:
    """Faults of the files under borders/, and of areas that they and the regions do not share."""
    folder = found.folder / "borders"
    paths = sorted(folder.glob("*.geojson"))
    starts: dict[str, Path] = {}
    drawn: set[str] = set()
    whole = bool(paths)
    for path in paths:
        faults, areas, start = _read(path)
        yield from faults
        whole = whole and not any(not f.remark for f in faults)
        drawn |= {a.name for a in areas}
        yield from _overlaps(areas)
        yield from _holes(path, areas)
        yield from _turned(found, path, areas)
        if start is not None:
            other = starts.setdefault(start, path)
            if other != path:
                yield Fault(
                    path, None, f"{other.name} holds from {start} too: give each set of borders its own valid_from"
                )
        yield from _of_no_region(found, areas)
    if whole and found.head is not None and found.head_text is not None:
        for i, region in enumerate(found.head.regions):
            for j, area in enumerate(region.areas):
                if area not in drawn:
                    words = f"area {area!r} of region {region.id!r} is drawn in no file under {folder}"
                    yield found.head_text.fault(("regions", i, "areas", j), words, remark=True)


def _of_no_region(found: Found, areas: list[_Area]) -> Iterator[Fault]:
    owners = found.areas()
    if not owners:
        return
    for area in areas:
        if area.name not in owners:
            yield Fault(area.path, area.line, f"area {area.name!r} belongs to no region in federation.yaml")


def _read(path: Path) -> tuple[list[Fault], list[_Area], str | None]:
    """Faults of one file, its sound areas, and the time from which it holds."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = json.loads(text)
    except json.JSONDecodeError as error:
        return [Fault(path, error.lineno, f"not JSON: {error.msg}")], [], None
    except (UnicodeDecodeError, RecursionError, OSError) as error:
        return [Fault(path, None, f"not JSON in UTF-8: {type(error).__name__}")], [], None
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        return [Fault(path, 1, "not a GeoJSON FeatureCollection: it has no list of features")], [], None
    features = document["features"]
    if not features:
        return [Fault(path, None, "the file has no features: remove it or draw the areas")], [], None
    faults: list[Fault] = []
    crs = json.dumps(document.get("crs", ""))
    if crs != '""' and not any(name in crs for name in ("CRS84", "4326")):
        faults.append(Fault(path, 1, f"its coordinate system is not WGS 84 ({crs[:80]}): convert it to EPSG:4326"))
    areas: list[_Area] = []
    for line, feature in zip(_lines(text, len(features)), features, strict=True):
        try:
            name, drawn = _drawn(feature)
        except _Wrong as error:
            faults.append(Fault(path, line, str(error)))
            continue
        sound = within_180(drawn)
        if sound is not drawn:
            words = f"area {name} crosses the 180th meridian; it is read as parts on either side"
            faults.append(Fault(path, line, words, remark=True))
        if sound.is_valid:
            areas.append(_Area(path, line, name, sound))
        else:
            faults.append(Fault(path, line, f"area {name}: its ring is not sound: {shapely.is_valid_reason(sound)}"))
    return faults, areas, _start(path, features, faults)


class _Wrong(ValueError):
    """Why a feature is no area."""


def _drawn(feature: Any) -> tuple[str, BaseGeometry]:
    """Name and shape of a feature in degrees; raises _Wrong."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    name = properties.get("area") if isinstance(properties, dict) else None
    if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).strip():
        raise _Wrong("a feature has no property `area` that names it")
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in KINDS:
        raise _Wrong(f"area {name}: its geometry is {kind or 'missing'}; it must be a Polygon or MultiPolygon")
    try:
        drawn = shape(geometry)
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError) as error:
        raise _Wrong(f"area {name}: its geometry cannot be read: {error}") from error
    if drawn.is_empty or (drawn.is_valid and drawn.area == 0):
        raise _Wrong(f"area {name}: its geometry is empty")
    west, south, east, north = drawn.bounds
    if not all(map(math.isfinite, drawn.bounds)):
        raise _Wrong(f"area {name}: a coordinate is not a number")
    if max(abs(south), abs(north)) > 90 or max(abs(west), abs(east)) > 360:
        metres = max(map(abs, drawn.bounds)) > MAX_DEGREES
        how = "convert the file from metres to EPSG:4326" if metres else "GeoJSON writes longitude first"
        where = f"{west:g}..{east:g}, {south:g}..{north:g}"
        raise _Wrong(f"area {name}: its points lie at {where}, which are no degrees: {how}")
    return str(name), drawn


def _start(path: Path, features: list[Any], faults: list[Fault]) -> str | None:
    given = {
        str(p.get("valid_from")) for f in features if isinstance(p := f.get("properties"), dict) and p.get("valid_from")
    }
    if len(given) > 1:
        faults.append(Fault(path, None, f"its features hold from different times: {', '.join(sorted(given))}"))
    for text in given:
        try:
            datetime.fromisoformat(text)
        except ValueError:
            faults.append(Fault(path, None, f"valid_from {text!r} is not a time such as 2026-01-01"))
            return None
    return min(given, default="the beginning")


def _overlaps(areas: list[_Area]) -> Iterator[Fault]:
    """Two areas over the same ground: an enclave that is not cut out of what surrounds it, or a wrong border."""
    tree = STRtree([a.shape for a in areas])
    for i, area in enumerate(areas):
        for j in tree.query(area.shape, predicate="intersects").tolist():
            other = areas[j]
            if j <= i or other.name == area.name:
                continue
            common = area.shape.intersection(other.shape).area
            share = common / min(area.shape.area, other.shape.area)
            if share > 1 - SLIVER:
                inner, outer = (area, other) if area.shape.area < other.shape.area else (other, area)
                yield Fault(
                    inner.path, inner.line, f"area {inner.name} lies inside area {outer.name}: cut it out of that one"
                )
            elif share > SLIVER:
                words = f"areas {area.name} and {other.name} overlap by {share:.1%} of the smaller one"
                yield Fault(area.path, area.line, words)


def _holes(path: Path, areas: list[_Area]) -> Iterator[Fault]:
    """Ground that areas surround and none of them holds: messages from there have no region."""
    for part in shapely.get_parts(shapely.union_all([a.shape for a in areas])).tolist():
        for ring in getattr(part, "interiors", ()):
            hole = shapely.Polygon(ring)
            if hole.area > SLIVER * part.area:
                at = hole.representative_point()
                words = f"around {at.y:.4f}, {at.x:.4f} lies a hole that no area fills: messages from it have no region"
                yield Fault(path, None, words, remark=True)


def _turned(found: Found, path: Path, areas: list[_Area]) -> Iterator[Fault]:
    """Latitude and longitude the wrong way round: the borders lie far from their time zone, and near it if turned."""
    home = _place_of_zone(found.head.timezone) if found.head is not None else None
    if home is None or not areas:
        return
    centre = shapely.union_all([a.shape for a in areas]).centroid
    as_drawn, turned = _km(home, (centre.y, centre.x)), _km(home, (centre.x, centre.y))
    if as_drawn > FAR_KM and turned < as_drawn / 2:
        words = (
            f"latitude and longitude look swapped: these areas lie {as_drawn:,.0f} km from their time zone's city and"
            f" {turned:,.0f} km if turned; GeoJSON writes longitude first"
        )
        yield Fault(path, areas[0].line, words)


@cache
def _place_of_zone(name: str) -> tuple[float, float] | None:
    """Latitude and longitude of the city that a time zone is named for; None where the database knows none."""
    table = importlib.resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text()
    for line in table.splitlines():
        parts = line.split("\t")
        if not line.startswith("#") and parts[2] == name and (match := COORDINATE.fullmatch(parts[1])):
            up, a, b, c, right, d, e, f = match.groups()
            lat, lon = int(a) + int(b) / 60 + int(c or 0) / 3600, int(d) + int(e) / 60 + int(f or 0) / 3600
            return (lat if up == "+" else -lat), (lon if right == "+" else -lon)
    return None


def _km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two points in degrees; a latitude beyond a pole counts as far away."""
    if abs(b[0]) > 90:
        return math.inf
    (lat_a, lon_a), (lat_b, lon_b) = ((math.radians(p[0]), math.radians(p[1])) for p in (a, b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _lines(text: str, count: int) -> Iterator[int | None]:
    """The line on which each feature begins."""
    match = FEATURES.search(text)
    at, decoder = (match.end() if match else -1), json.JSONDecoder()
    skip = re.compile(r"[\s,]*")
    for _ in range(count):
        if at < 0:
            yield None
            continue
        begin = skip.match(text, at).end()  # type: ignore[union-attr]  # the pattern matches anything
        yield text.count("\n", 0, begin) + 1
        try:
            _, at = decoder.raw_decode(text, begin)
        except ValueError:
            at = -1
