"""A message without a point is placed by its address; what is not sure is shown to a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from common.contracts.events.base import Event, Place
from common.contracts.events.routing import CaseAssigned, TriageRequested
from common.rulebook.streets import Gazetteer, Stretch
from routing.model import RoutingContext

from tests.unit.routing.test_completion import Said, Talk
from tests.unit.routing.test_routing import IN_NORTH, NOON, NOWHERE, Country, book

IN_THE_POND = Stretch("Pond Road", "03", 1, 9, "", NOWHERE.lat, NOWHERE.lon)
ROWS = (
    (Stretch("Elm Street", "01", 1, 99, "", IN_NORTH.lat, IN_NORTH.lon), ()),
    (Stretch("Oak Street", "02", None, None, "", None, None), ()),
    (Stretch("Long Road", "01", None, None, "", None, None), ()),
    (Stretch("Long Road", "03", None, None, "", None, None), ()),
    (IN_THE_POND, ()),
)


@dataclass
class WithStreets(Country):
    """The same two regions, with streets."""

    def streets(self, at: datetime) -> Gazetteer | None:
        return Gazetteer("2011", NOON, ROWS)


CONTEXT = RoutingContext(WithStreets(), book().in_force)


def begun(text: str = "a hole", address: str | None = None, **place: float | None) -> Event:
    said = Said(text, "hole", Place(address=address, **place))  # type: ignore[arg-type]
    return Talk(said, CONTEXT).begun[0]


def test_an_address_places_the_case_with_the_point_of_its_house_and_says_by_which_street() -> None:
    case = begun(address="5 Elm St")
    assert isinstance(case, CaseAssigned)
    assert (case.region, case.area, case.place.lat) == ("north", "01", IN_NORTH.lat)
    assert (case.border_set, case.because[0].row_id) == ("streets 2011", "2011: Elm Street")
    whole = begun(address="Oak Street")
    assert isinstance(whole, CaseAssigned)
    assert (whole.area, whole.place.lat) == ("02", None)


def test_the_name_of_an_area_is_an_address() -> None:
    case = begun(address="03")
    assert isinstance(case, CaseAssigned)
    assert (case.region, case.area) == ("south", "03")


def test_a_tie_is_explained_to_a_person() -> None:
    asked = begun(address="Long Road 7")
    assert isinstance(asked, TriageRequested)
    assert [(one.street, one.area, one.source) for one in asked.places] == [
        ("Long Road", "01", "address"), ("Long Road", "03", "address")
    ]  # fmt: skip


def test_what_the_text_says_of_a_place_is_shown_and_decides_nothing() -> None:
    asked = begun("a hole at 5 Elm Street")
    assert isinstance(asked, TriageRequested)
    assert asked.reason == "no_place"
    assert [(one.street, one.house, one.area, one.source) for one in asked.places] == [
        ("Elm Street", "5", "01", "text")
    ]  # fmt: skip


def test_a_point_outside_is_not_put_right_by_words_nor_one_of_a_street_outside_believed() -> None:
    asked = begun(address="5 Elm Street", lat=NOWHERE.lat, lon=NOWHERE.lon)
    assert isinstance(asked, TriageRequested)
    assert asked.reason == "outside_every_region"
    assert [one.street for one in asked.places] == ["Elm Street"]
    drowned = begun(address="5 Pond Road")
    assert isinstance(drowned, TriageRequested)
    assert (drowned.place.lat, [one.street for one in drowned.places]) == (None, ["Pond Road"])


def test_an_address_that_comes_later_completes_what_waits() -> None:
    talk = Talk(Said("a hole", "hole"), CONTEXT)
    events = talk.say(Said("", place=Place(address="Elm Street, 5")))
    (case,) = [event for event in events if isinstance(event, CaseAssigned)]
    assert (case.area, case.place.lat) == ("01", IN_NORTH.lat)
