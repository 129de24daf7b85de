"""Where operators go on to the hotline's form, which is channels': with a pass that says who they are."""

from __future__ import annotations

import secrets
from datetime import timedelta

from common.contracts.hotline_pass import pass_for
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from portal.language import _
from portal.pages.frame import Frame, session_of

PASS_LASTS = timedelta(minutes=5)


def routes(frame: Frame) -> list[BaseRoute]:
    async def hotline(request: Request) -> Response:
        session, signer = session_of(request), frame.context.signer
        if session is None:
            return RedirectResponse("/login", 303)
        if not frame.hotline or signer is None:
            raise HTTPException(404)
        if not frame.entitled(request).take_calls():
            words = _("Calls are taken by operators.")
            return await frame.problem(request, 403, _("This is not yours to do"), words)
        given = pass_for(session.actor.id, frame.context.now() + PASS_LASTS, secrets.token_urlsafe(12), signer)
        return await frame.page(request, "hotline.html", action=f"{frame.hotline}/hotline/enter", given=given)

    return [Route("/hotline", hotline)]
