"""Proposals: what would change, on what evidence then and today, what is expected of it, and the decision."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.contracts.events.archive import ProposalBacktested
from common.contracts.patch import Patch
from common.rulebook.errors import ReleaseMissing, RulebookError
from common.rulebook.trial import NO_UNIT
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import argument, drawing, patch_text, proposal_asks, proposal_orders, trial_view
from portal.argument import SHOWN, STANCE_TITLES, Argument
from portal.backtest_text import backtest_text
from portal.cell_counts import NEW_RULE, OLD_RULE, Count, Period, by_cell, periods_of, windows_of
from portal.entered import NOTHING, Entered
from portal.gate import QuestionRefused
from portal.item_fold import Item
from portal.language import _
from portal.loop_pages import page_of
from portal.loop_pages.page import WatchedCell, Wording
from portal.pages.frame import Frame, chosen, session_of
from portal.pages.orders import takes_order
from portal.permissions import Entitled
from portal.proposal_text import STANDS
from portal.sessions import Session
from portal.trial_view import TrialView

LINKED = 12
PAGE = 50
"""Voices on a page of voices."""
IDEAS = 20
MAX_CELLS = 60
"""Categories and areas of a person's proposal that are counted one by one."""


@dataclass(frozen=True, slots=True)
class CellRow:
    """One category and area that a change would send elsewhere; counts are None where nothing was counted."""

    cell: WatchedCell
    old_rule: Count | None
    new_rule: Count | None


@dataclass(frozen=True, slots=True)
class Today:
    """The cases of a proposal as they stand by now."""

    periods: list[Period]
    rows: list[CellRow]
    wins: int
    losses: int


def routes(frame: Frame) -> list[BaseRoute]:
    async def proposals(request: Request) -> Response:
        state = chosen(request, "state", set(STANDS))
        found = await frame.reader.items("proposal", state or None)
        counts = await frame.reader.item_states("proposal")
        entitled = frame.entitled(request)
        return await frame.page(
            request, "proposals.html", counts=counts, chosen=state,
            ideas=await frame.reader.items("idea", "open", IDEAS),
            proposals=[(p, _current(frame, p), proposal_asks.asks(p, entitled)) for p in found],
        )  # fmt: skip

    async def proposal(request: Request) -> Response:
        return await show(request, 200, NOTHING)

    async def show(request: Request, status: int, entered: Entered) -> Response:
        found = await frame.reader.item("proposal", request.path_params["id"])
        if found is None:
            words = _("It is not known here, or not yet. The list of proposals shows all.")
            return await frame.problem(request, 404, _("No such proposal"), words)
        data, page = found.data, page_of(found.data.get("loop"))
        patch = patch_text.patch_of(data)
        evidence = page.evidence(data.get("evidence", {}), Wording(frame.names, frame.times))
        cells = list(evidence.cells) or _cells_of(frame, patch, found)
        beside = [p for i in evidence.beside if (p := await frame.reader.item("proposal", i)) is not None]
        forecast, backtested = data.get("forecast"), await _backtested(frame, found)
        return await frame.page(
            request, "proposal.html", status, entered=entered, proposal=found, patch=patch, evidence=evidence,
            beside=beside, current=_current(frame, found), today=await _today(frame, found, cells),
            backtest=backtested and backtest_text(backtested, frame.names, frame.times), ends=await _ends(frame, cells),
            linked=await frame.reader.cases_of(list(evidence.cases)[:LINKED]),
            forecast=page.forecast(forecast) if forecast else "", own_words=data.get("loop") is None,
            interval=drawing.interval(forecast["low"], forecast["expected"], forecast["high"]) if forecast else "",
            reversal=patch_text.patch_of({"patch": data.get("reversal")}),
            may=_rights(frame.entitled(request), patch.layer if patch is not None else ""),
            argument=await _argument(frame, found, session_of(request)), trial=(trial := await _trial(frame, found)),
            drawn_course=drawing.course(trial.course) if trial is not None else "",
            affected=_affected(frame, backtested) if backtested is not None else "",
        )  # fmt: skip

    async def voices(request: Request) -> Response:
        """All voices of one stance, a page at a time."""
        found = await frame.reader.item("proposal", request.path_params["id"])
        stance = chosen(request, "stance", set(STANCE_TITLES)) or "object"
        before = request.query_params.get("before", "")
        if found is None or "deliberation" not in found.data:
            words = _("There are no voices on it, or they are not known here yet.")
            return await frame.problem(request, 404, _("No such proposal"), words)
        if before and not (before.isascii() and before.isdigit() and len(before) < 16):
            raise QuestionRefused(_("There is no such place among the voices. Choose one on the page."))
        given = await frame.reader.voices.given(found.id, stance, PAGE + 1, int(before) if before else None)
        return await frame.page(
            request, "proposal_voices.html", proposal=found, stance=stance, given=given[:PAGE],
            older=given[PAGE - 1].number if len(given) > PAGE else None, current=_current(frame, found),
        )  # fmt: skip

    taken = {
        "decide": proposal_orders.decide_proposal,
        "speak": proposal_orders.give_voice,
        "judge": proposal_orders.judge_voice,
        "answer": proposal_orders.answer_objection,
        "moderate": proposal_orders.moderate_voice,
        "trial": proposal_orders.steer_trial,
        "review": proposal_orders.review_change,
    }
    return [
        Route("/proposals", proposals),
        Route("/proposals/{id}", proposal),
        Route("/proposals/{id}/voices", voices),
        *(
            Route(f"/proposals/{{id}}/{name}", takes_order(frame, reads, show), methods=["POST"])
            for name, reads in taken.items()
        ),
    ]


