"""Signing in and out, and what became of an order."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from common.runtime.sign_in import LinkRefused
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from portal.command_outcome import outcome_of
from portal.forms import FormRefused, check_origin, read_fields
from portal.language import N_, _
from portal.pages.frame import HEADERS, Frame, session_of

LINKS = (
    N_("This link has waited too long. Ask for a new one."),
    N_("This link is not of this installation, or part of it is missing."),
)
"""What is wrong with a link, in the words of common.runtime.sign_in."""


def routes(frame: Frame) -> list[BaseRoute]:
    sessions = frame.sessions

    async def login(request: Request) -> Response:
        """The page behind a link names the person and asks: reading it, as a mail scanner does, uses nothing up."""
        code = request.query_params.get("code", "").strip()
        person, words = None, ""
        if code:
            try:
                person = sessions.person_of(code)
            except LinkRefused as refused:
                words = _(str(refused))
        return await frame.page(
            request, "login.html", 403 if words else 200, refused=words, person=person, code=code if person else ""
        )

    async def sign_in(request: Request) -> Response:
        try:
            fields = await read_fields(request)
            cookie = await sessions.begin(_code_of(fields.get("code", "")), sessions.cookie_of(request))
        except (FormRefused, LinkRefused) as refused:
            return await frame.page(request, "login.html", 403, refused=_(str(refused)), person=None, code="")
        response = RedirectResponse("/", 303)
        sessions.set_cookie(request, response, cookie)
        return response

    async def logout(request: Request) -> Response:
        session = session_of(request)
        if session is not None:
            try:
                check_origin(await read_fields(request), session.form_check)
            except FormRefused as refused:
                return await frame.problem(request, 400, _("You are still signed in"), str(refused))
            await sessions.end(request)
        response = RedirectResponse("/login", 303)
        sessions.set_cookie(request, response, "")
        return response

    async def order(request: Request) -> Response:
        query = request.query_params
        outcome = await outcome_of(
            frame.reader, frame.teller, query.get("order", ""), query.get("about", ""), query.get("name", "")
        )
        return HTMLResponse(frame.render("order.html", outcome=outcome), headers=HEADERS)

    return [
        Route("/login", login),
        Route("/login", sign_in, methods=["POST"]),
        Route("/logout", logout, methods=["POST"]),
        Route("/parts/order", order),
    ]


def _code_of(text: str) -> str:
    """People paste the whole link."""
    return parse_qs(urlsplit(text).query).get("code", [text])[0] if "?" in text else text
