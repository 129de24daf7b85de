"""Operations: dead letters, failed deliveries, directives, refused orders, and what the loops see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import orders
from portal.entered import NOTHING, Entered
from portal.loop_pages import page_of
from portal.loop_pages.page import Wording
from portal.pages.frame import Frame
from portal.pages.orders import takes_order
from portal.refusal_text import cases_named, order_words
from portal.timeline import notice_words

SHOWN = 50


def routes(frame: Frame) -> list[BaseRoute]:
    async def operations(request: Request) -> Response:
        return await show(request, 200, NOTHING)

    async def show(request: Request, status: int, entered: Entered) -> Response:
        reader, entitled = frame.reader, frame.entitled(request)
        official = entitled.see_operations()
        letters = await reader.oldest_items("dead_letter", "open", SHOWN) if official else []
        settled, open_letters = await reader.item_states("dead_letter"), await reader.open_letters()
        directives, findings = await reader.items("directive", limit=SHOWN), await reader.items("finding", limit=SHOWN)
        refusals = await reader.items("refusal", limit=20) if official else []
        undelivered = await reader.items("delivery", "failed", SHOWN) if official else []
        about = {str(x.data["case_id"]) for x in [*directives, *undelivered] if x.data.get("case_id")}
        known = await reader.references(about | cases_named(r.data for r in refusals))
        return await frame.page(
            request, "operations.html", status, entered=entered, official=official, letters=letters, settled=settled,
            open_letters=open_letters, directives=directives, findings=findings, refusals=refusals, references=known,
            undelivered=undelivered, finding=finding, notice_words=notice_words, order_words=order_words,
            why_refused=lambda data: frame.teller.refusals.words(data, known),
            may_settle=entitled.settle(), may_answer=entitled.directive,
        )  # fmt: skip

    def finding(found: Mapping[str, Any]) -> str:
        return page_of(found.get("loop")).finding(found, Wording(frame.names, frame.times))

    settle = takes_order(frame, orders.settle_dead_letter, show)
    answer = takes_order(frame, orders.answer_directive, show)
    return [
        Route("/operations", operations),
        Route("/operations/settle", settle, methods=["POST"]),
        Route("/operations/directive", answer, methods=["POST"]),
    ]
