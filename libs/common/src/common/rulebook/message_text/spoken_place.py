"""Where a message is about: by its point, else by the words of its address, else by its text. Pure.

What a message's own text says of a place decides only where a rule says so, and where it is one house beyond doubt;
else whoever looks at it in triage is shown it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from common.contracts.events.base import Because, Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import PlaceCandidate
from common.contracts.frozen import value
from common.rulebook.message_text.context import TextContext
from common.rulebook.message_text.located import located
from common.rulebook.message_text.text_place import Ruled, shown, text_rule
from common.rulebook.message_text.words import MessageWords
from common.rulebook.place_in_text import place_in_text
from common.rulebook.placement import Where
from common.rulebook.streets import Gazetteer, PlacesRead

GAZETTEER = "gazetteer"
"""Stands for layer and table where a street's row decided."""


@value
class SpokenPlace:
    """`where` is None where nobody knows; `place` has the point that the address means, where it means one."""

    where: Where | None
    place: Place
    candidates: tuple[PlaceCandidate, ...] = ()
    """What the words may mean, where they do not decide."""
    because: tuple[Because, ...] = ()
    """The street that decided, and the rows by which a text may."""


def spoken_place(
    place: Place, text: str, at: datetime, context: TextContext, ruled: Ruled = shown
) -> SpokenPlace:  # fmt: skip
    """By the borders and streets of that time. A point that lies nowhere is not put right by words: a person sees
    both. `ruled` says whether the text may decide."""
    found = located(place, at, context)
    if found is not None:
        return SpokenPlace(Where(found.area, found.region, found.border_set), place)
    has_point = place.lat is not None and place.lon is not None
    streets = context.country.streets(at)
    address = (place.address or "").strip()
    area = context.country.area_named(address) if address and not has_point else None
    if area is not None:
        return _in_area(area, place, context, Because(layer=GAZETTEER, number=0, table=GAZETTEER, row_id=area))
    if streets is None:
        return SpokenPlace(None, place)
    read = streets.read(address, loose=True)
    if read.area is not None and not has_point:
        first = read.places[0]
        why = Because(
            layer=GAZETTEER, number=0, table=GAZETTEER, row_id=f"{streets.name}: {first.street}",
            inputs={"house": first.house or ""}, outputs={"area": read.area, "point": read.point is not None},
        )  # fmt: skip
        if read.point is not None:
            place = place.model_copy(update={"lat": read.point[0], "lon": read.point[1]})
            position = located(place, at, context)
            if position is None or position.area != read.area:
                return SpokenPlace(None, place.model_copy(update={"lat": None, "lon": None}), _told(read, "address"))
        return _in_area(read.area, place, context, why, streets.name)
    if read.places:
        return SpokenPlace(None, place, _told(read, "address"))
    by_text = _by_text(place, text, at, streets, context, ruled) if not has_point else None
    return by_text or SpokenPlace(None, place, _told(streets.read(text, loose=False), "text"))


def message_place(
    message: MessageRegistered, words: MessageWords, at: datetime, context: TextContext, *,
    rules_at: datetime, said: str | None = None,
) -> SpokenPlace:  # fmt: skip
    """Of a message whose `words` are read. By the borders of `at` and the rules of `rules_at`, for the category that
    somebody `said`, else the message's."""
    ruled = text_rule(message.case_id, message.category, words, rules_at, context, said)
    return spoken_place(message.place, words.text, at, context, ruled)


def _by_text(
    place: Place, text: str, at: datetime, streets: Gazetteer, context: TextContext, ruled: Ruled
) -> SpokenPlace | None:
    """The one house that the text names, where a rule lets that decide; its words become the address."""
    found = place_in_text(streets, text)
    region = context.country.region_of_area(found.place.area) if found is not None else None
    if found is None or region is None:
        return None
    area = found.place.area
    address = place.address if (place.address or "").strip() else found.words
    read = place.model_copy(update={"address": address})
    if found.point is not None:
        read = read.model_copy(update={"lat": found.point[0], "lon": found.point[1]})
        position = located(read, at, context)
        if position is None or position.area != area:
            return None
    rule = ruled(Where(area, region, f"streets {streets.name}"))
    if not rule.decides:
        return None
    why = Because(
        layer=GAZETTEER, number=0, table=GAZETTEER, row_id=f"{streets.name}: {found.place.street}",
        inputs={"house": found.place.house or "", "words": found.words},
        outputs={"area": area, "point": found.point is not None},
    )  # fmt: skip
    return replace(_in_area(area, read, context, why, streets.name), because=(why, *rule.because))


def _in_area(
    area: str, place: Place, context: TextContext, why: Because, streets: str | None = None
) -> SpokenPlace:  # fmt: skip
    region = context.country.region_of_area(area)
    if region is None:
        return SpokenPlace(None, place)
    by = f"streets {streets}" if streets is not None else "the name of the area"
    return SpokenPlace(Where(area, region, by), place, because=(why,))


def _told(read: PlacesRead, source: Literal["address", "text"]) -> tuple[PlaceCandidate, ...]:
    return tuple(
        PlaceCandidate(street=one.street, house=one.house, area=one.area, exact=one.exact, source=source)
        for one in read.places
    )
