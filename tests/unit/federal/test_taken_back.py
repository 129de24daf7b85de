"""A wrong tick is taken back from the ladder: levels that were not reached yet, and their directives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from common.contracts.events import federal, region
from federal.domain import escalate, overdue_withdrawn, take_back

from tests.unit.federal.test_ladder import CENTRE, DUE, after, minute, opened, told


def test_levels_above_the_right_time_are_taken_back_with_their_directives() -> None:
    watched = after(told(None, opened(), 0))
    climbed = escalate(watched, minute(60 * 24 * 60), CENTRE)
    assert after(climbed).level == 3
    right = DUE + timedelta(minutes=70)
    decision = take_back(after(climbed), right, minute(400), "the clock was ahead", CENTRE)
    case = after(decision)
    as_it_was = after(escalate(watched, right, CENTRE))
    assert (case.level, case.next_at) == (as_it_was.level, as_it_was.next_at) == (1, DUE + timedelta(minutes=120))
    back = [s.event for s in decision.events]
    assert isinstance(back[0], federal.CaseEscalationWithdrawn)
    assert (back[0].level, back[0].withdrawn) == (1, (2, 3))
    issued = [s.event for s in climbed.events if isinstance(s.event, federal.DirectiveIssued)]
    assert [e.directive_id for e in back if isinstance(e, federal.DirectiveWithdrawn)] == [
        e.directive_id for e in issued
    ]
    assert [d.directive_id for d in decision.directives] == [e.directive_id for e in issued]
    again = escalate(case, minute(60 * 24 * 60), CENTRE)
    assert [s.event for s in again.events] == [s.event for s in climbed.events[1:]]


def test_what_was_reached_by_the_right_time_stays() -> None:
    climbed = after(escalate(after(told(None, opened(), 0)), DUE + timedelta(minutes=70), CENTRE))
    assert take_back(climbed, DUE + timedelta(minutes=60), minute(400), "", CENTRE).case is climbed


def test_a_deadline_that_stands_again_moves_the_ladder() -> None:
    watched = replace(after(told(None, opened(), 0)), overdue=True)
    event = region.CaseOverdueWithdrawn(
        case_id="c1", region="north", authority="roads", actor="clock", state="accepted", reason="clock",
        due_at=DUE + timedelta(minutes=30),
    )  # fmt: skip
    moved = overdue_withdrawn(watched, event, CENTRE)
    assert (moved.overdue, moved.next_at) == (False, DUE + timedelta(minutes=90))
    assert overdue_withdrawn(watched, event.model_copy(update={"region": "south"}), CENTRE) is watched
