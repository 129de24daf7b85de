"""How a posted message's case stands, whatever the order in which topics are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from channels.case_state import ENDED, CaseState, declined, follow, registered
from channels.handlers import changes_state
from common.contracts.events import region
from common.contracts.outside_status import OutsideStatus

NOON = datetime(2011, 7, 1, 12, tzinfo=UTC)
CASE = CaseState("c1", "R", NOON)


def step(kind: type[region.CaseEvent], state: str, where: str = "north", **fields: Any) -> region.CaseEvent:
    needed = {"case_id": "c1", "region": where, "authority": "a", "actor": "x", "state": state}
    return kind.model_construct(**needed, **fields)


def test_a_case_is_followed_from_its_registration_to_its_end() -> None:
    steps = [(region.CaseOpened, "assigned"), (region.CaseAccepted, "accepted"), (region.CaseAnswered, "answered"),
             (region.CaseReopened, "accepted"), (region.CaseDeclined, "declined")]  # fmt: skip
    case, seen = registered(CASE, NOON), []
    for number, (kind, state) in enumerate(steps, 1):
        case = follow(case, step(kind, state), NOON + timedelta(hours=number))
        seen.append(case.state)
    assert seen == [state for _, state in steps]
    assert case.changed_at == NOON + timedelta(hours=5)
    assert [state for state in seen if state in ENDED] == ["answered", "declined"]


def test_an_opening_changes_the_state_in_whatever_model_it_is_read() -> None:
    assert changes_state(step(region.CaseOpenedSummary, "assigned"))
    assert changes_state(step(region.CaseOpened, "assigned")), "as a forwarding installation reads it"
    assert not changes_state(step(region.CaseOverdue, "assigned"))


def test_what_is_known_of_a_case_is_not_undone_by_the_word_that_it_was_registered() -> None:
    known = follow(CASE, step(region.CaseOpened, "assigned"), NOON)
    assert registered(known, NOON + timedelta(hours=1)) == known


def test_late_words_of_the_region_before_are_passed_over() -> None:
    first = follow(CASE, step(region.CaseOpened, "assigned"), NOON)
    opened = step(region.CaseOpened, "assigned", "south")
    handed = step(region.CaseTransferred, "handed_over")
    in_order = follow(follow(first, handed, NOON), opened, NOON)
    late = follow(follow(first, opened, NOON), handed, NOON)
    assert (in_order.state, in_order.region) == (late.state, late.region) == ("assigned", "south")
    back = follow(late, step(region.CaseOpened, "assigned", "north"), NOON + timedelta(days=1))
    assert back.region == "north"
    assert follow(back, opened, NOON) == back


def test_triage_declines_what_no_region_has() -> None:
    assert declined(registered(CASE, NOON), NOON).state == "declined"
    held = follow(CASE, step(region.CaseOpened, "assigned"), NOON)
    assert declined(held, NOON) == held


def test_a_joined_case_is_not_ended_and_names_the_one_it_goes_on_under() -> None:
    joined = follow(CASE, step(region.CaseJoined, "joined", into_case="c2"), NOON)
    assert (joined.into_case, joined.state in ENDED) == ("c2", False)


def test_a_closed_case_says_why_until_it_is_opened_again() -> None:
    closed = follow(CASE, step(region.CaseDeclined, "declined", no_reply=True), NOON)
    assert closed.outside == OutsideStatus("closed", "no_reply")
    assert declined(registered(CASE, NOON), NOON).outside == OutsideStatus("closed", "not_taken")
    plain = follow(closed, step(region.CaseDeclined, "declined", no_reply=False), NOON)
    assert plain.outside == OutsideStatus("closed", "declined")
    answered = follow(CASE, step(region.CaseAnswered, "answered"), NOON)
    reopened = follow(answered, step(region.CaseReopened, "accepted"), NOON)
    assert (answered.outside.why, reopened.outside) == ("answered", OutsideStatus("open"))
