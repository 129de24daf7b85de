"""The list of cases, one case, and orders about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from common.contracts.case_life import CLOCK_EFFECTS, LONGEST_DEFERRAL, OPEN
from common.contracts.events.base import Actor
from common.contracts.events.federal import CaseEscalated
from common.contracts.events.intake import AttachmentGiven
from common.contracts.events.region import CaseExtended, CaseOpened, PriorityRaised
from common.contracts.events.routing import EmergencyNoticed, TriageRequested
from common.contracts.parts import whole_of
from common.federation.country import FIRST_YEAR, LAST_YEAR
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import orders, timeline
from portal.case_actions import dispute_of
from portal.case_files import files_of
from portal.case_fold import CaseView
from portal.coming import NOTHING_COMES, Coming, coming_to, watches
from portal.division import division_of
from portal.entered import NOTHING, Entered
from portal.forms import Form
from portal.gate import QuestionRefused
from portal.language import _
from portal.loop_pages import page_of
from portal.loop_pages.page import Wording
from portal.names import STATES
from portal.pages.frame import Frame, chosen, session_of
from portal.pages.orders import takes_order
from portal.queries import PAGE, CaseQuery
from portal.refusal_text import cases_named
from portal.subjects import case_subject
from portal.suggested_duplicate import suggested_duplicate
from portal.timeline import Teller

DAY = timedelta(days=1)
FORECASTER = "prediction"
"""The loop that says which authority will not keep its deadlines."""
LOOKED_THROUGH = 200
"""Warnings and findings, the newest, of which one's own are shown."""
MOVES_DEADLINE = frozenset({CaseExtended.type} | {kind.type for kind in CLOCK_EFFECTS}) - {CaseOpened.type}
"""Events that set an open case's deadline anew."""
WRITTEN = ("category", "reference")
"""What is searched for in words; a category may be one that the federation does not know any more."""


def cursor(case: CaseView) -> str:
    """Where a page ended; read back by `read_cursor`."""
    return f"{case.received_at.isoformat() if case.received_at else ''}~{case.case_id}"


def read_cursor(text: str) -> tuple[datetime, str] | None:
    """None for none; raises QuestionRefused for what no page of ours has written."""
    if not text:
        return None
    moment, _tilde, case_id = text.partition("~")
    try:
        found = datetime.fromisoformat(moment)
    except ValueError as error:
        raise QuestionRefused(_("This is not where a page of cases ended. Begin at the first one.")) from error
    if found.tzinfo is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise QuestionRefused(_("This is not where a page of cases ended. Begin at the first one."))
    return found, case_id


