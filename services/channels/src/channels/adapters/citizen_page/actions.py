"""What a citizen may do on their own page, and what a form of it says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from common.contracts.case_life import CLOSED, rule_of
from common.contracts.events.routing import VerdictForwarded
from common.contracts.frozen import value
from common.federation.languages import N_

from channels.form_fields import ONCE, FormWrong, is_address, written

MAX_WORDS, MAX_NUMBER = 5_000, 40
"""Characters."""
Act = Literal["add", "confirmed", "reopened", "withdrawn", "erase", "same", "apart"]
FIELDS = ("act", "case", "words", "rating", "once", "language", "files", "sure", "contact")


@value
class Acted:
    act: Act
    words: str
    rating: int | None
    once: str
    case: str | None = None
    """The number of the case that it is about, where the form says it."""
    contact: str | None = None
    """Where the citizen wants to be told what cannot be delivered otherwise."""


def possible(state: str | None, lead: str | None = None, *, may_be_known: bool = False) -> frozenset[Act]:
    """What the region would take in this state of the case; `lead`: in this one of the case that it goes on under,
    whose answer is its citizen's to judge too; `may_be_known`: the citizen is asked whether it is the same as
    another."""
    if state == "joined" and lead is not None:
        return possible(state) | (possible(lead) & {"confirmed", "reopened"})
    verdicts: tuple[Act, ...] = ("confirmed", "reopened", "withdrawn")
    found: set[Act] = {act for act in verdicts if state and rule_of(VerdictForwarded, state, act) is not None}
    if may_be_known:
        found |= {"same", "apart"}
    return frozenset(found if state in CLOSED - {"joined"} else found | {"add"})


def acted(fields: Mapping[str, str]) -> Acted:
    """Raises FormWrong."""
    act = next((act for act in get_args(Act) if act == fields.get("act")), None)
    once = fields.get("once", "")
    if act is None or ONCE.fullmatch(once) is None:
        raise FormWrong("", N_("The form was not whole. It is here again with what you wrote: send it from here."))
    words = written(fields.get("words", ""))
    if len(words) > MAX_WORDS:
        raise FormWrong(act, N_("These words are too long: 5,000 characters at most."))
    said = any(c.isalnum() for c in words)
    if act == "erase" and fields.get("sure") != "yes":
        raise FormWrong(act, N_("Tick the box if you are sure: it cannot be undone."))
    if act == "add" and not said and not fields.get("files"):
        raise FormWrong(act, N_("Write what you want to add."))
    if act == "reopened" and not said:
        raise FormWrong(act, N_("Say what is still wrong: whoever works on it has to know."))
    contact = fields.get("contact", "").strip() if act == "add" else ""
    if contact and not is_address(contact):
        raise FormWrong(act, N_("Write an e-mail address, such as ann@example.org, or a telephone number."))
    rating, case = _rating(fields.get("rating", ""), act), fields.get("case", "")[:MAX_NUMBER] or None
    return Acted(act, words, rating, once, case, contact or None)


def _rating(text: str, act: Act) -> int | None:
    if not text or act not in ("confirmed", "reopened"):
        return None
    if text not in ("1", "2", "3", "4", "5"):
        raise FormWrong(act, N_("A rating is a number from 1 to 5."))
    return int(text)
