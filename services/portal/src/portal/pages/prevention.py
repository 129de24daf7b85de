"""Prevention orders and what came of them: the list, one order, and the form for whoever may answer it."""

from __future__ import annotations

from datetime import date

from common.contracts.events.reflex.prevention import RootCause
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import orders
from portal.entered import NOTHING, Entered
from portal.formats import day_text
from portal.language import N_
from portal.loop_pages.elsewhere import ORDERS
from portal.pages.frame import Frame
from portal.pages.orders import takes_order

SHOWN = 200
CAUSES: dict[RootCause, str] = {
    "wear": N_("worn out"),
    "poor_repair": N_("the repair did not hold"),
    "design": N_("how the place is made"),
    "outside": N_("works or damage by others"),
    "upkeep": N_("upkeep is lacking"),
    "conduct": N_("how people use it"),
    "unknown": N_("not found out"),
}


def routes(frame: Frame) -> list[BaseRoute]:
    async def listed(request: Request) -> Response:
        found = await frame.reader.items("prevention", limit=SHOWN)
        return await frame.page(
            request, "prevention.html", orders=found, states=ORDERS, counts=_counts([one.state for one in found])
        )

    async def one(request: Request) -> Response:
        return await show(request, 200, NOTHING)

    async def show(request: Request, status: int, entered: Entered) -> Response:
        name = request.path_params.get("order_id") or entered.text("order_id")
        order = await frame.reader.item("prevention", name)
        if order is None:
            raise HTTPException(404)
        may = frame.entitled(request)
        data = order.data
        return await frame.page(
            request, "prevention_order.html", status, entered=entered, order=order, states=ORDERS, causes=CAUSES,
            first_day=day_text(date.fromisoformat(data["first_day"])),
            references=await frame.reader.references(data.get("cases", [])),
            official=may.see_operations() or may.answer_prevention(data["region"], data["authority"]),
            may_answer=order.state in ("open", "overdue") and may.answer_prevention(data["region"], data["authority"]),
            watch=(f"prevention:{order.id}",),
        )  # fmt: skip

    return [
        Route("/prevention", listed),
        Route("/prevention/{order_id}", one),
        Route("/prevention/{order_id}/answer", takes_order(frame, orders.answer_prevention, show), methods=["POST"]),
    ]


def _counts(states: list[str]) -> dict[str, int]:
    return {state: states.count(state) for state in ORDERS}
