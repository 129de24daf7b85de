"""Every state of a case is open or closed to the outside, and a closed one says why."""

from __future__ import annotations

from typing import get_args

import pytest
from common.contracts.case_life import ANSWERED, CLOSED, STATES
from common.contracts.events.region import CaseDeclined, State
from common.contracts.events.routing import TriageDeclined
from common.contracts.outside_status import FINER, WORDS, OutsideStatus, Why, closed_by, outside_status

DECLINED = CaseDeclined(case_id="c", region="north", authority="a", actor="x", state="declined", ground="art. 11")


@pytest.mark.parametrize("state", sorted(STATES))
def test_an_ended_state_is_closed_with_its_reason_and_every_other_is_open(state: State) -> None:
    said = outside_status(state)
    # A joined case stands as the one that it goes on under.
    ended = state in (ANSWERED | CLOSED) - {"joined"}
    assert (said.status, said.why is not None, bool(said.notes())) == ("closed" if ended else "open", ended, ended)


def test_what_edges_know_beyond_a_regions_states() -> None:
    assert outside_status(None) == outside_status("registered") == OutsideStatus("open")
    assert outside_status("refused") == OutsideStatus("closed", "refused")


def test_the_event_says_more_exactly_why_a_case_is_closed() -> None:
    unheard = DECLINED.model_copy(update={"no_reply": True})
    assert outside_status("declined", closed_by(unheard)).why == "no_reply"
    assert outside_status("declined", closed_by(TriageDeclined(case_id="c", reason="no", actor="x"))).why == "not_taken"
    assert outside_status("declined", closed_by(DECLINED)).why == "declined"
    assert outside_status("answered", "no_reply").why == "answered"
    assert outside_status("accepted", "no_reply") == OutsideStatus("open")


def test_notes_carry_what_the_region_said() -> None:
    assert outside_status("declined").notes("Private ground.") == "It will not be dealt with. Private ground."
    assert outside_status("accepted").notes("Private ground.") == ""


def test_each_reason_has_words() -> None:
    assert set(WORDS) == set(get_args(Why))
    assert set().union(*FINER.values()) <= set(WORDS)
