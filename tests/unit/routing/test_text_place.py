"""Where a rule lets it, the one house that a message's own text names places it; anything less is shown to a person."""

from __future__ import annotations

from datetime import datetime

import pytest
from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import CaseAssigned, TriageAnswered, TriageRequested
from common.contracts.parts import PartOf, PlacedAs
from common.rulebook.place_in_text import place_in_text
from common.rulebook.placement import Where
from common.rulebook.streets import Gazetteer, Stretch
from routing.domain import decide
from routing.model import Incoming, RoutedCase, RoutingContext

from tests.evaluation import place_in_text as evaluation
from tests.unit.routing.test_completion import Said, Talk
from tests.unit.routing.test_routing import IN_NORTH, IN_SOUTH, NOON, NOWHERE, answered, book, message, tables
from tests.unit.routing.test_spoken_place import IN_THE_POND, WithStreets

ROWS = (
    (Stretch("Elm Street", "01", 1, 99, "", IN_NORTH.lat, IN_NORTH.lon), ()),
    (Stretch("Oak Street", "02", None, None, "", None, None), ()),
    (Stretch("улица Ленина", "03", 1, 40, "", IN_SOUTH.lat, IN_SOUTH.lon), ()),
    (Stretch("Long Road", "01", None, None, "", None, None), ()),
    (Stretch("Long Road", "03", None, None, "", None, None), ()),
    (IN_THE_POND, ()),
)
DECIDES = tables(
    "triage", {"category": '"noise"', "confirm": "false", "several": "false", "text_place": '"shown"'},
    {"category": "", "confirm": "false", "several": "false", "text_place": '"decides"'},
)  # fmt: skip


class Town(WithStreets):
    def streets(self, at: datetime) -> Gazetteer | None:
        return Gazetteer("2011", NOON, ROWS)


CONTEXT = RoutingContext(Town(), book(triage=DECIDES).in_force)
AS_EVER = RoutingContext(Town(), book().in_force)


def begun(
    text: str, category: str | None = "hole", context: RoutingContext = CONTEXT, **place: float | str | None
) -> Event:  # fmt: skip
    return Talk(Said(text, category, Place.model_validate(place)), context).begun[0]


def test_a_house_in_the_text_places_the_message_and_the_reason_says_which_words_were_read() -> None:
    case = begun("There is a hole at 5 Elm Street, please hurry")
    assert isinstance(case, CaseAssigned)
    assert (case.region, case.area, case.border_set) == ("north", "01", "streets 2011")
    assert (case.place.lat, case.place.address) == (IN_NORTH.lat, "5 Elm Street")
    street, rule = case.because[:2]
    assert (street.row_id, dict(street.inputs)) == ("2011: Elm Street", {"house": "5", "words": "5 Elm Street"})
    assert (rule.table, rule.outputs["text_place"]) == ("triage", "decides")
    russian = begun("Яма, ул. Ленина, д. 5")
    assert isinstance(russian, CaseAssigned)
    assert (russian.region, russian.place.address) == ("south", "ул. Ленина, д. 5")


def test_a_whole_street_gives_the_area_without_a_point() -> None:
    case = begun("7 Oak Street: a hole")
    assert isinstance(case, CaseAssigned)
    assert (case.area, case.place.lat) == ("02", None)


def test_a_federation_whose_rules_say_nothing_of_it_goes_on_as_before() -> None:
    asked = begun("a hole at 5 Elm Street", context=AS_EVER)
    assert isinstance(asked, TriageRequested)
    assert [(one.street, one.source) for one in asked.places] == [("Elm Street", "text")]


def test_the_row_of_the_category_says_whether_the_text_may_decide() -> None:
    asked = begun("5 Elm Street: loud", "loud")
    assert isinstance(asked, TriageRequested)
    assert asked.reason == "no_place"


