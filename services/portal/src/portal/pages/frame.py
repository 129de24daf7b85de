"""What every page shares: who looks, the clock, names and times, the templates, and the way of an order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container
from datetime import datetime
from inspect import isawaitable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from common.contracts.case_life import ANSWERED
from common.contracts.events.base import Actor
from common.federation.languages import own_name
from common.messaging.failures import TransientError
from common.messaging.release_cache import Releases
from common.runtime.context import Context
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from portal import commands
from portal.command_outcome import outcome_of
from portal.commands import PortalCommand
from portal.formats import Times, html, mean, number, percent, plain_type, share, working
from portal.forms import Form, FormRefused, check_origin, read_fields
from portal.gate import QuestionRefused
from portal.language import CATALOGUES, N_, _, language, ngettext
from portal.loops import loop_title
from portal.names import Names
from portal.permissions import Entitled
from portal.proposal_text import STANDS, ProposalWords
from portal.queries import Reader
from portal.rule_text import RuleWords
from portal.sessions import Session, Sessions
from portal.settings import PortalSettings
from portal.timeline import Teller
from portal.titles import column_title, table_title

TEMPLATES = Path(__file__).parent.parent / "templates"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Nothing from outside is loaded or run, and no other site may frame a page or post its forms."""

MENU = (
    ("/", N_("Now")),
    ("/cases", N_("Cases")),
    ("/regions", N_("Regions")),
    ("/rulebook", N_("Rulebook")),
    ("/proposals", N_("Proposals")),
    ("/triage", N_("Triage")),
    ("/operations", N_("Operations")),
)
Reads = Callable[[Actor, Form], PortalCommand | Awaitable[PortalCommand]]


class Frame:
    """Renders pages and takes orders."""

    def __init__(
        self, context: Context[PortalSettings], reader: Reader, releases: Releases, sessions: Sessions
    ) -> None:
        self.context, self.reader, self.releases = context, reader, releases
        self.federation = context.federation
        self.sessions = sessions
        self.names = Names(context.federation)
        self.zone = ZoneInfo(context.federation.timezone)
        self.times = Times(self.zone)
        self.words = RuleWords(self.names)
        self.proposals = ProposalWords(self.names, self.times, self.words)
        self.teller = Teller(self.names, self.times)
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(default=True),
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
        )
        self._templates.install_gettext_callables(_, ngettext, newstyle=True)  # type: ignore[attr-defined]
        self._templates.policies["ext.i18n.trimmed"] = True
        self._templates.filters |= {
            "when": self.times.when, "day": self.times.span, "day_before": self.times.day_before,
            "zoned": self.times.zoned, "plain": plain_type,
            "number": number, "working": working, "lines": html, "state": self.names.state, "role": self.names.role,
            "table_title": table_title, "said": _, "percent": percent, "mean": mean,
        }  # fmt: skip
        self._templates.globals |= {
            "names": self.names, "told": self.proposals, "rules": self.words, "stands": STANDS, "share": share,
            "column_title": column_title, "loop_title": loop_title, "federation": context.federation, "menu": MENU,
            "language": language, "languages": {name: own_name(name) for name in CATALOGUES.languages},
            "answered_states": ANSWERED, "simulated": context.settings.time == "ticks",
        }  # fmt: skip

    def entitled(self, request: Request) -> Entitled:
        session = session_of(request)
        return Entitled(self.federation, session.actor if session is not None else None)

    def render(self, name: str, **values: Any) -> str:
        """A template as text, in this thread."""
        return self._templates.get_template(name).render(**values)

    async def page(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        """A whole page, with the outcome of the order that led to it."""
        session, query = session_of(request), request.query_params
        outcome = None
        if status < 400:
            asked = (query.get("order", ""), query.get("about", ""), query.get("name", ""))
            outcome = await outcome_of(self.reader, self.teller, *asked)
        text = await asyncio.to_thread(
            self.render, name, actor=session.actor if session is not None else None,
            check=session.form_check if session is not None else "", clock=await self.reader.clock(),
            path=request.url.path, outcome=outcome, **values,
        )  # fmt: skip
        return HTMLResponse(text, status, HEADERS)

    async def problem(self, request: Request, status: int, title: str, words: str) -> Response:
        """A page that says what did not work and what to do."""
        return await self.page(request, "problem.html", status, title=title, words=words, back=_own_page(request))

    async def now(self) -> datetime:
        """The time for orders: the clock's where time is simulated."""
        moment = await self.reader.clock() if self.context.settings.time == "ticks" else None
        return moment or self.context.now()

    def takes(self, reads: Reads) -> Callable[[Request], Awaitable[Response]]:
        """A form that gives one order; its outcome is shown on the page that the order names."""

        async def handle(request: Request) -> Response:
            session = session_of(request)
            if session is None:
                return await self.problem(
                    request, 403, _("Sign in first"), _("Only people with a role may give orders.")
                )
            try:
                fields = await read_fields(request)
                check_origin(fields, session.form_check)
                order = reads(session.actor, Form(fields, self.federation, self.context.installation))
                if isawaitable(order):
                    order = await order
                order_id = await commands.give(self.context, order, await self.now())
            except FormRefused as refused:
                return await self.problem(request, 400, _("This could not be sent"), str(refused))
            except ValidationError as error:
                wrong = ", ".join(sorted({str(e["loc"][0]) for e in error.errors() if e["loc"]}))
                words = _("Too long, or not as it must be: {fields}. Open the page again and fill the form once more.")
                return await self.problem(request, 400, _("This could not be sent"), words.format(fields=wrong))
            except TransientError as error:
                words = _("Nothing was sent; {reason}.").format(reason=error)
                return await self.problem(request, 503, _("Kafka does not answer"), words)
            query = urlencode({"order": order_id, "about": order.about, "name": order.name})
            return RedirectResponse(f"{quote(order.back)}?{query}", 303)

        return handle


def session_of(request: Request) -> Session | None:
    """What the gate found; None for a visitor."""
    found: Session | None = getattr(request.state, "session", None)
    return found


def chosen(request: Request, name: str, known: Container[str]) -> str:
    """A choice of the page's address, empty for none; raises QuestionRefused for one that no page offers."""
    value = request.query_params.get(name, "").strip()
    if value and value not in known:
        raise QuestionRefused(_("There is no such {name}. Choose one on the page.").format(name=_(name)))
    return value


def _own_page(request: Request) -> str:
    """The path the browser came from, when it is one of ours."""
    came = urlsplit(request.headers.get("referer", ""))
    return came.path if came.netloc == request.url.netloc and came.path else "/"
