"""Before any page: questions that no page could have put are refused, and the session is found."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.language import _
from portal.sessions import Sessions

MAX_PATH = 500
MAX_QUERY = 7_600
"""Characters: the longest text of the simulator, each letter of which may be six, and what stands beside it; what other
pages of ours make is far shorter."""
SAFE = ("GET", "HEAD", "OPTIONS")


class QuestionRefused(ValueError):
    """A question with a value that cannot be; the words say which, and what to ask instead."""


class Gate:
    """Refuses in words, puts the session into `request.state.session`, and whether the operator's command line
    asks into `request.state.machine`."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            request.state.session, request.state.machine = None, False
            refuse_unreadable(request)
            refuse_other_sites(request)
            request.state.session = await self._sessions.of(request)
            request.state.machine = self._sessions.from_the_machine(request)
        await self._app(scope, receive, send)


def refuse_unreadable(request: Request) -> None:
    """Raises QuestionRefused for an address that is too long or holds what no text holds."""
    query = request.scope.get("query_string", b"")
    if len(request.url.path) > MAX_PATH or len(query) > MAX_QUERY:
        raise QuestionRefused(_("The address is longer than any of ours."))
    words = [request.url.path, *(text for pair in request.query_params.multi_items() for text in pair)]
    if any(not character.isprintable() for text in words for character in text):
        raise QuestionRefused(_("The address holds a character that cannot be shown, such as NUL: leave it out."))


def refuse_other_sites(request: Request) -> None:
    """Raises QuestionRefused for an order that a browser sends from another site's page."""
    origin = request.headers.get("origin")
    if request.method in SAFE or origin is None:
        return
    if urlsplit(origin).netloc != request.headers.get("host", ""):
        raise QuestionRefused(_("This was sent from another site's page. Open our page and send it from there."))
