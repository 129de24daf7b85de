"""What will come to a region, beside what came; and whose deadlines are in danger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.contracts.events.reflex.observations import SHORTFALLS
from common.federation.languages import short_day
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import forecast_drawing
from portal.forecast_view import SeriesView, accuracy_of, series_of
from portal.language import N_, _, language
from portal.loop_pages import page_of
from portal.loop_pages.page import Wording
from portal.pages.frame import Frame, chosen, session_of

LOOP = "prediction"
SHOWN = 200
"""Findings of all regions."""
KINDS = {
    "total": N_("all cases"),
    "category": N_("by category"),
    "other_categories": N_("the other categories together"),
    "area": N_("by area"),
}


def routes(frame: Frame) -> list[BaseRoute]:
    regions = [region.id for region in frame.federation.regions]

    def region_of(request: Request) -> str:
        """The one that is asked for, else that of who looks."""
        session = session_of(request)
        own = session.actor.scope if session is not None else ""
        return chosen(request, "region", regions) or (own if own in regions else regions[0])

    def title(one: SeriesView) -> str:
        if one.what == "category":
            return frame.names.category(one.name)
        if one.what == "area":
            return _("area {area}").format(area=one.name) if one.name else _("no area known")
        return _(KINDS[one.what])

    def finding(found: Mapping[str, Any]) -> str:
        return page_of(LOOP).finding(found, Wording(frame.names, frame.times))

    async def forecast(request: Request) -> Response:
        region = region_of(request)
        item = await frame.reader.item("arrivals", region)
        findings = await frame.reader.of_loop("finding", LOOP, SHOWN)
        data = item.data if item is not None else {}
        found = series_of(data)
        series = {f"{one.what}-{one.name}": one for one in found}
        shown = series.get(chosen(request, "series", series)) or (found[0] if found else None)
        days = [] if shown is None else shown.days
        return await frame.page(
            request, "forecast.html", region=region, regions=regions, series=series, shown=shown, title=title,
            chart=forecast_drawing.outlook(days), top=forecast_drawing.top_of(days),
            dates=[short_day(day.day, language()) for day in days], accuracy=accuracy_of(data), kinds=KINDS,
            findings=[f for f in findings if f.state in SHORTFALLS and _about(f.data, region)], finding=finding,
            watch=("finding", f"arrivals:{region}"),
        )  # fmt: skip

    return [Route("/forecast", forecast)]


def _about(finding: Mapping[str, Any], region: str) -> bool:
    return bool(finding.get("numbers", {}).get("region") == region)
