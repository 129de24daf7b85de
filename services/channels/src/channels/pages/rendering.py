"""Pages in the reader's language. They work without scripts; the one there is only finds where a device is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common.federation.languages import SOURCE
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from channels.bodies import Refused
from channels.edge import Edge
from channels.form_fields import MAX_ADDRESS
from channels.pages.environments import environments
from channels.pages.language import CATALOGUES, NAMES, language_of
from channels.pages.paths import REPORT
from channels.pages.problem_text import problem_text

FOLDER = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "geolocation=(self)",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Nothing from elsewhere is loaded, no other site may frame a page, and its address, by which its reader goes on, stays
here."""


_ENVIRONMENTS = environments(
    FOLDER / "templates", CATALOGUES, languages=NAMES, max_address=MAX_ADDRESS, report=REPORT
)  # fmt: skip


def page(name: str, language: str, status: int = 200, **values: Any) -> HTMLResponse:
    text = _ENVIRONMENTS[language].get_template(name).render(**values)
    answer = HTMLResponse(text, status, HEADERS)
    if status in (429, 503):
        answer.headers["retry-after"] = "1"
    return answer


def problem(edge: Edge, request: Request, error: Exception) -> Response:
    """The page of a request that was refused."""
    assert isinstance(error, Refused | HTTPException)
    language, federation = language_of(request, edge.federation.languages), edge.federation.title
    if isinstance(error, HTTPException):
        words = problem_text(error.status_code)
        return page("problem.html", language, error.status_code, words=words, federation=federation)
    words = problem_text(error.status, error.limit)
    return with_headers(page("problem.html", language, error.status, words=words, federation=federation), error)


def with_headers(answer: Response, refused: Refused) -> Response:
    """A page that says why nothing was taken, with what a refusal tells machines: when to come again."""
    answer.headers.update(refused.headers)
    return answer


def error_form(status: int, _: str) -> str:
    """The page of a request that the port refuses before anybody knows its language: in all of them."""
    said = [(name, CATALOGUES.of(name).gettext(problem_text(status))) for name in CATALOGUES.languages]
    return _ENVIRONMENTS[SOURCE].get_template("refused.html").render(said=said)
