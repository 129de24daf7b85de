"""Buttons under notices, and what pressing them says. Pure."""

from __future__ import annotations

import re
from typing import Literal

from common.contracts.frozen import value

from channels.bots.words import (
    ABOUT_IT,
    AGAINST,
    ANOTHER,
    ANOTHER_MATTER,
    FOR,
    KEEP,
    NOT_SOLVED,
    SAME,
    SOLVED,
    YES_ERASE,
)

Verb = Literal["confirm", "reopen", "rate", "support", "object", "erase", "keep", "about", "another", "same", "apart"]
DATA = re.compile(
    r"(confirm|reopen|rate|support|object|erase|keep|about|another|same|apart)([1-5]?)(?::([\w-]{1,40}))?"
)
ANSWERED, OPENED, WHICH_CASE, MAY_BE_KNOWN = "answered", "opened", "which_case", "may_be_known"
"""Kinds of notices that have buttons: an answer, a proposal that people may speak on, the question whether a message is
about this case, and whether a case is about the same thing as an earlier one."""


@value
class Button:
    text: str
    """English; the key of the catalogue."""
    data: str
    """At most 64 bytes, which every messenger takes."""


Rows = tuple[tuple[Button, ...], ...]


@value
class Choice:
    """What a button says."""

    verb: Verb
    rating: int | None
    reference: str | None
    """Of the case or proposal that it was under."""


def under(kind: str, reference: str, *, about_case: bool) -> Rows:
    """The buttons of a notice; none for most."""
    if about_case and kind == ANSWERED:
        return ((Button(SOLVED, f"confirm:{reference}"),), (Button(NOT_SOLVED, f"reopen:{reference}"),))
    if about_case and kind == WHICH_CASE:
        return ((Button(ABOUT_IT, f"about:{reference}"),), (Button(ANOTHER_MATTER, f"another:{reference}"),))
    if about_case and kind == MAY_BE_KNOWN:
        return ((Button(SAME, f"same:{reference}"), Button(ANOTHER, f"apart:{reference}")),)
    if not about_case and kind == OPENED and reference:
        return ((Button(FOR, f"support:{reference}"), Button(AGAINST, f"object:{reference}")),)
    return ()


def ratings(reference: str | None) -> Rows:
    """One row, of one to five stars."""
    ending = f":{reference}" if reference else ""
    return (tuple(Button(f"{stars} ★", f"rate{stars}{ending}") for stars in range(1, 6)),)


ERASURE: Rows = ((Button(YES_ERASE, "erase"),), (Button(KEEP, "keep"),))


def choice_of(data: str) -> Choice | None:
    """What pressing a button says; None for data that is of none of ours."""
    found = DATA.fullmatch(data)
    if found is None:
        return None
    verb, rating, reference = found.groups()
    if (verb == "rate") != bool(rating):
        return None
    return Choice(verb, int(rating) if rating else None, reference)  # type: ignore[arg-type]
