"""What follows an early warning for new cases in its circle: its parent case is suggested, and they are more urgent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from common.contracts.events.base import Event
from common.contracts.events.routing import DuplicateDecided, DuplicateSuggested
from common.federation.country import EPOCH
from common.rulebook import NATIONAL, Release, ReleaseBook, sealed
from common.rulebook.jdm import document_of
from common.rulebook.layers import Rulebook
from common.rulebook.placement import Placed, Where, place
from common.rulebook.tables import LONGEST_WARNING_HOURS
from routing.duplicates.domain import Found, follow
from routing.duplicates.likeness import words_of
from routing.duplicates.model import CaseGone, CasePlaced, Fact, KnownCase
from routing.early_warnings import EarlyWarning, EarlyWarnings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
METRE = 1 / 111_195
"""In degrees of latitude."""
WARNING = EarlyWarning("w", "north", "lamp", 55, 49, 800, whole_region=False, parent_case="first", since=NOON)
CELL = {"suggest": "true", "radius_metres": "100", "window_hours": "240", "least_likeness": "0", "ask_citizen": "true"}


def rules(suggest_parent: str = "true", priority: str = "3", hours: str = "48") -> ReleaseBook:
    found = ReleaseBook()
    after = {"category": "", "suggest_parent": suggest_parent, "priority": priority, "priority_hours": hours}
    tables = {
        "duplicates": document_of("duplicates", [("any", {"category": "", **CELL})]),
        "warnings": document_of("warnings", [("any", after)]),
        "category_map": document_of("category_map", [("lamp", {"given": '"lamp"', "category": '"lamp"'})]),
        "jurisdiction": document_of("jurisdiction", [("any", {"category": "", "area": "", "authority": '"yard"'})]),
        "priority": document_of("priority", [("any", {"category": "", "priority": "1"})]),
        "deadline": document_of(
            "deadline",
            [("any", {"category": "", "priority": "", "answer_minutes": "600", "extension_minutes": "0"})],
        ),
    }
    found.add(sealed(Release(layer=NATIONAL, number=1, effective_at=EPOCH, tables=tables)))
    return found


def case(name: str, metres: float = 0, hours: float = 1, category: str = "lamp") -> KnownCase:
    at = NOON + timedelta(hours=hours)
    return KnownCase(name, "north", category, "p", 55 + metres * METRE, 49, at, f"chain-{name}", words_of(""))


FIRST = case("first", hours=-10)


def told(*facts: Fact | KnownCase, warning: EarlyWarning = WARNING, book: ReleaseBook | None = None) -> Found:
    given = [CasePlaced(fact) if isinstance(fact, KnownCase) else fact for fact in (FIRST, *facts)]
    return follow(given, {}, (book or rules()).in_force, EarlyWarnings([warning]))


def events(found: Found) -> list[Event]:
    return [said.event for said in found.said]


def suggested(found: Found) -> list[tuple[str, str, str | None]]:
    return [(e.case_id, e.other_case, e.warning) for e in events(found) if isinstance(e, DuplicateSuggested)]


def test_a_new_report_in_the_circle_is_suggested_with_the_parent_case_and_says_by_which_warning_and_row() -> None:
    (event,) = events(told(case("new", metres=700)))
    assert isinstance(event, DuplicateSuggested)
    assert (event.case_id, event.other_case, event.warning) == ("new", "first", "w")
    assert (event.distance_metres, event.apart_minutes) == (700, 660)
    assert [(b.table, b.row_id) for b in event.because] == [("warnings", "any")]
    assert not event.ask_citizen, "its citizen cannot know what is 700 m away"


def test_outside_the_circle_of_another_kind_or_before_or_after_the_warning_nothing_is_suggested() -> None:
    ended = replace(WARNING, until=NOON + timedelta(hours=5))
    late = case("late", 700, hours=5.1)
    assert suggested(told(case("far", metres=900))) == []
    assert suggested(told(case("other", 700, category="noise"))) == []
    assert suggested(told(replace(case("south", 700), region="south"))) == []
    assert suggested(told(case("before", 700, hours=0))) == [], "reported when it was raised, not after it"
    assert suggested(told(late, warning=ended)) == []
    assert suggested(told(late)) == [("late", "first", "w")], "while it stands it is"


def test_a_warning_that_nobody_ends_ends_by_itself() -> None:
    assert suggested(told(case("on time", 700, hours=LONGEST_WARNING_HOURS))) != []
    assert suggested(told(case("too late", 700, hours=LONGEST_WARNING_HOURS + 1))) == []


def test_a_case_as_near_as_the_rule_of_its_category_asks_is_suggested_instead_of_the_parent() -> None:
    found = told(case("a", 500), case("b", 560, hours=2))
    assert suggested(found) == [("a", "first", "w"), ("b", "a", None)]
    joined = CaseGone("a", "first", None, "operator:north")
    assert suggested(told(case("a", 500), joined, case("b", 560, hours=2)))[-1] == ("b", "first", None)


def test_the_case_under_which_the_parent_goes_on_is_suggested_and_none_where_the_parent_has_ended() -> None:
    other = case("other", 3000, hours=-12)
    found = told(other, CaseGone("first", "other", None, "o"), case("new", 700))
    assert suggested(found) == [("new", "other", "w")]
    assert suggested(told(CaseGone("first", None, None, "o"), case("new", 700))) == []
    assert suggested(told(CaseGone("first", None, "south", "o"), case("new", 700))) == []


def test_where_the_parent_has_ended_the_next_case_of_the_warning_that_is_open_is_suggested() -> None:
    warning = replace(WARNING, cases=("first", "second", "third"))
    second, third = case("second", 300, hours=-9), case("third", -300, hours=-8)
    gone = CaseGone("first", None, None, "o")
    assert suggested(told(second, third, case("new", 700), warning=warning)) == [("new", "first", "w")]
    assert suggested(told(second, third, gone, case("new", 700), warning=warning)) == [("new", "second", "w")]
    both = (gone, CaseGone("second", None, "south", "o"))
    assert suggested(told(second, third, *both, case("new", 700), warning=warning)) == [("new", "third", "w")]
    assert suggested(told(gone, case("new", 700), warning=warning)) == []


def test_a_warning_about_a_whole_region_has_no_parent_and_a_rule_may_suggest_none() -> None:
    assert suggested(told(case("new", 700), warning=replace(WARNING, whole_region=True))) == []
    assert suggested(told(case("new", 700), book=rules(suggest_parent="false"))) == []


def test_what_people_say_of_it_names_the_warning() -> None:
    found = told(case("new", 700), CaseGone("new", "first", None, "operator:north"))
    (decided,) = [e for e in events(found) if isinstance(e, DuplicateDecided)]
    assert (decided.same, decided.warning) == (True, "w")


def placed(hours: float, metres: float = 0, book: ReleaseBook | None = None) -> Placed:
    known = EarlyWarnings([replace(WARNING, until=NOON + timedelta(hours=60))])
    at, where = NOON + timedelta(hours=hours), Where("01", "north", "1")
    rulebook: Rulebook = (book or rules()).in_force("north", at)
    found = place(
        "c", "lamp", where, rulebook,
        warned=lambda region, category: known.warned(region, category, 55 + metres * METRE, 49, at),
    )  # fmt: skip
    assert isinstance(found, Placed)
    return found


def test_a_new_case_in_the_circle_is_more_urgent_for_the_hours_of_the_rule_and_its_reasons_name_the_warning() -> None:
    found = placed(hours=1)
    assert found.priority == 3
    assert found.because[-1].table == "warnings"
    assert found.because[-1].inputs == {"category": "lamp", "warning": "w"}
    assert placed(hours=49).priority == 1, "after its hours, though the warning stands"
    assert placed(hours=61, book=rules(hours="100")).priority == 1, "after the warning"
    assert placed(hours=1, metres=900).priority == 1, "outside the circle"


def test_the_rulebooks_own_priority_stays_where_it_is_as_high_and_no_reason_is_given() -> None:
    found = placed(hours=1, book=rules(priority="1"))
    assert found.priority == 1
    assert "warnings" not in [b.table for b in found.because]
