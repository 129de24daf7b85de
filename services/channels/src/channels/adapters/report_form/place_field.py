"""The part of a form that says where it is: words, or a point on a map that is pointed at without scripts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from common.federation.languages import N_

from channels.adapters.report_form.area_map import MAX_ZOOM, WIDTHS, AreaMap, Picture
from channels.adapters.report_form.form import point_of
from channels.edge import Edge
from channels.form_fields import FormWrong
from channels.pages.language import CATALOGUES
from channels.pages.paths import REPORT

KILOMETRES = N_("km")
CHOSEN = N_("A point in {region} is chosen.")
OUTSIDE = N_("The point that you chose lies outside all regions: a person will look where it belongs.")
MAP_FIELDS = tuple(f"map{width}.{axis}" for width in WIDTHS for axis in "xy")


class PlaceField:
    """Of a federation's borders; one without has no map."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self.map = _map_of(edge)

    def pointed(self, fields: Mapping[str, str], names: Collection[str]) -> dict[str, str] | None:
        """The fields of these names after a click on the map, or on what changes it; None for a form to be taken."""
        kept = {name: text for name, text in fields.items() if name in names}
        match fields.get("do"):
            case "whole":
                return kept | {"zoom": "0"}
            case "forget":
                return kept | {"lat": "", "lon": "", "zoom": "0"}
        width = next((w for w in WIDTHS if f"map{w}.x" in fields), None)
        if width is None or self.map is None:
            return None
        x, y = (_pixel(fields.get(f"map{width}.{axis}", "")) for axis in "xy")
        if (x, y) == (0, 0):
            raise FormWrong("place", N_("Point at the map with a finger or a mouse, or write the address."))
        zoom = zoom_of(fields.get("zoom", ""))
        lat, lon = self.map.point(self.map.view(point_of(fields), zoom), width, x, y)
        return kept | {"lat": str(lat), "lon": str(lon), "zoom": str(min(zoom + 1, MAX_ZOOM))}

    def chosen(self, fields: Mapping[str, str], language: str) -> str:
        """Where the chosen point lies, in words; empty for none."""
        point = point_of(fields)
        if point is None:
            return ""
        federation, text = self._edge.federation, CATALOGUES.of(language).gettext
        area = federation.borders.newest.area_at(*point) if self.map is not None else None
        region = federation.region(federation.region_of_area(area) or "") if area is not None else None
        if region is None:
            return text(OUTSIDE)
        return text(CHOSEN).format(region=region.title)

    def pictures(self, fields: Mapping[str, str], language: str) -> list[Picture]:
        if self.map is None:
            return []
        asked: dict[str, Any] = {"language": language}
        if point_of(fields) is not None:
            asked |= {"lat": fields["lat"], "lon": fields["lon"], "zoom": zoom_of(fields["zoom"])}
        return [
            Picture(width, self.map.height(width), f"{REPORT}/map/{width}.svg?{urlencode(asked)}") for width in WIDTHS
        ]


def _map_of(edge: Edge) -> AreaMap | None:
    """None for a federation without borders."""
    try:
        newest = edge.federation.borders.newest
    except IndexError:
        return None
    return AreaMap(newest, edge.federation.regions) if newest.areas else None


def zoom_of(text: str) -> int:
    return min(int(text), MAX_ZOOM) if text.isdecimal() and len(text) < 3 else 0


def _pixel(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0