def because_of(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the rulebook that decided where a case went, from its newest opening, and behind them those that
    raised its priority since; of one that waits in triage those that decided so, where there are any."""
    raised: list[dict[str, Any]] = []
    for event in reversed(history):
        if event["type"] == PriorityRaised.type:
            raised = [*event["data"].get("because", ()), *raised]
        if event["type"] in (CaseOpened.type, TriageRequested.type) and event["data"].get("because"):
            return [*event["data"]["because"], *raised]
    return raised


def arms_of(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By which rule of a trial a case was decided: of its newest opening, and of each level of the ladder."""
    openings = [e["data"] for e in history if e["type"] == CaseOpened.type]
    climbed = [e["data"] for e in history if e["type"] == CaseEscalated.type]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for data in (*openings[-1:], *climbed):
        for arm in data.get("arms") or ():
            found.setdefault((str(arm["proposal_id"]), str(arm["table"])), arm)
    return list(found.values())


def routes(frame: Frame) -> list[BaseRoute]:
    federation = frame.federation
    offered = {
        "region": {r.id for r in federation.regions},
        "state": set(STATES),
        "authority": {a.id for a in federation.authorities},
    }

    async def cases(request: Request) -> Response:
        query = request.query_params
        asked = {name: chosen(request, name, known) for name, known in offered.items()}
        asked |= {name: query.get(name, "").strip() for name in WRITTEN}
        overdue = query.get("overdue") == "1"
        found = await frame.reader.cases(
            CaseQuery(
                asked["region"] or None, asked["state"] or None, asked["authority"] or None,
                asked["category"] or None, overdue, asked["reference"] or None, read_cursor(query.get("after", "")),
            )
        )  # fmt: skip
        kept = {k: v for k, v in asked.items() if v} | ({"overdue": "1"} if overdue else {})
        more = urlencode({**kept, "after": cursor(found[PAGE - 1])}) if len(found) > PAGE else None
        return await frame.page(
            request, "cases.html", cases=found[:PAGE], asked=asked, overdue=overdue, more=more,
            first=urlencode(kept), paged="after" in query,
            thanks=await frame.reader.thanks(asked["authority"]) if asked["authority"] else 0,
            coming=await coming(request), shortfall=shortfall_words,
        )  # fmt: skip

    async def coming(request: Request) -> Coming:
        """To whoever looks."""
        session = session_of(request)
        if session is None or not watches(session.actor):
            return NOTHING_COMES
        today = frame.times.local(await frame.now()).date()
        warnings = await frame.reader.items("warning", "standing", LOOKED_THROUGH)
        findings = await frame.reader.of_loop("finding", FORECASTER, LOOKED_THROUGH)
        return coming_to(session.actor, warnings, findings, today)

    def shortfall_words(found: Mapping[str, Any]) -> str:
        return page_of(FORECASTER).finding(found, Wording(frame.names, frame.times))

    async def case(request: Request) -> Response:
        return await show(request, 200, NOTHING)

    async def show(request: Request, status: int, entered: Entered) -> Response:
        name = request.path_params["name"]
        view = await frame.reader.case(name)
        if view is None:
            words = _("No case {name} is known. A new message takes a moment; check the reference, or search for it.")
            return await frame.problem(request, 404, _("No such case"), words.format(name=name))
        history = await frame.reader.history(view.case_id)
        channel = frame.names.channel(view.channel)
        ends = []
        if view.category:
            ends = await frame.reader.cell_ends(view.category, view.area, view.case_id)
        now = await frame.now()
        today = frame.times.local(now).date()
        joined_to = await frame.reader.case(into) if (into := _joined_to(view, history)) else None
        entitled = frame.entitled(request)
        whole_words = entitled.see_words(view)
        teller = frame.teller if whole_words else frame.public_teller
        named = await frame.reader.references(cases_named(e["data"] for e in history))
        whole = whole_of(view.case_id)
        with_files = [*history, *(await frame.reader.history(whole))] if whole is not None else history
        emergency = any(event["type"] == EmergencyNoticed.type for event in history)
        return await frame.page(
            request, "case.html", status, entered=entered, watch=(case_subject(view.case_id),), case=view,
            joined_to=joined_to, lines=await asyncio.to_thread(copy_context().run, teller.tell, history, named),
            older=await frame.reader.before_all(view.case_id, history), sees_words=whole_words,
            because=[frame.words.because(b) for b in because_of(history)],
            trials=[frame.words.arm(arm) for arm in arms_of(history)], deadline=_deadline(frame, teller, view, history),
            trace=timeline.trace_of(history) if whole_words else None, text=_text(history) if whole_words else "",
            told=timeline.told(view.reference, channel, history, frame.times, quoted=whole_words), ends=ends,
            actions=entitled.actions(view, history, now), **_files(frame, request, view, with_files),
            division=division_of(view.case_id, history, frame.names.actor) if whole_words else None,
            emergency=emergency, suggested=suggested_duplicate(view, history),
            may_refuse=entitled.refuse_duplicate(view.region),
            passes_to=entitled.passes_to(view, history), disputes_with=entitled.disputes_with(view, history),
            dispute=dispute_of(history) if view.state in OPEN else None,
            first_day=today + DAY, last_day=today + LONGEST_DEFERRAL - DAY,
        )  # fmt: skip

    async def earlier(request: Request) -> Response:
        """Events that the page of a case leaves out."""
        name, before = request.path_params["name"], request.query_params.get("before", "")
        view = await frame.reader.case(name)
        if view is None or not (before.isascii() and before.isdigit() and len(before) < 19):
            raise HTTPException(404)
        found, older = await frame.reader.older(view.case_id, int(before))
        teller = frame.teller if frame.entitled(request).see_words(view) else frame.public_teller
        lines = await asyncio.to_thread(copy_context().run, teller.tell, found)
        return await frame.page(request, "case_older.html", watch=(), case=view, lines=lines, older=older)

    async def read_act(actor: Actor, form: Form) -> orders.Order:
        named = form.text("other")
        other = await frame.reader.case(named) if named else None
        return orders.act_on_case(actor, form, frame.zone, other)

    act = takes_order(frame, read_act, show)
    refuse = takes_order(frame, orders.refuse_duplicate, show)
    return [
        Route("/cases", cases),
        Route("/cases/{name}", case),
        Route("/cases/{name}/older", earlier),
        Route("/cases/{name}/act", act, methods=["POST"]),
        Route("/cases/{name}/another-matter", refuse, methods=["POST"]),
    ]


def _joined_to(view: CaseView, history: list[dict[str, Any]]) -> str | None:
    """The id of the case under which this one goes on; None when it does not."""
    if view.state != "joined":
        return None
    return next((str(e["data"]["into_case"]) for e in reversed(history) if e["data"].get("into_case")), None)


def _files(frame: Frame, request: Request, view: CaseView, history: list[dict[str, Any]]) -> dict[str, Any]:
    """How many files the case has, and those that the person at the page may see."""
    number = len({e["data"]["attachment_id"] for e in history if e["type"] == AttachmentGiven.type})
    session, signer, edge = session_of(request), frame.context.signer, frame.channels_url
    if not number or session is None or signer is None or not edge or not frame.entitled(request).see_files(view):
        return {"files_number": number, "files": []}
    found = files_of(history, edge, session.actor.id, frame.context.now(), signer)
    return {"files_number": number, "files": found}


def _text(history: list[dict[str, Any]]) -> str:
    return next((str(e["data"]["text"]) for e in history if e["data"].get("text")), "")


def _deadline(frame: Frame, teller: Teller, view: CaseView, history: list[dict[str, Any]]) -> dict[str, Any] | None:
    """How the deadline was counted: the strictest of the deciding rows, from when, by which calendar."""
    if view.due_at is None or view.region is None:
        return None
    rows = [b for b in because_of(history) if b["table"] == "deadline"]
    given = [int(b["outputs"]["answer_minutes"]) for b in rows if "answer_minutes" in b.get("outputs", {})]
    region = frame.federation.region(view.region)
    moved = [
        teller.sentence(e["type"], e["data"])
        for e in history
        if e["data"].get("due_at") and e["type"] in MOVES_DEADLINE
    ]
    return {
        "minutes": min(given) if given else None,
        "layers": len(given),
        "calendar": region.calendar if region else "",
        "moved": moved,
    }
