"""The clock of the answer does what the table of a case's life says, on every way that a case can go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from common.contracts.case_life import CLOCK_EFFECTS, ENDS, RULES
from common.contracts.events import region
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from regional.case import Case, CaseDecision
from regional.passing_time import pass_time

from tests.unit.regional.test_case_life import COMMANDS, LAND, START, after, at, opened

STEP_MINUTES = 10
MAX_STEPS = 8
LONG_AFTER = TimePassed(since=START, until=START + timedelta(days=30))


def kind_of(case: Case) -> tuple[object, ...]:
    """What decides about a case's next step, as far as the clock goes."""
    return (case.state, case.authority, case.waiting_since is None, case.resumes_as, case.reopened > 0)


def every_step() -> Iterator[tuple[Case, Event, CaseDecision]]:
    """Each command and fact at a case of each kind that can be reached."""
    known, reached = set(), [opened(), opened(authority="parks")]
    for step in range(1, MAX_STEPS + 1):
        fresh = {kind_of(case): case for case in reached if kind_of(case) not in known}
        known |= fresh.keys()
        reached = []
        for case in fresh.values():
            for event in COMMANDS:
                decision = at(case, event, step * STEP_MINUTES)
                yield case, event, decision
                reached.append(after(decision))
            if case.state == "waiting":
                decision = pass_time(case, LAND, LONG_AFTER.until)
                yield case, LONG_AFTER, decision
                reached.append(after(decision))


def effects_of(decision: CaseDecision) -> set[str]:
    kinds = {type(said.event) for said in decision.events}
    return {effect for kind, effect in CLOCK_EFFECTS.items() if kind in kinds}


def test_it_stops_and_goes_on_only_where_the_table_says_so() -> None:
    seen: set[str] = set()
    for before, event, decision in every_step():
        case, effects, said = after(decision), effects_of(decision), {type(one.event) for one in decision.events}
        seen |= effects
        stopped, stood = before.waiting_since is None and case.waiting_since is not None, before.waiting_since
        assert stopped == ("stops" in effects), (before.state, event.type)
        if stood is not None and case.waiting_since is None:
            assert "goes on" in effects or ENDS & said, (before.state, event.type)
        if case.clock_started != before.clock_started:
            assert "starts" in effects, (before.state, event.type)
        if case.due_at != before.due_at:
            assert effects & {"starts", "goes on"} or region.CaseExtended in said, (before.state, event.type)
    assert seen == {"starts", "stops", "goes on"}


def test_every_row_of_the_table_with_an_effect_is_walked() -> None:
    walked = {(type(event), case.state) for case, event, decision in every_step() if effects_of(decision)}
    for rule in RULES:
        if rule.clock is not None:
            assert any(kind is rule.incoming and state in rule.states for kind, state in walked), rule
