"""Triage: what no rule could place, emergencies first, then the oldest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from common.contracts.parts import MOST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import orders
from portal.entered import NOTHING, Entered
from portal.item_fold import Item
from portal.names import MATTERS, TRIAGE_REASONS
from portal.pages.frame import Frame
from portal.pages.orders import takes_order

SHOWN = 25
Cell = tuple[str, str]
"""A category and an area."""


def routes(frame: Frame) -> list[BaseRoute]:
    async def triage(request: Request) -> Response:
        return await show(request, 200, NOTHING)

    async def show(request: Request, status: int, entered: Entered) -> Response:
        waiting = await frame.reader.oldest_items("triage", "waiting", SHOWN)
        counts = await frame.reader.item_states("triage")
        entitled = frame.entitled(request)
        regions = [r for r in frame.federation.regions if r.id in entitled.places()]
        return await frame.page(
            request, "triage.html", status, entered=entered, waiting=waiting, counts=counts,
            reasons=TRIAGE_REASONS, matters=MATTERS, regions=regions, most_parts=MOST,
            ends=await _ends(frame, waiting), may_answer=entitled.triage(), sees_words=entitled.see_triage(),
            disputes=await frame.reader.disputes(SHOWN),
        )  # fmt: skip

    answer = takes_order(frame, orders.answer_triage, show)
    split = takes_order(frame, orders.split_triage, show)
    return [
        Route("/triage", triage),
        Route("/triage/answer", answer, methods=["POST"]),
        Route("/triage/divide", split, methods=["POST"]),
    ]


async def _ends(frame: Frame, waiting: Iterable[Item]) -> dict[str, list[tuple[str, int]]]:
    """By case: whom the last cases like it were with at their end and how many of them, most first. Only where any was
    with another authority than the rules name."""
    cells = {item.id: cell for item in waiting if (cell := _cell(item.data)) is not None}
    ends = await frame.reader.ends_of_cells(cells.values())
    found = {}
    for item in waiting:
        last = ends.get(cells[item.id], []) if item.id in cells else []
        if any(one != item.data.get("authority_by_rules") for one in last):
            found[item.id] = Counter(last).most_common()
    return found


def _cell(data: dict[str, Any]) -> Cell | None:
    category, area = data.get("category_by_rules"), data.get("area")
    return (category, area) if category and area else None
