"""What citizens wish for in words: to make a proposal of one, or to decline it with an answer."""

from __future__ import annotations

from common.rulebook.release import NATIONAL
from common.rulebook.tables import RETIRED, TABLES
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import proposal_orders
from portal.entered import NOTHING, Entered
from portal.pages.frame import Frame, chosen
from portal.pages.orders import takes_order
from portal.refusal_text import IDEA_STATES
from portal.titles import table_title

SHOWN = 50


def routes(frame: Frame) -> list[BaseRoute]:
    layers = (NATIONAL, *(r.id for r in frame.federation.regions))

    async def ideas(request: Request) -> Response:
        return await show(request, 200, NOTHING)

    async def show(request: Request, status: int, entered: Entered) -> Response:
        state, entitled = chosen(request, "state", set(IDEA_STATES)) or "open", frame.entitled(request)
        found = await frame.reader.items("idea", state, SHOWN)
        return await frame.page(
            request, "ideas.html", status, entered=entered, ideas=found, chosen=state, states=IDEA_STATES,
            counts=await frame.reader.item_states("idea"),
            layers=[layer for layer in layers if entitled.propose(layer)],
            tables=[(name, table_title(name)) for name in TABLES if name not in RETIRED],
            may_decline=entitled.decline_idea(), refused=frame.teller.refusals.words,
        )  # fmt: skip

    return [
        Route("/ideas", ideas),
        Route("/ideas/decline", takes_order(frame, proposal_orders.decline_idea, show), methods=["POST"]),
    ]
