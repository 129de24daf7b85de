"""A page offers about a case exactly what the case's region would take from that person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from common.contracts.case_life import COMMANDS, KINDS, OPEN
from common.contracts.catalogue import Installation
from common.contracts.events import region, routing
from common.contracts.events.base import Actor
from common.contracts.events.region import State
from common.contracts.rights import denial
from common.federation.country import Federation
from portal import case_actions
from portal.case_fold import CaseView
from portal.forms import Form, FormRefused
from portal.orders import act_on_case
from portal.permissions import Entitled
from regional.case import Authority, Case, RegionContext
from regional.domain import Incoming, decide

from tests.conftest import ROOT

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
FEDERATION = Federation(ROOT / "tests" / "federation")
INSTALLATION = Installation(regions=("north", "south"))
ZONE = ZoneInfo(FEDERATION.timezone)
CONTEXT = RegionContext(
    "north", FEDERATION.calendar("north"),
    {a.id: Authority(a.id, a.regions, a.acceptance == "automatic") for a in FEDERATION.authorities},
)  # fmt: skip
PEOPLE = [
    *(Actor(id=p.id, role=p.role, scope=p.scope) for p in FEDERATION.people),
    Actor(id="loop:misrouting", role="loop", scope="*"),
    Actor(id="operator:north", role="operator", scope="*"),
]
ASSIGNMENT = routing.CaseAssigned(
    case_id="c1", reference="R-1", message_id="m1", region="north", area="01", border_set="b", authority="yard-01",
    category="pothole", priority=2, answer_minutes=4800, extension_minutes=600, channel="web", citizen="p",
    text="a hole", received_at=NOW, release="national:1",
)  # fmt: skip
FILLED = {
    "words": "Because of frost.", "authority": "yard-02", "until": "2011-07-05", "other": "R-2", "case_id": "c1",
    "region": "north",
}  # fmt: skip
EVERYTHING = {
    "assigned": {"accept", "transfer", "dispute", "join", "decline"},
    "accepted": {"start_work", "answer", "ask", "transfer", "dispute", "extend", "defer", "join", "decline"},
    "in_work": {"answer", "ask", "transfer", "dispute", "extend", "defer", "join", "decline"},
    "deferred": {"start_work", "answer", "ask", "transfer", "dispute", "extend", "join", "decline"},
    "waiting": {"start_work", "answer", "join", "decline"},
}


def case_in(state: State, case_id: str = "c1") -> Case:
    waits = state == "waiting"
    return Case(
        case_id=case_id, state=state, authority="yard-01", due_at=NOW + timedelta(days=9), clock_started=NOW,
        held_since=NOW, last_at=NOW, answer_minutes=4800, extension_minutes=600, release="national:1",
        correlation_id="x", assignment=ASSIGNMENT.model_dump_json(), waiting_since=NOW if waits else None,
        resumes_as="in_work" if waits else None, directives=("d1",) if state in OPEN else (),
    )  # fmt: skip


def view_of(state: str, case_id: str = "c1", **changes: Any) -> CaseView:
    shown = {"region": "north", "authority": "yard-01", "area": "01", "due_at": NOW + timedelta(days=9)}
    return CaseView(case_id, f"R-{case_id[1:]}", state, NOW, **{**shown, **changes})


def ordered(name: str, actor: Actor) -> region.CaseCommand:
    """The command of a form that was filled in."""
    form = Form({**FILLED, "action": name}, FEDERATION, INSTALLATION)
    command = act_on_case(actor, form, ZONE, view_of("accepted", "c2")).command
    assert isinstance(command, region.CaseCommand)
    return command


def taken(state: State, command: region.CaseCommand) -> bool:
    """Whether the region does it, and does not refuse."""
    if denial(FEDERATION, command.actor, type(command), region="north", authority="yard-01") is not None:
        return False
    incoming = Incoming("id", "x", NOW + timedelta(minutes=1), command)
    decision = decide(case_in(state), incoming, CONTEXT, other=case_in("accepted", "c2"))
    return not any(isinstance(said.event, region.CommandRefused) for said in decision.events)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda p: f"{p.id} over {p.scope}")
@pytest.mark.parametrize("state", KINDS)
def test_a_page_offers_what_the_region_takes_from_that_person_in_that_state(state: State, person: Actor) -> None:
    offered = {a.name for a in Entitled(FEDERATION, person).actions(view_of(state), (), NOW)}
    assert offered == {name for name in case_actions.COMMANDS if taken(state, ordered(name, person))}


@pytest.mark.parametrize("state", KINDS)
def test_the_desk_that_holds_the_case_is_offered_every_way_on(state: State) -> None:
    desk = Actor(id="desk:yard-01", role="desk", scope="yard-01")
    offered = {a.name for a in Entitled(FEDERATION, desk).actions(view_of(state), (), NOW)}
    assert offered == EVERYTHING.get(state, set())


@pytest.mark.parametrize("person", PEOPLE, ids=lambda p: f"{p.id} over {p.scope}")
def test_a_directive_about_an_open_case_is_answered_by_whom_the_page_lets(person: Actor) -> None:
    command = region.AnswerDirective(actor=person, case_id="c1", directive_id="d1", text="Done soon.")
    assert {Entitled(FEDERATION, person).directive("north")} == {taken(state, command) for state in OPEN}


def test_nothing_is_offered_to_a_visitor_or_in_triage() -> None:
    operator = Actor(id="operator:north", role="operator", scope="north")
    assert Entitled(FEDERATION, None).actions(view_of("accepted"), (), NOW) == []
    assert Entitled(FEDERATION, operator).actions(view_of("triage", region=None, authority=None), (), NOW) == []


def test_every_command_about_a_case_has_a_form() -> None:
    assert {*case_actions.COMMANDS.values(), region.AnswerDirective} == {rule.incoming for rule in COMMANDS}
    assert case_actions.COMMANDS.keys() == case_actions.WORDS.keys()


EXTENDED = {"type": region.CaseExtended.type, "data": {}}
NO_EXTENSION = {
    "type": region.CaseOpened.type,
    "data": {"because": [{"outputs": {"extension_minutes": 600}}, {"outputs": {"extension_minutes": 0}}]},
}


@pytest.mark.parametrize(
    ("changes", "history", "offered"),
    [({}, [], True), ({}, [EXTENDED], False), ({}, [NO_EXTENSION], False), ({"overdue": True}, [], False),
     ({"due_at": NOW}, [], False)],
)  # fmt: skip
def test_an_extension_is_offered_once_before_the_deadline_where_the_rules_allow_one(
    changes: dict[str, Any], history: list[dict[str, Any]], offered: bool
) -> None:
    operator = Actor(id="operator:north", role="operator", scope="north")
    actions = Entitled(FEDERATION, operator).actions(view_of("in_work", **changes), history, NOW)
    assert ("extend" in {a.name for a in actions}) is offered


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (None, "is known"), (view_of("accepted", "c1"), "the case itself"),
        (view_of("accepted", "c2", region="south"), "not in this region"), (view_of("joined", "c2"), "come to its end"),
    ],
)  # fmt: skip
def test_a_case_is_joined_only_to_one_that_can_be_joined(other: CaseView | None, words: str) -> None:
    form = Form({**FILLED, "action": "join"}, FEDERATION, INSTALLATION)
    with pytest.raises(FormRefused, match=words):
        act_on_case(PEOPLE[0], form, ZONE, other)


def test_a_case_is_put_off_until_the_day_begins_where_the_federation_is() -> None:
    command = ordered("defer", PEOPLE[0])
    assert isinstance(command, region.DeferCase)
    assert command.until == datetime(2011, 7, 5, 4, tzinfo=UTC)
