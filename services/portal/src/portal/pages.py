"""Pages and the read API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.context import Context
from common.events.base import Actor, Command
from common.failures import Passing
from common.releases import Releases
from common.rulebook.jdm import rows_of
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from portal import commands
from portal.drawing import COLOURS, OutlineMap, day_chart
from portal.handlers import Changes
from portal.identity import COOKIE, Identities
from portal.store import Reader

HERE = Path(__file__).parent
LAYERS_SHOWN = 12
Form = Callable[[Actor, dict[str, str]], tuple[str, str, Command]]


def plain_type(kind: str) -> str:
    """`region.case.answered.v1` as people read it."""
    return " ".join(kind.split(".")[1:-1]).replace("_", " ")


def when(moment: datetime | str | None) -> str:
    """A time to the minute, in UTC."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


class Pages:
    """All routes of the portal."""

    def __init__(self, context: Context, reader: Reader, releases: Releases, changes: Changes) -> None:
        self._context = context
        self._reader = reader
        self._releases = releases
        self._changes = changes
        self._identities = Identities(context.settings.keys / "tokens.json")
        self._map = OutlineMap(context.federation.folder / "borders")
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True), trim_blocks=True
        )
        self._templates.filters |= {"when": when, "plain": plain_type, "pretty": lambda d: json.dumps(d, indent=1)}
        self._templates.globals |= {"category_title": context.federation.category_title}

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.now),
            Route("/parts/now", self.now_part),
            Route("/cases", self.cases),
            Route("/cases/{name}", self.case),
            Route("/regions", self.regions),
            Route("/rulebook", self.rulebook),
            Route("/proposals", self.proposals),
            Route("/proposals/{id}", self.proposal),
            Route("/proposals/{id}/decide", self.post(commands.decide_proposal, "/proposals"), methods=["POST"]),
            Route("/triage", self.triage),
            Route("/triage/answer", self.post(commands.answer_triage, "/triage"), methods=["POST"]),
            Route("/operations", self.operations),
            Route("/operations/settle", self.post(commands.settle_dead_letter, "/operations"), methods=["POST"]),
            Route("/login", self.login),
            Route("/live", self.live),
            Route("/api/status", self.api_status),
            Route("/api/cases/{name}", self.api_case),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]

    async def _page(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        token = request.cookies.get(COOKIE, "")
        html = await asyncio.to_thread(
            self._templates.get_template(name).render,
            actor=self._identities.of(request),
            check=commands.anti_forgery(token),
            federation=self._context.federation,
            clock=await self._reader.clock(),
            path=request.url.path,
            **values,
        )
        headers = {"Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'"}
        return HTMLResponse(html, status, headers)

    async def _now(self) -> dict[str, Any]:
        totals, recent, days, areas = await asyncio.gather(
            self._reader.totals(), self._reader.recent(25), self._reader.days(list(COLOURS)), self._reader.areas()
        )
        return {
            "totals": totals,
            "recent": recent,
            "chart": Markup(day_chart(days)),
            "map": Markup(self._map.draw(areas)),
        }

    async def now(self, request: Request) -> Response:
        return await self._page(request, "now.html", **await self._now())

    async def now_part(self, request: Request) -> Response:
        return await self._page(request, "now_part.html", **await self._now())

    async def cases(self, request: Request) -> Response:
        query = request.query_params
        found = await self._reader.cases(
            query.get("region") or None, query.get("state") or None, query.get("overdue") == "1", 100, None
        )
        return await self._page(request, "cases.html", cases=found, query=query)

    async def case(self, request: Request) -> Response:
        view = await self._reader.case(request.path_params["name"])
        if view is None:
            return await self._page(request, "missing.html", 404, what=f"case {request.path_params['name']}")
        history = await self._reader.history(view.case_id)
        return await self._page(request, "case.html", case=view, history=history, because=because_of(history))

    async def regions(self, request: Request) -> Response:
        return await self._page(request, "regions.html", regions=await self._reader.regions())

    async def rulebook(self, request: Request) -> Response:
        book = self._releases.book
        layer = request.query_params.get("layer", "national")
        head = book.head(layer)
        tables = {} if head is None else {name: rows_of(name, doc) for name, doc in sorted(head.tables.items())}
        table = request.query_params.get("table") or next(iter(tables), "")
        layers = ["national", *(r.id for r in self._context.federation.regions)]
        links = await self._reader.links()
        return await self._page(
            request, "rulebook.html", layers=layers, layer=layer, head=head, names=list(tables),
            table=table, rows=tables.get(table, []), links=links,
        )  # fmt: skip

    async def proposals(self, request: Request) -> Response:
        return await self._page(request, "proposals.html", proposals=await self._reader.items("proposal"))

    async def proposal(self, request: Request) -> Response:
        found = await self._reader.item("proposal", request.path_params["id"])
        if found is None:
            return await self._page(request, "missing.html", 404, what="this proposal")
        return await self._page(request, "proposal.html", proposal=found)

    async def triage(self, request: Request) -> Response:
        return await self._page(request, "triage.html", waiting=await self._reader.items("triage", "waiting"))

    async def operations(self, request: Request) -> Response:
        letters, directives, findings = await asyncio.gather(
            self._reader.items("dead_letter"), self._reader.items("directive"), self._reader.items("finding", limit=50)
        )
        return await self._page(request, "operations.html", letters=letters, directives=directives, findings=findings)

    async def login(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        if self._identities.of_token(token) is None:
            return await self._page(request, "login.html", 403 if token else 200, refused=bool(token))
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        return response

    def post(self, form: Form, back: str) -> Callable[[Request], Any]:
        """A form that gives one command."""

        async def handle(request: Request) -> Response:
            actor = self._identities.of(request)
            if actor is None:
                return await self._page(request, "login.html", 403, refused=False)
            try:
                fields = await commands.read_form(request, request.cookies.get(COOKIE, ""))
                topic, key, command = form(actor, fields)
                moment = await self._reader.clock() if self._context.settings.time == "ticks" else None
                await commands.give(self._context, topic, key, command, moment or self._context.now())
            except (ValueError, KeyError) as error:
                return await self._page(request, "missing.html", 400, what=str(error))
            except Passing as error:
                return await self._page(request, "missing.html", 503, what=str(error))
            return RedirectResponse(back, 303)

        return handle

    async def live(self, request: Request) -> Response:
        """A server-sent event each time something changed, at most twice a second."""

        async def changes() -> AsyncIterator[dict[str, str]]:
            number = self._changes.number
            while not await request.is_disconnected():
                try:
                    number = await asyncio.wait_for(self._changes.wait_beyond(number), 15)
                except TimeoutError:
                    continue
                yield {"event": "changed", "data": str(number)}
                await asyncio.sleep(0.5)

        return EventSourceResponse(changes())

    async def api_status(self, _: Request) -> Response:
        clock = await self._reader.clock()
        found = {"clock": clock.isoformat() if clock else None, "totals": await self._reader.totals()}
        return JSONResponse({**found, "regions": await self._reader.regions()})

    async def api_case(self, request: Request) -> Response:
        view = await self._reader.case(request.path_params["name"])
        if view is None:
            return JSONResponse({"error": f"no case {request.path_params['name']}"}, 404)
        history = await self._reader.history(view.case_id)
        found = {"case": asdict(view), "events": history, "because": because_of(history)}
        return Response(json.dumps(found, default=str), media_type="application/json")


def because_of(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the rulebook that decided, from the opening of the case."""
    for event in history:
        if event["data"].get("because"):
            found: list[dict[str, Any]] = event["data"]["because"]
            return found
    return []
