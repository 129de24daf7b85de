"""The pages, one module a part of the site, and the routes of all of them behind one gate."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from common.messaging.postgres import DATABASE_AWAY
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Router
from starlette.staticfiles import StaticFiles

from portal.change_signal import Changes
from portal.gate import Gate, QuestionRefused
from portal.language import _
from portal.language_choice import InTheReadersLanguage
from portal.pages import (
    api,
    cases,
    consents,
    forecast,
    hotline,
    ideas,
    languages,
    loops,
    now,
    operations,
    prevention,
    proposals,
    proposers,
    regions,
    rulebook,
    rulebook_editor,
    sign_in,
    simulator,
    triage,
    values,
    warnings,
)
from portal.pages.frame import Frame
from portal.snapshot import InOneSnapshot

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent.parent / "static"
LASTING = frozenset({"/live"})
"""A stream: it asks nothing of the database."""


def routes(frame: Frame, changes: Changes) -> Sequence[BaseRoute]:
    parts = (
        cases, languages, regions, forecast, rulebook, rulebook_editor, simulator, proposals, ideas, proposers,
        loops, consents, triage, operations, prevention, warnings, sign_in, hotline, api, values,
    )  # fmt: skip
    pages = [*now.routes(frame, changes), *(route for part in parts for route in part.routes(frame))]
    router = InOneSnapshot(Router(pages, redirect_slashes=False), frame.snapshots, LASTING)
    return [
        Mount("/static", StaticFiles(directory=STATIC)),
        Mount("", InTheReadersLanguage(_in_words(Gate(router, frame.sessions), frame), frame.federation.languages)),
    ]


def _in_words(app: Gate, frame: Frame) -> ExceptionMiddleware:
    """Every error as a page, or for the command line as JSON."""

    async def told(request: Request, status: int, title: str, words: str) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": words}, status)
        return await frame.problem(request, status, title, words)

    async def refused(request: Request, error: Exception) -> Response:
        return await told(request, 400, _("This cannot be asked"), str(error))

    async def unheard_of(request: Request, error: Exception) -> Response:
        log.warning("a question that the database refuses: %s", type(error).__name__)
        words = _("A value in the address or the form is not one that can be looked for. Open the page again.")
        return await told(request, 400, _("This cannot be asked"), words)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            words = _("There is no page at this address. The menu shows all.")
            return await told(request, 404, _("No such page"), words)
        return await told(request, error.status_code, _("This cannot be asked"), error.detail)

    async def away(request: Request, error: Exception) -> Response:
        log.warning("a page without its database: %s: %s", type(error).__name__, error)
        words = _("The portal's database does not answer. Nothing was sent; try again in a moment.")
        return PlainTextResponse(f"{words}\n", 503, {"retry-after": "5"})

    handlers = {QuestionRefused: refused, asyncpg.DataError: unheard_of, HTTPException: http}
    return ExceptionMiddleware(app, handlers={**handlers, **dict.fromkeys(DATABASE_AWAY, away)})
