"""Standing consents: which are in force, by whose word, what passed under them; and the order to revoke one."""

from __future__ import annotations

from dataclasses import dataclass

from common.contracts.patch import Cells
from common.rulebook.about_changes import STANDING_CONSENT
from common.rulebook.jdm import rows_of
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import proposal_orders
from portal.entered import NOTHING, Entered
from portal.item_fold import Item
from portal.pages.frame import Frame
from portal.pages.orders import takes_order

USES = 500
"""So many proposals are looked through for uses."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A row of the table that passes changes; `revoked` is the order that ended it, where one did."""

    layer: str
    row_id: str
    cells: Cells
    revoked: Item | None
    uses: list[Item]


def routes(frame: Frame) -> list[BaseRoute]:
    async def consents(request: Request) -> Response:
        return await show(request, 200, NOTHING)

    async def show(request: Request, status: int, entered: Entered) -> Response:
        entitled = frame.entitled(request)
        return await frame.page(
            request, "consents.html", status, entered=entered, consents=await _found(frame), may_revoke=entitled.revoke
        )

    return [
        Route("/consents", consents),
        Route("/consents/revoke", takes_order(frame, proposal_orders.revoke_consent, show), methods=["POST"]),
    ]


async def _found(frame: Frame) -> list[Consent]:
    revoked = {i.id: i for i in await frame.reader.items("consent")}
    used: dict[str, list[Item]] = {}
    for item in await frame.reader.items("proposal", limit=USES):
        consent = item.data.get("consent")
        if consent is not None:
            used.setdefault(str(consent["consent"]), []).append(item)
    found = []
    for layer in ("national", *(r.id for r in frame.federation.regions)):
        head = frame.releases.book.head(layer)
        document = head.tables.get(STANDING_CONSENT) if head is not None else None
        for row_id, cells in rows_of(STANDING_CONSENT, document) if document is not None else ():
            if cells.get("passes") == "true":
                revocation = revoked.get(f"{layer}/{row_id}")
                found.append(Consent(layer, row_id, cells, revocation, used.get(row_id, [])))
    return found
