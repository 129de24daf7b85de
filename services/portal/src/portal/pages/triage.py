"""Triage: what no rule could place, emergencies first, then the oldest."""

from __future__ import annotations

from common.contracts.parts import MOST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import orders
from portal.entered import NOTHING, Entered
from portal.names import MATTERS, TRIAGE_REASONS
from portal.pages.frame import Frame
from portal.pages.orders import takes_order

SHOWN = 25


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
            may_answer=entitled.triage(), sees_words=entitled.see_triage(), disputes=await frame.reader.disputes(SHOWN),
        )  # fmt: skip

    answer = takes_order(frame, orders.answer_triage, show)
    split = takes_order(frame, orders.split_triage, show)
    return [
        Route("/triage", triage),
        Route("/triage/answer", answer, methods=["POST"]),
        Route("/triage/divide", split, methods=["POST"]),
    ]
