"""Proposals: what would change, on what evidence, and the decision."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from common.rulebook.errors import ReleaseMissing, RulebookError
from common.rulebook.trial import Unit
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import commands, drawing
from portal.language import _
from portal.pages.frame import Frame, chosen
from portal.rule_text import RowChanged
from portal.views import PROPOSAL_STATES, Item

LINKED = 12
MAX_SHOWN = 8
"""Entries of a piece of evidence that are shown one by one."""
KNOWN_EVIDENCE = frozenset(
    {
        "statistic", "probability", "wins", "losses", "cases", "first", "last", "cells", "backtest", "flip",
        "left_out", "beside",
    }
)  # fmt: skip
"""Evidence that the page has words for."""


def routes(frame: Frame) -> list[BaseRoute]:
    async def proposals(request: Request) -> Response:
        state = chosen(request, "state", set(PROPOSAL_STATES.values()))
        found = await frame.reader.items("proposal", state or None)
        counts = await frame.reader.item_states("proposal")
        return await frame.page(request, "proposals.html", proposals=found, counts=counts, chosen=state)

    async def proposal(request: Request) -> Response:
        found = await frame.reader.item("proposal", request.path_params["id"])
        if found is None:
            words = _("It is not known here, or not yet. The list of proposals shows all.")
            return await frame.problem(request, 404, _("No such proposal"), words)
        data = found.data
        linked = await frame.reader.cases_of([str(c) for c in data.get("evidence", {}).get("cases", [])][:LINKED])
        forecast = data.get("forecast")
        return await frame.page(
            request, "proposal.html", proposal=found, changes=_changes(frame, found), linked=linked,
            ends=await _ends(frame, found), current=_current(frame, found), other=_other_evidence(data),
            interval=drawing.interval(forecast["low"], forecast["expected"], forecast["high"]) if forecast else "",
            may_decide=frame.entitled(request).decide(str(data.get("patch", {}).get("layer", ""))),
        )  # fmt: skip

    decide = frame.takes(commands.decide_proposal)
    return [
        Route("/proposals", proposals),
        Route("/proposals/{id}", proposal),
        Route("/proposals/{id}/decide", decide, methods=["POST"]),
    ]


def _changes(frame: Frame, proposal: Item) -> list[RowChanged]:
    patch = proposal.data.get("patch", {})
    table = str(patch.get("table", ""))

    def said(cells: dict[str, str] | None) -> str | None:
        return None if cells is None else frame.words.sentence(table, cells)

    return [
        RowChanged(table, change["row_id"], said(change.get("before")), said(change.get("after")))
        for change in patch.get("changes", [])
    ]


def _cell(proposal: Item) -> tuple[str, str] | None:
    scope = proposal.data.get("scope", {})
    category, area = scope.get("category"), scope.get("area")
    return (category, area) if isinstance(category, str) and isinstance(area, str) else None


def _current(frame: Frame, proposal: Item) -> str | None:
    """The authority that the rules named for the proposal's cell when it was made."""
    cell, patch = _cell(proposal), proposal.data.get("patch", {})
    if cell is None or patch.get("table") != "jurisdiction":
        return None
    at = datetime.fromisoformat(proposal.data["steps"][0]["at"])
    with suppress(ReleaseMissing, RulebookError, KeyError):
        rulebook = frame.releases.book.in_force(str(patch["layer"]), at)
        inputs = {"category": cell[0], "area": cell[1]}
        decision = rulebook.decide("jurisdiction", inputs, Unit(area=cell[1]))
        return str(decision.outputs["authority"]) if decision else None
    return None


async def _ends(frame: Frame, proposal: Item) -> Any:
    """Bars: at which authorities the cell's cases are or ended, all of them so far; the proposed one marked."""
    cell = _cell(proposal)
    if cell is None:
        return ""
    changes = proposal.data.get("patch", {}).get("changes", [])
    wanted = {(c.get("after") or {}).get("authority", "").strip('"') for c in changes}
    rows = await frame.reader.cell_authorities(*cell)
    return drawing.bars([(frame.names.authority(a), n, a in wanted) for a, n in rows])


def _other_evidence(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Evidence that this page has no sentence for, as names and values."""
    found = []
    for name, value in data.get("evidence", {}).items():
        if name not in KNOWN_EVIDENCE:
            many = isinstance(value, list | dict) and len(value) > MAX_SHOWN
            shown = _("{n} entries").format(n=len(value)) if many else str(value)
            found.append((name.replace("_", " "), shown))
    return found
