"""Where a message is about: by its point, else by the words of its address. Pure.

What a message's own text says of a place decides nothing: whoever looks at it in triage is shown it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from common.contracts.events.base import Because, Place
from common.contracts.events.routing import PlaceCandidate
from common.contracts.frozen import value
from common.rulebook.placement import Where
from common.rulebook.streets import PlacesRead

from routing.located import located
from routing.model import RoutingContext

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
    """The street that decided."""


def spoken_place(place: Place, text: str, at: datetime, context: RoutingContext) -> SpokenPlace:
    """By the borders and streets of that time. A point that lies nowhere is not put right by words: a person sees
    both."""
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
    by_address = _told(read, "address")
    return SpokenPlace(None, place, by_address or _told(streets.read(text, loose=False), "text"))


def _in_area(
    area: str, place: Place, context: RoutingContext, why: Because, streets: str | None = None
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
