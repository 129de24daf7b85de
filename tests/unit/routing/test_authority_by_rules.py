"""Who the rules name for a case that a person places: the person is shown it, and the region is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageAdded
from common.contracts.events.region import CaseOpened
from common.contracts.events.routing import CaseAssigned, TriageRequested, TriageSupplemented
from common.federation.country import Authority
from common.rulebook import NATIONAL, ReleaseBook, sealed
from regional import domain as regional
from regional.case import RegionContext
from routing.domain import decide
from routing.model import Incoming, RoutedCase, RoutingContext

from tests.unit.regional.test_case_life import EveryMinuteWorks
from tests.unit.routing.test_arms import on_trial, patch
from tests.unit.routing.test_routing import IN_NORTH, NOON, Country, answered, book, message, tables

CONFIRM = tables("triage", {"category": "", "confirm": "true"})


class Works(Country):
    """With one authority more in the north."""

    def authority(self, authority_id: str) -> Authority | None:
        works = Authority(id="works", title="works", regions=("north",))
        return works if authority_id == "works" else super().authority(authority_id)


CONTEXT = RoutingContext(Works(), book(triage=CONFIRM).in_force)


@dataclass
class Case:
    """One case, and what routing said of it."""

    context: RoutingContext = CONTEXT
    case: RoutedCase = field(default_factory=RoutedCase)

    def tell(self, event: Event) -> Event:
        """The last of what routing says of it."""
        found = decide(self.case, Incoming("id", "chain", NOON, event), self.context)
        self.case = found.case
        return found.events[-1].event


def waits(place: Place = IN_NORTH, category: str | None = "hole", context: RoutingContext = CONTEXT) -> Case:
    case = Case(context)
    assert isinstance(case.tell(message(place, category)), TriageRequested)
    return case


def given(case: Case, **words: str) -> CaseAssigned:
    found = case.tell(answered(**words))
    assert isinstance(found, CaseAssigned)
    assert found.by_hand
    return found


def test_a_person_who_must_confirm_is_shown_who_the_rules_name() -> None:
    asked = Case().tell(message())
    assert isinstance(asked, TriageRequested)
    assert (asked.reason, asked.authority_by_rules) == ("confirm", "yard")


@pytest.mark.parametrize(("place", "category"), [(IN_NORTH, "loud"), (Place(), "hole"), (IN_NORTH, "what")])
def test_where_the_rules_name_nobody_nobody_is_shown(place: Place, category: str) -> None:
    asked = Case().tell(message(place, category))
    assert isinstance(asked, TriageRequested)
    assert asked.authority_by_rules is None


def test_who_the_rules_name_once_the_citizen_said_more_is_shown_too() -> None:
    case = waits(Place())
    more = MessageAdded(
        message_id="m2", case_id="c1", channel="web", citizen="p", text="here", place=IN_NORTH, received_at=NOON
    )
    shown = case.tell(more)
    assert isinstance(shown, TriageSupplemented)
    assert (shown.reason, shown.authority_by_rules) == ("confirm", "yard")


def test_what_the_rules_read_of_a_message_goes_with_it_as_far_as_they_read_it() -> None:
    given = [(IN_NORTH, "hole"), (Place(), "hole"), (IN_NORTH, "what")]
    read = []
    for place, category in given:
        asked = Case().tell(message(place, category))
        assert isinstance(asked, TriageRequested)
        read.append((asked.category_by_rules, asked.area))
    assert read == [("pothole", "01"), ("pothole", None), (None, "01")]


@pytest.mark.parametrize(
    ("category", "words", "authority", "by_rules"),
    [
        ("hole", {}, "yard", "yard"),
        ("hole", {"authority": "yard"}, "yard", "yard"),
        ("hole", {"authority": "works"}, "works", "yard"),
        ("what", {"category": "pothole"}, "yard", "yard"),
        ("what", {"category": "pothole", "authority": "works"}, "works", None),
        ("hole", {"area": "02", "authority": "works"}, "works", None),
        ("loud", {"authority": "works"}, "works", None),
    ],
    ids=[
        "confirmed", "named the same", "overruled", "category by a person", "never shown: another category",
        "never shown: another place", "the rules name nobody",
    ],
)  # fmt: skip
def test_the_region_is_told_who_the_rules_name_if_the_person_left_it_to_them_or_was_shown_it(
    category: str, words: dict[str, str], authority: str, by_rules: str | None
) -> None:
    found = given(waits(category=category), **words)
    assert (found.authority, found.authority_by_rules) == (authority, by_rules)


def test_nobody_is_shown_while_a_trial_is_about_whom_the_rules_name() -> None:
    base = on_trial(patch("jurisdiction", {"category": '"pothole"', "area": "", "authority": '"works"'}), 0.5)
    release = base.head(NATIONAL)
    assert release is not None
    rules = ReleaseBook([sealed(release.model_copy(update={"tables": {**release.tables, "triage": CONFIRM}}))])
    case = Case(RoutingContext(Works(), rules.in_force))
    asked = case.tell(message())
    assert isinstance(asked, TriageRequested)
    assert (asked.reason, asked.authority_by_rules) == ("confirm", None)
    assert given(case, authority="works").authority_by_rules is None


def test_a_case_that_the_rules_placed_says_nothing_of_it() -> None:
    found = Case(RoutingContext(Works(), book().in_force)).tell(message())
    assert isinstance(found, CaseAssigned)
    assert (found.authority, found.authority_by_rules) == ("yard", None)


def test_the_region_says_it_when_it_opens_the_case() -> None:
    found = given(waits(), authority="works")
    context = RegionContext("north", EveryMinuteWorks(), {})
    opened = regional.decide(None, regional.Incoming("id", "chain", NOON, found), context).events[0].event
    assert isinstance(opened, CaseOpened)
    assert (opened.authority, opened.authority_by_rules) == ("works", "yard")
