"""What every page shares: who looks, the clock, names and times, the templates."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Container
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from common.contracts.case_life import ANSWERED
from common.contracts.events.deliberation import EVERY_CHANNEL
from common.federation.languages import own_name
from common.messaging.release_cache import Releases
from common.runtime.context import Context
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portal import speaking
from portal.area_map import OutlineMap
from portal.argument import ROLE_TITLES, STANCE_TITLES
from portal.entered import NOTHING, Entered
from portal.formats import Times, html, mean, number, percent, plain_type, share, working
from portal.gate import QuestionRefused
from portal.language import CATALOGUES, N_, _, language, ngettext
from portal.loop_pages import loop_title
from portal.names import Names
from portal.order_outcome import outcome_of
from portal.permissions import Entitled
from portal.proposal_text import STANDS, ProposalWords, harm_words
from portal.queries import Reader
from portal.rule_text import RuleWords, percent_of
from portal.sessions import Session, Sessions
from portal.settings import PortalSettings
from portal.snapshot import SnapshotPool
from portal.subjects import shown_at
from portal.timeline import PublicTeller, Teller
from portal.titles import column_title, table_title

TEMPLATES = Path(__file__).parent.parent / "templates"


def headers_of(channels_url: str) -> dict[str, str]:
    """Nothing from outside is loaded or run, and no other site may frame a page. Forms go to this site, and to the edge
    of channels where there is one, which sees from which site they come; citizens' pictures come from there."""
    edge = f" {channels_url}" if channels_url else ""
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{edge}; connect-src 'self';"
            f" form-action 'self'{edge}; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cache-Control": "no-store",
    }


MENU = (
    ("/", N_("Now")),
    ("/cases", N_("Cases")),
    ("/regions", N_("Regions")),
    ("/rulebook", N_("Rulebook")),
    ("/proposals", N_("Proposals")),
    ("/loops", N_("Loops")),
    ("/triage", N_("Triage")),
    ("/operations", N_("Operations")),
)


class Frame:
    """Renders pages."""

    def __init__(
        self, context: Context[PortalSettings], reader: Reader, snapshots: SnapshotPool, releases: Releases,
        sessions: Sessions,
    ) -> None:  # fmt: skip
        self.context, self.reader, self.snapshots, self.releases = context, reader, snapshots, releases
        self.federation = context.federation
        self.sessions = sessions
        edge = self.channels_url = speaking.edge_of(context.settings.channels_url, context.federation.channels)
        self.hotline = speaking.hotline_of(context.settings.channels_url, context.federation.channels)
        self.headers = headers_of(edge or self.hotline)
        self.names = Names(context.federation)
        self.outlines = OutlineMap(context.federation.folder / "borders")
        self.zone = ZoneInfo(context.federation.timezone)
        self.times = Times(self.zone)
        self.words = RuleWords(self.names)
        self.proposals = ProposalWords(self.names, self.times, self.words)
        self.teller, self.public_teller = Teller(self.names, self.times), PublicTeller(self.names, self.times)
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
            "table_title": table_title, "said": _, "percent": percent, "percent_of": percent_of, "mean": mean,
        }  # fmt: skip
        self._templates.globals |= {
            "names": self.names, "told": self.proposals, "rules": self.words, "stands": STANDS, "share": share,
            "column_title": column_title, "loop_title": loop_title, "federation": context.federation, "menu": MENU,
            "language": language, "languages": {name: own_name(name) for name in CATALOGUES.languages},
            "role_titles": ROLE_TITLES, "stance_titles": STANCE_TITLES, "harm_words": harm_words,
            "every_channel": EVERY_CHANNEL,
            "answered_states": ANSWERED, "once": lambda: secrets.token_urlsafe(12),
            "hotline": self.hotline, "report_form": speaking.report_at(edge),
            "voice_form": speaking.form_at(edge), "ways_to_say": (*speaking.WAYS, speaking.JUDGING),
            "speaking_channels": speaking.others(context.federation.channels),
            "simulated": context.settings.time == "ticks",
        }  # fmt: skip

    def entitled(self, request: Request) -> Entitled:
        session = session_of(request)
        machine = bool(getattr(request.state, "machine", False))
        return Entitled(self.federation, session.actor if session is not None else None, machine=machine)

    def render(self, name: str, **values: Any) -> str:
        """A template as text, in this thread."""
        return self._templates.get_template(name).render(**values)

    async def page(
        self, request: Request, name: str, status: int = 200, *, entered: Entered = NOTHING,
        watch: tuple[str, ...] | None = None, **values: Any,
    ) -> Response:  # fmt: skip
        """A whole page, with the outcome of the order that led to it and what was typed for it.

        `watch` says which changes the page follows; its address does where it is None.
        """
        session, query = session_of(request), request.query_params
        outcome, order = None, query.get("order", "")
        if status < 400 and session is not None:
            outcome = await outcome_of(self.reader, self.teller, order, query.get("about", ""), query.get("name", ""))
        clock = await self.reader.clock()
        await self.snapshots.release()
        if status < 400 and session is not None:
            kept = order if outcome is not None and outcome.state == "refused" else query.get("draft", "")
            entered = (await self.sessions.drafts.of(kept, session.actor.id) if kept else None) or entered
        address = page_of(request)
        if watch is None:
            watch = shown_at(address.path)
        if outcome is not None:
            watch = (*watch, f"refusal:{outcome.order}", f"{outcome.about}:{outcome.name}")
        if status >= 400 and not entered.form:
            # It stands in the place of a page, and is none that could be asked for again.
            watch = ()
        text = await asyncio.to_thread(
            self.render, name, actor=session.actor if session is not None else None,
            check=session.form_check if session is not None else "", clock=clock,
            path=address.path, address=address.geturl(), outcome=outcome, entered=entered,
            watch=watch, **values,
        )  # fmt: skip
        return HTMLResponse(text, status, self.headers)

    async def problem(self, request: Request, status: int, title: str, words: str) -> Response:
        """A page that says what did not work and what to do."""
        return await self.page(request, "problem.html", status, title=title, words=words, back=came_from(request))

    async def now(self) -> datetime:
        """The time for orders: the clock's where time is simulated."""
        moment = await self.reader.clock() if self.context.settings.time == "ticks" else None
        return moment or self.context.now()


def session_of(request: Request) -> Session | None:
    """What the gate found; None for a visitor."""
    found: Session | None = getattr(request.state, "session", None)
    return found


def page_of(request: Request) -> SplitResult:
    """The address of the page: that of the request, or for a form's, whose last part is its verb, the page it is on."""
    url = request.url
    if request.method in ("GET", "HEAD"):
        return SplitResult("", "", url.path, url.query, "")
    return SplitResult("", "", url.path.rpartition("/")[0] or "/", "", "")


def chosen(request: Request, name: str, known: Container[str]) -> str:
    """A choice of the page's address, empty for none; raises QuestionRefused for one that no page offers."""
    value = request.query_params.get(name, "").strip()
    if value and value not in known:
        raise QuestionRefused(_("There is no such {name}. Choose one on the page.").format(name=_(name)))
    return value


def came_from(request: Request) -> str:
    """The address within this site that the browser came from; the first page where that is none of ours."""
    came = urlsplit(request.headers.get("referer", ""))
    if came.netloc != request.url.netloc or not came.path.startswith("/") or came.path.startswith("//"):
        return "/"
    return f"{came.path}?{came.query}" if came.query else came.path
