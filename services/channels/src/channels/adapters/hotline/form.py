"""What an operator writes down of a call. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, get_args

from common.contracts.events.base import Place
from common.contracts.frozen import value
from common.federation.languages import N_

from channels.adapters.citizen_page import actions
from channels.adapters.report_form.form import reported
from channels.form_fields import ONCE, FormWrong, is_address

Act = Literal["add", "confirmed", "reopened", "withdrawn", "told"]
MAX_NAME = 200
NEW = ("words", "category", "address", "lat", "lon", "zoom", "once", "language", "name", "mail", "spoken", "do")
"""Fields of a new message; `language` is the page's, `spoken` the caller's."""
ABOUT = ("act", "case", "words", "rating", "once", "language", "question")
"""Fields of what is said about a case that there is."""


@value
class CallMessage:
    """What the caller wants taken down as a matter of its own."""

    words: str
    category: str | None
    """A code of the federation's."""
    place: Place
    name: str | None
    spoken: str
    once: str
    """Made with the form: the same form sent again is the same message."""
    mail: str | None = None
    """Where the caller may be told what does not reach them by telephone."""


@value
class AboutCase:
    """What the caller says about a case of theirs, or that a question of it was put to them."""

    act: Act
    case: str
    """Its number."""
    words: str
    rating: int | None
    once: str
    question: str
    """The event by which an official asked; empty but for `told`."""


def taken_down(fields: Mapping[str, str], categories: Collection[str], languages: Collection[str]) -> CallMessage:
    """Raises FormWrong."""
    report = reported({**fields, "contact": ""}, categories)
    name = " ".join(fields.get("name", "").split())
    if len(name) > MAX_NAME or not name.isprintable():
        raise FormWrong("name", N_("Write the name in 200 characters at most, or leave it out."))
    spoken = fields.get("spoken", "")
    if spoken not in languages:
        raise FormWrong("spoken", N_("Choose the language in which the caller is to be told."))
    mail = fields.get("mail", "").strip()
    if mail and not (is_address(mail) and "@" in mail):
        raise FormWrong("mail", N_("Write an e-mail address, such as ann@example.org, or leave it out."))
    return CallMessage(
        report.words, report.category, report.place, name or None, spoken, report.once, mail or None
    )  # fmt: skip


def about_case(fields: Mapping[str, str]) -> AboutCase:
    """Raises FormWrong."""
    case, act = fields.get("case", ""), next((a for a in get_args(Act) if a == fields.get("act")), None)
    if act == "told":
        if ONCE.fullmatch(fields.get("once", "")) is None:
            raise FormWrong("", N_("The form was not whole. It is here again with what you wrote: send it from here."))
        return AboutCase(act, case, "", None, fields["once"], fields.get("question", ""))
    said = actions.acted({name: text for name, text in fields.items() if name not in ("files", "sure")})
    if act is None or said.act == "erase":
        raise FormWrong("", N_("The form was not whole. It is here again with what you wrote: send it from here."))
    return AboutCase(act, case, said.words, said.rating, said.once, "")
