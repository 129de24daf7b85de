"""What a person without an account reports by a form. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from common.contracts.events.base import Place
from common.contracts.frozen import value
from common.federation.languages import N_

from channels.form_fields import ONCE, FormWrong, is_address, written

MAX_WORDS = 5_000
MAX_PLACE = 500
FIELDS = ("words", "category", "address", "contact", "lat", "lon", "zoom", "once", "language", "do", "files")


@value
class Report:
    """A form that can be taken."""

    words: str
    category: str | None
    """A code of the federation's."""
    place: Place
    contact: str | None
    once: str
    """Made with the form: the same form sent again is the same report."""


def reported(fields: Mapping[str, str], categories: Collection[str]) -> Report:
    """Raises FormWrong."""
    words = written(fields.get("words", ""))
    if len(words) > MAX_WORDS:
        raise FormWrong("words", N_("These words are too long: 5,000 characters at most."))
    if not any(c.isalnum() for c in words):
        raise FormWrong("words", N_("Say in words what is wrong."))
    category = fields.get("category", "").strip() or None
    if category is not None and category not in categories:
        raise FormWrong("category", N_("Choose one of the list, or leave it to us."))
    address = " ".join(fields.get("address", "").split())
    if len(address) > MAX_PLACE:
        raise FormWrong("place", N_("The words for the place are too long: 500 characters at most."))
    point = point_of(fields)
    if point is None and not any(c.isalnum() for c in address):
        raise FormWrong("place", N_("Say where it is: write an address, or point at the map."))
    contact = fields.get("contact", "").strip()
    if contact and not is_address(contact):
        raise FormWrong("contact", N_("Write an e-mail address, such as ann@example.org, or a telephone number."))
    once = fields.get("once", "")
    if ONCE.fullmatch(once) is None:
        raise FormWrong("", N_("The form was not whole. It is here again with what you wrote: send it from here."))
    lat, lon = point if point is not None else (None, None)
    return Report(words, category, Place(lat=lat, lon=lon, address=address or None), contact or None, once)


def point_of(fields: Mapping[str, str]) -> tuple[float, float] | None:
    """Latitude and longitude that were chosen before; None where there are none that can be any."""
    found = _number(fields.get("lat", ""), 90), _number(fields.get("lon", ""), 180)
    return (found[0], found[1]) if found[0] is not None and found[1] is not None else None


def _number(text: str, bound: float) -> float | None:
    try:
        found = float(text[:30])
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) <= bound else None