@dataclass(frozen=True, slots=True)
class Rights:
    """What the reader may do about a proposal."""

    decide: bool
    speak: bool
    answer: bool
    settle_appeal: bool
    steer: bool
    review: bool


def _rights(entitled: Entitled, layer: str) -> Rights:
    return Rights(
        entitled.decide(layer), entitled.speak(layer), entitled.answer(layer), entitled.settle_appeal(layer),
        entitled.steer(layer), entitled.review(layer),
    )  # fmt: skip


async def _argument(frame: Frame, found: Item, reader: Session | None) -> Argument | None:
    if "deliberation" not in found.data:
        return None
    voices = frame.reader.voices
    tallies = await voices.tallies(found.id)
    said = {stance: n for (_, stance), n in tallies.items()}
    given = {s: await voices.given(found.id, s, SHOWN) if s in said else [] for s in STANCE_TITLES}
    unanswered = await voices.unanswered(found.id, SHOWN)
    named = await voices.by_ids(found.id, argument.named_voices(found.data))
    number = await voices.unanswered_number(found.id)
    numbers = [voice.number for several in given.values() for voice in several]
    judged = await voices.judged_by(found.id, reader.actor.id, numbers) if reader is not None and numbers else {}
    return argument.argument_of(found.data, tallies, given, unanswered, number, named, judged)


async def _trial(frame: Frame, found: Item) -> TrialView | None:
    seen = await frame.reader.item("trial", found.id) if "trial" in found.data else None
    return trial_view.trial_of(found.data, seen.data if seen is not None else None)


def _affected(frame: Frame, backtested: ProposalBacktested) -> Any:
    """A map of the areas in which past decisions would have changed; empty where none is known."""
    areas = {s.name: {"cases": s.changed} for s in backtested.slices if s.dimension == "area"}
    if not areas:
        return ""
    drawn, _legend = frame.outlines.draw(areas, "cases")
    return drawn


async def _backtested(frame: Frame, found: Item) -> ProposalBacktested | None:
    """None while the archive has not said it."""
    said = await frame.reader.item("backtest", found.id)
    return None if said is None else ProposalBacktested.model_validate(said.data)


async def _today(frame: Frame, proposal: Item, cells: list[WatchedCell]) -> Today | None:
    """None where a proposal names no cells, or time has not gone on."""
    data, now = proposal.data, await frame.now()
    effective = data.get("effective_at")
    windows = windows_of(
        cells, proposal.time, datetime.fromisoformat(effective) if effective else None, now, frame.zone
    )  # fmt: skip
    if not windows:
        return None
    counts = await frame.reader.cell_counts(windows)
    old, new = by_cell(windows, counts, OLD_RULE), by_cell(windows, counts, NEW_RULE)
    rows = [CellRow(c, old.get((c.category, c.area)), new.get((c.category, c.area))) for c in cells]
    wins, losses = sum(c.wins for c in cells), sum(c.losses for c in cells)
    return Today(periods_of(windows, counts), rows, wins, losses)


def _cells_of(frame: Frame, patch: Patch | None, proposal: Item) -> list[WatchedCell]:
    """The categories and areas that a patch of jurisdiction names one by one."""
    found: dict[tuple[str, str], WatchedCell] = {}
    for row in patch_text.redirects_of(patch) if patch is not None else ():
        for category in row.categories or ():
            for area in row.areas or ():
                current = row.current or _decided(frame, proposal, category, area) or ""
                found.setdefault((category, area), WatchedCell(category, area, current, row.target))
    return list(found.values())[:MAX_CELLS]


def _current(frame: Frame, proposal: Item) -> str | None:
    """The authority that the rules named for a proposal's first category and area when it was made."""
    patch = patch_text.patch_of(proposal.data)
    rows = patch_text.redirects_of(patch) if patch is not None else []
    if not rows or not rows[0].categories or not rows[0].areas:
        return None
    return rows[0].current or _decided(frame, proposal, rows[0].categories[0], rows[0].areas[0])


def _decided(frame: Frame, proposal: Item, category: str, area: str) -> str | None:
    layer, at = str(proposal.data["patch"]["layer"]), proposal.time
    with suppress(ReleaseMissing, RulebookError, KeyError):
        rulebook = frame.releases.book.in_force(layer, at)
        decision = rulebook.decide("jurisdiction", {"category": category, "area": area}, NO_UNIT)
        return str(decision.outputs["authority"]) if decision else None
    return None


async def _ends(frame: Frame, cells: list[WatchedCell]) -> Any:
    """Bars: at which authorities one cell's newest cases are or ended; the proposed one marked."""
    if len(cells) != 1:
        return ""
    rows = await frame.reader.cell_authorities(cells[0].category, cells[0].area)
    return drawing.bars([(frame.names.authority(a), n, a == cells[0].target) for a, n in rows])
