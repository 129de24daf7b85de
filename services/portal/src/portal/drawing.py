"""Charts and the outline map as plain SVG, drawn here: pages ask nobody outside for anything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

COLOURS = {
    "region.case.opened.v1": "#2b6cb0",
    "region.case.answered.v1": "#2f855a",
    "region.case.overdue.v1": "#c53030",
}
NAMES = {"region.case.opened.v1": "opened", "region.case.answered.v1": "answered", "region.case.overdue.v1": "overdue"}


def day_chart(days: Sequence[dict[str, Any]], width: int = 720, height: int = 180) -> str:
    """Lines of counts by day, one a type; empty text when there is nothing to draw."""
    by_type: dict[str, dict[str, int]] = defaultdict(dict)
    for row in days:
        by_type[row["type"]][row["day"].isoformat()] = row["count"]
    dates = sorted({d for counts in by_type.values() for d in counts})
    if len(dates) < 2:
        return ""
    top = max(c for counts in by_type.values() for c in counts.values())
    step = (width - 50) / (len(dates) - 1)
    lines = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="cases by day">']
    for share in (0.5, 1.0):
        y = height - 24 - share * (height - 44)
        lines.append(f'<line x1="40" x2="{width - 8}" y1="{y:.0f}" y2="{y:.0f}" class="grid"/>')
        lines.append(f'<text x="4" y="{y + 4:.0f}">{round(top * share)}</text>')
    for number, (kind, colour) in enumerate(COLOURS.items()):
        points = " ".join(
            f"{40 + i * step:.1f},{height - 24 - by_type[kind].get(d, 0) / top * (height - 44):.1f}"
            for i, d in enumerate(dates)
        )
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        lines.append(f'<text x="{60 + number * 90}" y="14" fill="{colour}">{NAMES[kind]}</text>')
    lines.append(f'<text x="40" y="{height - 6}">{dates[0]}</text>')
    lines.append(f'<text x="{width - 8}" y="{height - 6}" text-anchor="end">{dates[-1]}</text></svg>')
    return "".join(lines)


class OutlineMap:
    """The federation's areas as outlines; shaded by a share."""

    def __init__(self, folder: Path) -> None:
        self._shapes: list[tuple[str, list[list[tuple[float, float]]]]] = []
        for path in sorted(folder.glob("*.geojson"))[-1:]:
            for feature in json.loads(path.read_text())["features"]:
                rings = list(_rings(feature["geometry"]))
                self._shapes.append((str(feature["properties"]["area"]), rings))

    def draw(self, areas: dict[str, dict[str, int]], width: int = 360, height: int = 360) -> str:
        """SVG; darker where more of the cases were transferred. Empty text without borders."""
        points = [p for _, rings in self._shapes for ring in rings for p in ring]
        if not points:
            return ""
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        scale = min(width / ((east - west) * 0.75 or 1), height / ((north - south) or 1))
        parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="map of areas">']
        for area, rings in self._shapes:
            held = areas.get(area, {"cases": 0, "transferred": 0})
            share = held["transferred"] / held["cases"] if held["cases"] else 0.0
            path = " ".join(
                "M" + "L".join(f"{(x - west) * 0.75 * scale:.1f},{(north - y) * scale:.1f}" for x, y in ring) + "Z"
                for ring in rings
            )
            title = f"{area}: {held['cases']} cases, {held['transferred']} transferred"
            parts.append(f'<path d="{path}" class="area" fill-opacity="{min(1.0, 0.08 + share * 2):.2f}">'
                         f"<title>{title}</title></path>")  # fmt: skip
        return "".join(parts) + "</svg>"


def _rings(geometry: dict[str, Any]) -> Iterator[list[tuple[float, float]]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield [(p[0], p[1]) for p in polygon[0]]
