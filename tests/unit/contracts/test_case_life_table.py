"""The table of a case's life, by itself."""

from __future__ import annotations

from typing import get_args

import pytest
from common.contracts import case_life
from common.contracts.case_life import ANSWERED, CLOSED, ENDS, KINDS, OPEN, RULES, Role
from common.contracts.catalogue import TOPICS
from common.contracts.events import region
from common.contracts.events.region import State
from common.contracts.publish.case_life_page import page
from common.contracts.rights import ROLES
from portal.names import STATES
from regional.domain import MOVES


def test_every_state_of_the_contract_has_a_row_and_words() -> None:
    assert set(get_args(State)) == set(KINDS) == STATES.keys() - {"triage", "thanked", "divided"}


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize("state", sorted(OPEN))
def test_from_every_open_state_every_role_of_a_region_has_a_way_to_an_end(state: State, role: str) -> None:
    reached: set[str] = set()
    next_states: set[str] = {state}
    while next_states - reached:
        reached |= next_states
        next_states = {
            after
            for rule in case_life.COMMANDS
            if role in rule.roles
            for before in reached & rule.states
            for after in rule.after - {before}
        }
    assert reached & ANSWERED
    assert reached & CLOSED
    assert any(rule.after - {state} for rule in case_life.COMMANDS if state in rule.states and role in rule.roles)


@pytest.mark.parametrize("state", sorted(ANSWERED))
def test_the_citizen_can_reopen_what_was_answered(state: State) -> None:
    assert "accepted" in case_life.following(state)


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_what_is_closed_stays_closed(state: State) -> None:
    assert case_life.following(state) == {state}


def test_the_region_does_what_the_table_names_and_nothing_else() -> None:
    by_hand = {rule.incoming for rule in RULES} - {case_life.OPENING.incoming}
    assert {kind for kind in by_hand if not kind.type.startswith("clock.")} == MOVES.keys()
    commands = {rule.incoming for rule in case_life.COMMANDS}
    assert commands == {
        kind for topic in TOPICS if topic.template == "region.{region}.commands" for kind in topic.types
    }
    # Between regions the federal centre is the arbiter.
    more = {region.SettleDispute: {"federal"}}
    assert all(ROLES[r.incoming] == r.roles | more.get(r.incoming, set()) for r in case_life.COMMANDS)


def test_every_transition_that_a_region_tells_has_a_row() -> None:
    told = {kind for topic in TOPICS if topic.template == "region.{region}.cases" for kind in topic.types}
    caused = {rule.event for rule in (*RULES, case_life.AUTOMATIC) if rule.event is not None}
    # A raised priority moves no state: it goes with the message that joins.
    assert caused == told - {region.CommandRefused, region.PriorityRaised}


def test_a_hand_over_ends_no_case() -> None:
    assert {
        region.CaseAnswered, region.CaseDeclined, region.CaseConfirmed, region.CaseJoined, region.CaseWithdrawn,
    } == ENDS  # fmt: skip


def test_the_page_names_every_state_and_command() -> None:
    text = page()
    assert all(f"| `{state}` |" in text for state in KINDS)
    assert all(f"| {rule.incoming.__name__} |" in text for rule in case_life.COMMANDS)
