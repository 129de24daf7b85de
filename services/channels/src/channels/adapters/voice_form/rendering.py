"""The adapter's pages: HTML without scripts, in the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common.federation.languages import SOURCE
from starlette.responses import HTMLResponse

from channels.adapters.voice_form.form import MAX_WORDS, STANCES
from channels.adapters.voice_form.language import CATALOGUES
from channels.adapters.voice_form.problem_text import problem_text
from channels.form_fields import MAX_ADDRESS
from channels.pages.environments import environments
from channels.pages.style import BASE_STYLE

FOLDER = Path(__file__).parent
STYLE = BASE_STYLE
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""No script runs, no other site may frame a page, and its address, which lets its reader go on, stays here."""


_ENVIRONMENTS = environments(
    FOLDER / "templates", CATALOGUES, stances=STANCES, max_words=MAX_WORDS, max_address=MAX_ADDRESS
)  # fmt: skip


def page(name: str, language: str, status: int = 200, **values: Any) -> HTMLResponse:
    text = _ENVIRONMENTS[language].get_template(name).render(**values)
    return HTMLResponse(text, status, HEADERS)


def error_form(status: int, _: str) -> str:
    """The page of a request that the port refuses before anybody knows its language: in all of them."""
    said = [(name, CATALOGUES.of(name).gettext(problem_text(status))) for name in CATALOGUES.languages]
    return _ENVIRONMENTS[SOURCE].get_template("refused.html").render(said=said)
