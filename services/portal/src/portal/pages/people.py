"""Signing in and out, and what became of an order."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from portal import commands
from portal.commands import FormRefused
from portal.identity import COOKIE
from portal.orders import outcome_of
from portal.pages.frame import HEADERS, Frame

STATIC = Path(__file__).parent.parent / "static"


def routes(frame: Frame) -> list[BaseRoute]:
    async def login(request: Request) -> Response:
        given = (await request.form()).get("token") if request.method == "POST" else request.query_params.get("token")
        token = given.strip() if isinstance(given, str) else ""
        if frame.identities.of_token(token) is None:
            return await frame.page(request, "login.html", 403 if token else 200, refused=bool(token))
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        return response

    async def logout(request: Request) -> Response:
        try:
            await commands.read_form(request, request.cookies.get(COOKIE, ""))
        except FormRefused as refused:
            return await frame.problem(request, 400, "You are still signed in", str(refused))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE)
        return response

    async def order(request: Request) -> Response:
        query = request.query_params
        outcome = await outcome_of(frame.reader, query.get("order", ""), query.get("about", ""), query.get("name", ""))
        return HTMLResponse(frame.render("order.html", outcome=outcome), headers=HEADERS)

    return [
        Route("/login", login, methods=["GET", "POST"]),
        Route("/logout", logout, methods=["POST"]),
        Route("/parts/order", order),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
