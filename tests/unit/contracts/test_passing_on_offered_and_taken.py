"""From a dispute's limit on a page offers to pass a case on exactly where its region still takes that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from common.contracts.disputes import TransferLimits
from common.contracts.events import region
from common.contracts.events.base import Actor, Event
from common.contracts.rights import denial
from portal.permissions import Entitled
from regional.case import Case
from regional.domain import Incoming, decide

from tests.unit.contracts.test_case_life_offered_and_taken import (
    ASSIGNMENT,
    CONTEXT,
    FEDERATION,
    NOW,
    PEOPLE,
    view_of,
)

DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")
OTHER_DESK = Actor(id="desk:yard-02", role="desk", scope="yard-02")
OPERATOR = Actor(id="operator:north", role="operator", scope="north")
LIMITS = (None, TransferLimits(authorities=0, regions=0), TransferLimits(authorities=2, regions=1))
THERE = region.TransferCase(actor=DESK, case_id="c1", to_authority="yard-02")
BACK = region.TransferCase(actor=OTHER_DESK, case_id="c1", to_authority="yard-01")
CLAIM = region.RaiseDispute(actor=DESK, case_id="c1", to_authority="yard-02", reason="Theirs.")
STAYS = region.SettleDispute(actor=OPERATOR, case_id="c1", to_authority="yard-01", reason="Yours.")
COURSES: dict[str, Sequence[Event]] = {
    "new": (), "passed on": (THERE,), "to and fro": (THERE, BACK), "claimed": (CLAIM,), "decided": (CLAIM, STAYS),
}  # fmt: skip


def lived(limits: TransferLimits | None, orders: Sequence[Event], **given: Any) -> tuple[Case, list[dict[str, Any]]]:
    """A case after these orders, and its history as the portal reads it."""
    case, history = None, []
    for minute, event in enumerate((ASSIGNMENT.model_copy(update={"limits": limits, **given}), *orders)):
        decision = decide(case, Incoming(f"e{minute}", "x", NOW + timedelta(minutes=minute), event), CONTEXT)
        case = decision.case
        history += [{"type": said.event.type, "data": said.event.model_dump(mode="json")} for said in decision.events]
    assert case is not None
    return case, history


def takes(case: Case, command: region.CaseCommand) -> bool:
    """Whether the region does it, and does not refuse."""
    if denial(FEDERATION, command.actor, type(command), region="north", authority=case.authority) is not None:
        return False
    said = decide(case, Incoming("id", "x", NOW + timedelta(hours=1), command), CONTEXT).events
    return not any(isinstance(one.event, region.CommandRefused) for one in said)


@pytest.mark.parametrize("given", [{}, {"hand_overs": 1}, {"settled_by": "federal"}], ids=str)
@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("course", COURSES)
def test_what_is_offered_is_taken_and_what_is_not_is_refused(
    course: str, limits: TransferLimits | None, given: dict[str, Any]
) -> None:
    case, history = lived(limits, COURSES[course], **given)
    view = view_of(case.state, authority=case.authority)
    for person in PEOPLE:
        entitled = Entitled(FEDERATION, person)
        offered = {action.name for action in entitled.actions(view, history, NOW)}
        for name, among, order in (
            ("transfer", entitled.passes_to(view, history), region.TransferCase),
            ("dispute", entitled.disputes_with(view, history), region.RaiseDispute),
        ):
            taken = set()
            for authority in FEDERATION.authorities:
                if authority.id == case.authority:
                    continue
                inside = authority.serves("north")
                to_region = None if inside else authority.regions[0]
                command = order(
                    actor=person, case_id="c1", to_authority=authority.id, to_region=to_region, reason="Theirs."
                )
                if takes(case, command):
                    taken.add("region" if inside else "federal")
            assert (among if name in offered else set()) == taken, (person, name)


def test_after_the_limit_a_desk_is_offered_the_arbiter_alone_and_an_older_event_says_no_limit() -> None:
    case, history = lived(TransferLimits(authorities=2, regions=0), COURSES["to and fro"])
    view, desk = view_of(case.state, authority=case.authority), Entitled(FEDERATION, DESK)
    names = {action.name for action in desk.actions(view, history, NOW)}
    assert ("transfer" in names, "dispute" in names) == (False, True)
    del history[0]["data"]["limits"]
    assert "transfer" in {action.name for action in desk.actions(view, history, NOW)}