@pytest.mark.parametrize(
    "text",
    [
        "a hole on Elm Street", "a hole at 5 Elm Street and at 7 Oak Street", "a hole at 7 Long Road",
        "I live at 5 Elm Street", "the bus from 5 Elm Street", "a hole at 500 Elm Street", "a hole at 5 Eml Street",
        "a hole at 5 Elm Street or 7 Elm Street", "a hole at 5 Pond Road", "a hole " * 300 + "at 5 Elm Street",
    ],
)  # fmt: skip
def test_what_is_not_beyond_doubt_goes_to_a_person(text: str) -> None:
    asked = begun(text)
    assert isinstance(asked, TriageRequested)
    assert asked.reason == "no_place"


def test_a_point_outside_every_region_and_an_address_that_names_a_street_are_not_put_right_by_the_text() -> None:
    outside = begun("a hole at 5 Elm Street", lat=NOWHERE.lat, lon=NOWHERE.lon)
    assert isinstance(outside, TriageRequested)
    assert outside.reason == "outside_every_region"
    other = begun("a hole at 5 Elm Street", address="Long Road 7")
    assert isinstance(other, TriageRequested)
    assert {one.street for one in other.places} == {"Long Road"}


def test_an_address_that_says_nothing_leaves_it_to_the_text_and_stays() -> None:
    case = begun("a hole at 5 Elm Street", address="behind the yard")
    assert isinstance(case, CaseAssigned)
    assert (case.area, case.place.address) == ("01", "behind the yard")


def test_a_house_that_is_said_later_completes_what_waits() -> None:
    talk = Talk(Said("a hole", "hole"), CONTEXT)
    events = talk.say(Said("It is at 5 Elm Street."))
    (case,) = [event for event in events if isinstance(event, CaseAssigned)]
    assert (case.area, case.because[0].row_id) == ("01", "2011: Elm Street")


def test_where_no_category_is_known_a_person_says_it_alone_and_the_text_says_where() -> None:
    talk = Talk(Said("something at 5 Elm Street"), CONTEXT)
    (asked,) = talk.begun
    assert isinstance(asked, TriageRequested)
    assert (asked.reason, asked.missing) == ("unknown_category", ("category",))
    told, case = talk.hear(answered(category="pothole"))
    assert isinstance(told, TriageAnswered)
    assert isinstance(case, CaseAssigned)
    assert (case.area, case.place.lat, case.because[0].row_id) == ("01", IN_NORTH.lat, "2011: Elm Street")


def test_a_part_of_a_divided_message_is_placed_by_its_own_words() -> None:
    of = PartOf(message="m0", case="c0", parts=("c0.1", "c0.2"))
    word = PlacedAs(actor="federal:centre")
    part: MessageRegistered = message(Place()).model_copy(
        update={"text": "a hole at 5 Elm Street", "part_of": of, "placed_as": word}
    )
    (said,) = decide(RoutedCase(), Incoming("id", "chain", NOON, part), CONTEXT).events
    assert isinstance(said.event, CaseAssigned)
    assert (said.event.area, said.event.because[0].row_id) == ("01", "2011: Elm Street")


def test_the_texts_of_the_evaluation_are_read_as_its_list_says() -> None:
    """Those that were looked at while the rule was written; a place is never read wrongly but in the one text that
    says so by its sense alone."""
    known = evaluation.streets()
    texts = evaluation.labelled(evaluation.TEXTS["first part"])
    wrong = [text for about, text in texts if evaluation.read(known, text) not in (about, evaluation.NOBODYS)]
    placed = [text for _about, text in texts if evaluation.read(known, text) != evaluation.NOBODYS]
    assert wrong == ["Сделайте в парке такую же площадку, что и у дома 33 по улице Чехова"]
    assert len(placed) >= 66


def test_words_are_quoted_as_they_stand() -> None:
    found = place_in_text(Gazetteer("2011", NOON, ROWS), "Hole — at  No. 5, ELM Street!")
    assert found is not None
    assert found.words == "5, ELM Street"
    assert Where(found.place.area, "north", "").area == "01"
