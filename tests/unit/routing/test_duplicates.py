"""Which cases are suggested to be about the same thing, and what people make of it: decisions alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from common.contracts.events.base import Event
from common.contracts.events.routing import DuplicateDecided, DuplicateSuggested
from common.contracts.reference import reference_of
from common.federation.country import EPOCH
from common.rulebook import NATIONAL, Release, ReleaseBook, sealed
from common.rulebook.jdm import document_of
from routing.duplicates.domain import Found, follow, refused
from routing.duplicates.likeness import likeness, words_of
from routing.duplicates.model import CaseGone, CasePlaced, Fact, KnownCase

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
METRE = 1 / 111_195
"""In degrees of latitude."""


def rules(least_likeness: int = 0) -> ReleaseBook:
    found = ReleaseBook()
    row = {
        "category": '"lamp"', "suggest": "true", "radius_metres": "100", "window_hours": "24",
        "least_likeness": str(least_likeness), "ask_citizen": "true",
    }  # fmt: skip
    rest = {**row, "category": "", "suggest": "false", "ask_citizen": "false"}
    tables = {"duplicates": document_of("duplicates", [("lamp", row), ("any", rest)])}
    found.add(sealed(Release(layer=NATIONAL, number=1, effective_at=EPOCH, tables=tables)))
    return found


def case(name: str, metres: float = 0, hours: float = 0, category: str = "lamp", text: str = "") -> KnownCase:
    at = NOON + timedelta(hours=hours)
    return KnownCase(name, "north", category, "p", 55 + metres * METRE, 49, at, f"chain-{name}", words_of(text))


def told(*facts: Fact | KnownCase, least_likeness: int = 0) -> Found:
    given = [CasePlaced(fact) if isinstance(fact, KnownCase) else fact for fact in facts]
    return follow(given, {}, rules(least_likeness).in_force)


def events(found: Found) -> list[Event]:
    return [said.event for said in found.said]


def suggested(found: Found) -> list[tuple[str, str]]:
    return [(e.case_id, e.other_case) for e in events(found) if isinstance(e, DuplicateSuggested)]


def joined(case_id: str, into: str) -> CaseGone:
    return CaseGone(case_id, into, None, "operator:north")


def test_a_case_near_an_earlier_one_of_its_kind_is_suggested_with_the_row_that_says_so() -> None:
    (event,) = events(told(case("a"), case("b", metres=60, hours=2)))
    assert isinstance(event, DuplicateSuggested)
    assert (event.case_id, event.other_case, event.other_reference) == ("b", "a", reference_of("a"))
    assert (event.distance_metres, event.apart_minutes, event.likeness) == (60, 120, None)
    assert [(b.table, b.row_id) for b in event.because] == [("duplicates", "lamp")]


@pytest.mark.parametrize(
    "other",
    [
        case("b", metres=101),
        case("b", hours=25),
        case("b", category="noise"),
        replace(case("b"), region="south"),
    ],
    ids=["too far", "too late", "another kind", "another region"],
)
def test_what_lies_outside_the_rule_is_not_suggested(other: KnownCase) -> None:
    assert suggested(told(case("a"), other)) == []


def test_a_kind_whose_rule_is_switched_off_is_never_suggested() -> None:
    assert suggested(told(case("a", category="noise"), case("b", category="noise"))) == []


def test_the_nearest_is_suggested_and_of_two_at_one_place_the_older() -> None:
    assert suggested(told(case("a", 90), case("b", 30), case("c"))) == [("b", "a"), ("c", "b")]
    assert suggested(told(case("a"), case("b"), case("c")))[-1] == ("c", "a")


def test_across_the_date_line_cases_are_near() -> None:
    west, east = replace(case("a"), lon=179.9998), replace(case("b"), lon=-179.9998)
    assert suggested(told(west, east)) == [("b", "a")]


def test_what_was_joined_is_suggested_by_the_case_under_which_it_goes_on() -> None:
    found = told(case("a"), case("b", 90), joined("b", "a"), case("c", 170))
    assert suggested(found) == [("b", "a"), ("c", "a")]
    found = told(case("a"), case("b"), joined("b", "a"), case("z", hours=-20, metres=5000), joined("a", "z"), case("c"))
    assert suggested(found)[-1] == ("c", "z")


def test_what_has_ended_or_left_the_region_is_suggested_no_more() -> None:
    assert suggested(told(case("a"), CaseGone("a", None, None, "desk"), case("b"))) == []
    assert suggested(told(case("a"), CaseGone("a", None, "south", "desk"), case("b"))) == []


def test_words_count_where_both_have_some_and_the_rule_asks_for_them() -> None:
    lamp, same, other = "The lamp is broken again", "the lamps are broken", "A dog barks at night"
    assert suggested(told(case("a", text=lamp), case("b", text=same), least_likeness=20)) == [("b", "a")]
    assert suggested(told(case("a", text=lamp), case("b", text=other), least_likeness=20)) == []
    assert suggested(told(case("a", text=lamp), case("b"), least_likeness=20)) == [("b", "a")]


def test_forms_of_a_word_are_one_word_in_any_case_and_unicode_form() -> None:
    assert likeness(words_of("Фонарь не горит"), words_of("ФОНАРЯ НЕ ГОРИТ")) == 33
    assert likeness(words_of("освещение двора"), words_of("ОСВЕЩЕНИЯ ДВОРА")) == 100
    assert likeness(words_of("café"), words_of("cafe\u0301")) == 100
    assert likeness(words_of("a b"), words_of("lamp")) is None


def test_a_join_to_the_suggested_case_confirms_it_and_one_to_another_refuses_it() -> None:
    *_, last = events(told(case("a"), case("b"), joined("b", "a")))
    assert isinstance(last, DuplicateDecided)
    assert (last.case_id, last.other_case, last.same, last.actor) == ("b", "a", True, "operator:north")
    *_, last = events(told(case("a"), case("b"), joined("b", "elsewhere")))
    assert isinstance(last, DuplicateDecided)
    assert not last.same


def test_a_join_that_was_never_suggested_decides_nothing() -> None:
    assert events(told(case("a"), case("b", metres=500), joined("b", "a"))) == []


def test_what_a_person_refused_is_not_decided_again_by_a_later_join() -> None:
    found = told(case("a"), case("b"))
    case_b, said = refused(found.changed["b"], "operator:north")
    assert isinstance(said.event, DuplicateDecided)
    assert not said.event.same
    known = {**found.changed, "b": case_b}
    assert events(follow([joined("b", "a")], known, rules().in_force)) == []


def test_facts_applied_in_one_tick_or_in_several_say_the_same() -> None:
    facts: list[Fact] = [CasePlaced(case("a")), CasePlaced(case("b", 40)), joined("b", "a"), CasePlaced(case("c", 80))]
    at_once = follow(facts, {}, rules().in_force)
    known: dict[str, KnownCase] = {}
    one_by_one: list[Event] = []
    for fact in facts:
        found = follow([fact], known, rules().in_force)
        known |= found.changed
        one_by_one += events(found)
    assert one_by_one == events(at_once)
    assert known == at_once.changed


def test_a_case_that_comes_again_is_suggested_once() -> None:
    assert suggested(told(case("a"), case("b"), case("b"))) == [("b", "a")]


def test_no_order_of_joins_makes_a_case_its_own_duplicate() -> None:
    for order in permutations("abc"):
        x, y, z = order
        found = told(case(x), case(y), joined(y, x), case(z), joined(z, x))
        assert all(one != other for one, other in suggested(found))


def test_parts_of_one_message_are_not_each_others_duplicates() -> None:
    both = ("whole.1", "whole.2")
    first, second = (replace(case(name), siblings=both) for name in both)
    assert suggested(told(first, second)) == []
    assert suggested(told(case("a"), first, replace(second, siblings=()))) == [("whole.1", "a"), ("whole.2", "a")]
