"""Which area a point lies in, by the set of borders valid at the time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import shapely
from shapely import STRtree
from shapely.geometry import shape


@dataclass(frozen=True, slots=True)
class BorderSet:
    """Immutable; `id` ends with a hash of its geometry. On a shared border the lowest area id wins."""

    id: str
    valid_from: datetime
    areas: tuple[str, ...]
    tree: STRtree

    def area_at(self, lat: float, lon: float) -> str | None:
        hits = self.tree.query(shapely.Point(lon, lat), predicate="intersects")
        return min((self.areas[i] for i in hits), default=None)


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


def load_borders(folder: Path) -> Borders:
    """Read every `*.geojson` of a folder: features with properties `area` and, once, `valid_from`."""
    sets = []
    for path in sorted(folder.glob("*.geojson")):
        features = json.loads(path.read_text())["features"]
        shapes = [shape(f["geometry"]) for f in features]
        normal = b"".join(shapely.to_wkb(shapely.normalize(s)) for s in shapes)
        start = features[0]["properties"].get("valid_from") if features else None
        valid_from = datetime.fromisoformat(start) if start else datetime(1970, 1, 1, tzinfo=UTC)
        if valid_from.tzinfo is None:
            valid_from = valid_from.replace(tzinfo=UTC)
        areas = tuple(str(f["properties"]["area"]) for f in features)
        name = f"{path.stem}@{hashlib.sha256(normal).hexdigest()[:10]}"
        sets.append(BorderSet(name, valid_from, areas, STRtree(shapes)))
    return Borders(sets)
