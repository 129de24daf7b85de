"""Signing in and out."""

from __future__ import annotations

import re
import secrets
from urllib.parse import parse_qs, quote, urlsplit

from common.runtime.sign_in import LinkRefused
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from portal.drafts import FORM
from portal.forms import IDENTIFIER, FormRefused, check_origin, read_fields
from portal.language import N_, _
from portal.pages.frame import Frame, session_of

LINKS = (
    N_("This link has waited too long. Ask for a new one."),
    N_("This link is not of this installation, or part of it is missing."),
)
"""What is wrong with a link, in the words of common.runtime.sign_in."""


KEPT, KEPT_PATH = "kept.", "path"
"""The page for signing in carries the fields of the form that could not be sent under this prefix, and its address."""
FORMS = re.compile(
    rf"/(cases|proposals)/{IDENTIFIER.pattern}/(act|decide)|/triage/answer|/operations/(settle|directive)"
    rf"|/rulebook/edit/[\w-]+/\w+/(new/put|rows/{IDENTIFIER.pattern}/put|propose/(send|keep))"
)


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
            request, "login.html", 403 if words else 200, refused=words, person=person, code=code if person else "",
            kept={}, kept_path="",
        )  # fmt: skip

    async def sign_in(request: Request) -> Response:
        fields: dict[str, str] = {}
        session = session_of(request)
        try:
            fields = await read_fields(request)
            code = _code_of(fields.get("code", ""))
            if session is not None and not code and fields.get(KEPT_PATH):
                return RedirectResponse(await going_on(session.actor.id, fields), 303)
            person = sessions.person_of(code).id
            cookie = await sessions.begin(code, sessions.cookie_of(request))
        except (FormRefused, LinkRefused) as refused:
            return await frame.page(
                request, "login.html", 403, refused=_(str(refused)), person=None, code="", kept=_kept(fields),
                kept_path=fields.get(KEPT_PATH, ""),
            )  # fmt: skip
        response = RedirectResponse(await going_on(person, fields), 303)
        sessions.set_cookie(request, response, cookie)
        return response

    async def going_on(person: str, fields: dict[str, str]) -> str:
        """Where they were: on the page of the form that could not be sent, with what they had typed; else at the
        first page."""
        path = fields.get(KEPT_PATH, "")
        if not FORMS.fullmatch(path):
            return "/"
        kept, name = _kept(fields), secrets.token_urlsafe(16)
        await sessions.drafts.keep(name, person, kept)
        return f"{quote(path.rpartition('/')[0])}?draft={name}#{quote(kept.get(FORM, ''))}"

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

    return [
        Route("/login", login),
        Route("/login", sign_in, methods=["POST"]),
        Route("/logout", logout, methods=["POST"]),
    ]


def _kept(fields: dict[str, str]) -> dict[str, str]:
    """What was typed into another form before signing in."""
    return {name.removeprefix(KEPT): text for name, text in fields.items() if name.startswith(KEPT)}


def _code_of(text: str) -> str:
    """People paste the whole link."""
    return parse_qs(urlsplit(text).query).get("code", [text])[0] if "?" in text else text
