"""A message that waits in triage is completed by what its citizen says later, in any order."""

from __future__ import annotations

import pytest
from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageAdded, MessageRegistered
from common.contracts.events.routing import (
    CaseAssigned,
    MessageForwarded,
    TriageAnswered,
    TriageRequested,
    TriageSupplemented,
)
from common.contracts.frozen import value
from routing.domain import decide
from routing.model import Incoming, RoutedCase, RoutingContext

from tests.unit.routing.test_classification import book as book_with_model
from tests.unit.routing.test_classification import reads
from tests.unit.routing.test_routing import CENTRE, CONTEXT, IN_NORTH, IN_SOUTH, NOON, NOWHERE, Country, answered

NOWHERE_SAID = Place()


@value
class Said:
    """What a citizen sends at once."""

    text: str = ""
    category: str | None = None
    place: Place = NOWHERE_SAID
    replaces: str | None = None


class Talk:
    """One case, message after message."""

    def __init__(self, first: Said, context: RoutingContext = CONTEXT) -> None:
        self.context = context
        self.case = RoutedCase()
        self.number = 1
        begun = MessageRegistered(
            message_id="m1", case_id="c1", reference="R", channel="telegram", citizen="p", text=first.text,
            category=first.category, place=first.place, received_at=NOON,
        )  # fmt: skip
        self.begun = self.hear(begun)

    def hear(self, event: Event) -> list[Event]:
        decision = decide(self.case, Incoming(f"e{self.number}", "chain", NOON, event), self.context)
        self.case = decision.case
        return [found.event for found in decision.events]

    def say(self, more: Said, citizen: str = "p") -> list[Event]:
        self.number += 1
        return self.hear(
            MessageAdded(
                message_id=f"m{self.number}", case_id="c1", channel="telegram", citizen=citizen, text=more.text,
                category=more.category, place=more.place, received_at=NOON, replaces=more.replaces,
            )
        )  # fmt: skip


WORDS, PIN, FORM = Said("a hole"), Said(place=IN_NORTH), Said(category="hole")


@pytest.mark.parametrize(
    "order",
    [(WORDS, PIN, FORM), (PIN, WORDS, FORM), (FORM, PIN, WORDS), (Said("", "hole"), WORDS, PIN), (Said(), FORM, PIN)],
)
def test_words_place_and_category_in_any_order_place_the_case_by_rule_without_a_person(order: tuple[Said, ...]) -> None:
    first, *later = order
    talk = Talk(first)
    assert isinstance(talk.begun[0], TriageRequested)
    told = [event for more in later for event in talk.say(more)]
    answers = [event for event in told if isinstance(event, TriageAnswered)]
    given = next(event for event in told if isinstance(event, CaseAssigned))
    assert [(a.actor, a.completed, a.category, a.region) for a in answers] == [("p", True, "pothole", "north")]
    assert (given.category, given.place.lat, given.authority, given.by_hand) == ("pothole", 1.0, "yard", False)
    assert given.because
    assert [event.message_id for event in told if isinstance(event, MessageForwarded)] == ["m2", "m3"]
    assert not talk.case.held


def test_who_sent_a_picture_or_a_pin_alone_has_their_first_words_on_the_case() -> None:
    talk = Talk(Said(place=IN_NORTH))
    given = next(event for event in talk.say(Said("a deep hole", "hole")) if isinstance(event, CaseAssigned))
    assert given.text == "a deep hole"


def test_triage_is_shown_all_that_has_come_and_what_is_still_missing() -> None:
    talk = Talk(WORDS)
    (shown,) = talk.say(Said("behind the school", place=Place(address="Elm street")))
    assert isinstance(shown, TriageSupplemented)
    assert (shown.text, shown.place.address) == ("a hole\nbehind the school", "Elm street")
    assert (shown.reason, shown.missing) == ("no_place", ("category", "area"))
    (shown,) = talk.say(FORM)
    assert isinstance(shown, TriageSupplemented)
    assert (shown.category, shown.missing, shown.message_id) == ("hole", ("area",), "m3")


def test_triage_is_shown_the_parts_of_all_words_together() -> None:
    talk = Talk(Said("There is a pothole by the gate."))
    (shown,) = talk.say(Said("Also, the noise goes on all night."))
    assert isinstance(shown, TriageSupplemented)
    assert [part.category for part in shown.parts] == ["pothole", "noise"]
    (shown,) = talk.say(Said("please help"))
    assert isinstance(shown, TriageSupplemented)
    assert shown.parts[-1].text.endswith("please help")


def test_what_brings_nothing_new_is_kept_and_not_told() -> None:
    talk = Talk(FORM)
    assert talk.say(Said()) == []
    assert len(talk.case.held) == 1


def test_only_what_is_missing_is_taken_from_later_messages() -> None:
    talk = Talk(Said("noise at night", "loud", IN_NORTH))
    assert [type(event) for event in talk.begun] == [TriageRequested]
    (shown,) = talk.say(Said("and a hole", "hole", IN_SOUTH))
    assert isinstance(shown, TriageSupplemented)
    assert (shown.category, shown.place, shown.reason) == ("loud", IN_NORTH, "confirm")


def test_a_point_outside_every_region_gives_way_to_one_inside() -> None:
    talk = Talk(Said("a hole", "hole", NOWHERE))
    given = next(event for event in talk.say(PIN) if isinstance(event, CaseAssigned))
    assert given.place == IN_NORTH


def test_what_another_citizen_says_completes_nothing() -> None:
    assert Talk(FORM).say(PIN, citizen="q") == []


def test_words_that_come_later_are_read_together_with_the_first() -> None:
    context = RoutingContext(Country(), book_with_model().in_force, reads({"pothole": 97}))
    talk = Talk(Said(), context)
    told = talk.say(Said("a hole in the road", place=IN_NORTH))
    assert isinstance(told[1], CaseAssigned)
    assert told[1].category == "pothole"


def test_a_person_answers_for_the_message_as_it_was_completed() -> None:
    talk = Talk(WORDS)
    talk.say(PIN)
    told = talk.hear(answered(CENTRE, category="pothole"))
    given = next(event for event in told if isinstance(event, CaseAssigned))
    assert (given.area, given.by_hand, given.place) == ("01", True, IN_NORTH)
    assert [event.message_id for event in told if isinstance(event, MessageForwarded)] == ["m2"]


def shown(told: list[Event]) -> str:
    (supplemented,) = told
    assert isinstance(supplemented, TriageSupplemented)
    return supplemented.text


def test_what_was_edited_stands_where_the_earlier_words_stood_and_what_was_taken_back_is_gone() -> None:
    talk = Talk(WORDS)
    assert shown(talk.say(Said("by the school"))) == "a hole\nby the school"
    assert shown(talk.say(Said("a deep hole", replaces="m1"))) == "a deep hole\nby the school"
    assert shown(talk.say(Said("a very deep hole", replaces="m3"))) == "a very deep hole\nby the school"
    assert shown(talk.say(Said("", replaces="m2"))) == "a very deep hole"
    told = talk.say(Said("", "hole", IN_NORTH))
    given = next(event for event in told if isinstance(event, CaseAssigned))
    assert given.text == "a very deep hole"
    forwarded = [event.replaces for event in told if isinstance(event, MessageForwarded)]
    assert forwarded == [None, "m1", "m3", "m2", None]


def test_what_stands_for_a_message_that_is_not_there_is_one_more() -> None:
    assert shown(Talk(WORDS).say(Said("by the school", replaces="m9"))) == "a hole\nby the school"
