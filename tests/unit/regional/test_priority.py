"""An emergency in a later message raises its case's priority, by the rule that came with it, and only upwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from common.contracts.events import region, routing
from common.contracts.events.base import Because, Event
from regional.case import Case, CaseDecision, body_of, case_of
from regional.domain import Incoming, raised_by_join

from tests.unit.regional.test_case_life import (
    ANSWER,
    ASK,
    DESK,
    LAND,
    MESSAGE,
    START,
    after,
    assigned,
    at,
    names,
    opened,
    transfer,
)

FIRE = MESSAGE.model_copy(
    update={
        "message_id": "m3",
        "text": "it is on fire",
        "least_priority": 5,
        "because": (
            Because(
                layer="national", number=1, table="matters", row_id="emergency", inputs={}, outputs={"priority": 5}
            ),
        ),
    }
)


def raised(case: Case, event: Event, minute: int = 1) -> region.PriorityRaised:
    said = at(case, event, minute).events[-1].event
    assert isinstance(said, region.PriorityRaised)
    return said


def test_an_emergency_that_is_added_raises_the_priority_and_says_by_which_rule() -> None:
    decision = at(opened(), FIRE, 1)
    assert names(decision) == ["MessageJoined", "PriorityRaised"]
    said = raised(opened(), FIRE)
    assert (said.from_priority, said.priority, said.message_id, said.actor) == (2, 5, "m3", "routing")
    assert said.because == FIRE.because
    assert after(decision).priority == 5


def test_what_is_no_emergency_or_one_already_raises_nothing() -> None:
    case = after(at(opened(), FIRE, 1))
    for event in (FIRE, MESSAGE, FIRE.model_copy(update={"least_priority": 4, "message_id": "m4"})):
        decision = at(case, event, 2)
        assert names(decision) == ["MessageJoined"]
        assert after(decision).priority == 5
    assert names(at(opened(priority=5), FIRE, 1)) == ["MessageJoined"]


@pytest.mark.parametrize("before", [ASK, ANSWER])
def test_it_is_raised_whatever_the_case_waits_for(before: Event) -> None:
    case = after(at(opened(), before, 1))
    assert (raised(case, FIRE, 2).priority, after(at(case, FIRE, 2)).priority) == (5, 5)


def test_another_region_gets_the_case_with_the_priority_to_which_it_was_raised() -> None:
    case = after(at(opened(), FIRE, 1))
    handed = at(case, transfer("harbour"), 2).events[-1].event
    assert isinstance(handed, region.CaseTransferred)
    assert handed.handed_case is not None
    assert handed.handed_case.priority == 5
    back = routing.CaseAssigned.model_validate(assigned(priority=5).model_dump())
    again = after(at(after(at(case, transfer("harbour"), 2)), back, 3))
    assert names(at(again, FIRE, 4)) == ["MessageJoined"]


def test_a_row_of_an_older_version_has_the_priority_with_which_it_came() -> None:
    case = opened()
    kept = orjson.loads(body_of(case))
    del kept["raised_to"]
    older = case_of("c1", case.state, case.authority, START, orjson.dumps(kept).decode(), case.assignment)
    assert older.priority == 2
    assert raised(older, routing.MessageForwarded.model_validate_json(FIRE.model_dump_json())).from_priority == 2


def test_the_case_under_which_an_urgent_one_goes_on_has_its_priority_and_says_whose_words_show_it() -> None:
    for urgent in (opened(priority=5, matter="emergency"), after(at(opened(), FIRE, 1))):
        into = opened(case_id="c2", message_id="m2")
        decision = joined_into(into, urgent)
        (said,) = (one.event for one in decision.events)
        assert isinstance(said, region.PriorityRaised)
        assert (said.case_id, said.from_priority, said.priority, said.message_id) == ("c2", 2, 5, "m1")
        assert after(decision).priority == 5
        assert joined_into(after(decision), urgent).events == ()


def test_a_case_that_is_of_higher_priority_without_an_emergency_raises_none_and_a_closed_one_is_not_raised() -> None:
    assert joined_into(opened(case_id="c2"), opened(priority=5)).events == ()
    urgent = opened(priority=5, matter="emergency")
    assert joined_into(replace(opened(case_id="c2"), state="declined"), urgent).events == ()


def joined_into(into: Case, joined: Case) -> CaseDecision:
    order = region.JoinCase(actor=DESK, case_id=joined.case_id, into_case=into.case_id)
    return raised_by_join(into, joined, Incoming("id", "corr", START + timedelta(minutes=9), order), LAND)
