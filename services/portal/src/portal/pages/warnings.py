"""The map of early warnings: which stand, and which ended lately."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.area_map import Circle
from portal.formats import number
from portal.item_fold import Item
from portal.language import _
from portal.pages.frame import Frame

SHOWN, CASES = 50, 20


def routes(frame: Frame) -> list[BaseRoute]:
    async def warnings(request: Request) -> Response:
        reader = frame.reader
        standing, ended = (
            await reader.items("warning", "standing", SHOWN),
            await reader.items("warning", "ended", SHOWN),
        )
        may = frame.entitled(request)
        named = {case for one in standing for case in one.data.get("cases", [])[:CASES]}
        circles = [_circle(frame, one, str(n)) for n, one in enumerate(standing, 1)]
        return await frame.page(
            request, "warnings.html", standing=standing, ended=ended, official=may.see_operations() or may.triage(),
            picture=frame.outlines.draw_circles(circles, _("Map of early warnings; the numbers stand in the list")),
            references=await reader.references(named), most_cases=CASES,
        )  # fmt: skip

    return [Route("/warnings", warnings)]


def _circle(frame: Frame, warning: Item, label: str) -> Circle:
    data = warning.data
    words = _("{category}: {n} reports").format(
        category=frame.names.category(data["category"]), n=number(data["reports"])
    )
    return Circle(data["lat"], data["lon"], data["radius_m"], label, words)
