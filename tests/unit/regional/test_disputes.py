"""A case that goes to and fro: from a limit on the arbiter says whose it is; until then its holder has it."""

from __future__ import annotations

import pytest
from common.contracts.disputes import TransferLimits
from common.contracts.events import region
from common.contracts.events.base import Actor, Event
from common.contracts.refusals import RefusalCode
from common.contracts.rights import ROLES
from regional.case import Case, CaseDecision, body_of, case_of

from tests.unit.regional.test_case_life import ANSWER, DESK, after, at, names, opened, transfer

OPERATOR = Actor(id="op", role="operator", scope="north")
CENTRE = Actor(id="centre", role="federal", scope="*")
ONCE = TransferLimits(authorities=1, regions=0)


def claim(to: str, to_region: str | None = None, actor: Actor = DESK, reason: str = "theirs") -> region.RaiseDispute:
    return region.RaiseDispute(actor=actor, case_id="c1", to_authority=to, to_region=to_region, reason=reason)


def settle(to: str, actor: Actor, to_region: str | None = None, reason: str = "it is") -> region.SettleDispute:
    return region.SettleDispute(actor=actor, case_id="c1", to_authority=to, to_region=to_region, reason=reason)


def passed_once() -> Case:
    """With parks, who may not pass it on any more."""
    case = after(at(opened(limits=ONCE), transfer("parks"), 1))
    return after(at(case, region.AcceptCase(actor=DESK, case_id="c1"), 2))


def code(decision: CaseDecision) -> RefusalCode | str | None:
    (said,) = decision.events
    assert isinstance(said.event, region.CommandRefused)
    return said.event.code


def test_from_the_limit_on_no_desk_passes_it_on_and_the_reason_says_who_decides() -> None:
    refused = at(passed_once(), transfer("roads"), 3)
    assert code(refused) == "passed_on_too_often"
    event = refused.events[0].event
    assert isinstance(event, region.CommandRefused)
    assert event.details == {"times": "1", "arbiter": "region"}
    assert code(at(opened(limits=ONCE), transfer("harbour"), 1)) == "passed_on_too_often"


def test_without_a_rule_it_is_passed_on_as_often_as_they_like() -> None:
    case = opened()
    for number in range(20):
        case = after(at(case, transfer("roads" if case.authority == "parks" else "parks"), number))
    assert case.transfers == 20


def test_in_dispute_it_stays_with_its_holder_whose_clock_runs() -> None:
    before = passed_once()
    decision = at(before, claim("roads"), 3)
    (raised,) = (said.event for said in decision.events)
    assert isinstance(raised, region.DisputeRaised)
    assert (raised.authority, raised.claimed_authority, raised.arbiter, raised.transfers) == (
        "parks", "roads", "region", 1,
    )  # fmt: skip
    case = after(decision)
    assert (case.authority, case.state, case.due_at, case.waiting_since) == ("parks", before.state, before.due_at, None)
    assert code(at(case, transfer("roads"), 4)) == "in_dispute"
    assert code(at(case, claim("roads"), 4)) == "in_dispute"
    assert names(at(case, ANSWER, 5)) == ["CaseAnswered"], "nothing else is held up"


def test_the_arbiter_gives_it_to_another_or_leaves_it_and_the_desks_pass_it_on_no_more() -> None:
    disputed = after(at(passed_once(), claim("roads"), 3))
    moved = at(disputed, settle("roads", OPERATOR), 4)
    assert names(moved) == ["DisputeSettled", "CaseTransferred", "CaseAccepted"]
    outcome = moved.events[0].event
    assert isinstance(outcome, region.DisputeSettled)
    assert (outcome.authority, outcome.to_authority, outcome.claimed_authority) == ("parks", "roads", "roads")
    assert after(moved).authority == "roads"
    assert code(at(after(moved), transfer("parks"), 5)) == "dispute_settled"
    assert code(at(after(moved), claim("parks"), 5)) == "dispute_settled"
    stayed = at(disputed, settle("parks", OPERATOR), 4)
    assert names(stayed) == ["DisputeSettled"]
    assert (after(stayed).authority, after(stayed).state) == ("parks", disputed.state)
    again = region.TransferCase(actor=OPERATOR, case_id="c1", to_authority="roads")
    assert names(at(after(stayed), again, 5))[0] == "CaseTransferred", "who is the arbiter may"


def test_between_regions_the_centre_decides_and_its_word_goes_with_the_case() -> None:
    disputed = after(at(opened(limits=ONCE), claim("forest", "west"), 1))
    assert code(at(disputed, settle("forest", OPERATOR, "west"), 2)) == "role_not_allowed"
    handed = at(disputed, settle("forest", CENTRE, "west"), 2)
    assert names(handed) == ["DisputeSettled", "CaseTransferred"]
    passed = handed.events[-1].event
    assert isinstance(passed, region.CaseTransferred)
    assert passed.handed_case is not None
    assert (passed.to_region, passed.handed_case.hand_overs, passed.handed_case.settled_by) == ("west", 1, "federal")
    there = opened(hand_overs=1, settled_by="federal", limits=TransferLimits(authorities=9, regions=9))
    assert code(at(there, transfer("harbour"), 3)) == "dispute_settled"
    assert names(at(there, transfer("parks"), 3)) == ["CaseTransferred"]


def test_the_regions_arbiter_sends_it_to_no_other_region() -> None:
    disputed = after(at(passed_once(), claim("roads"), 3))
    assert code(at(disputed, settle("harbour", OPERATOR), 4)) == "arbiter_is_federal"
    assert code(at(disputed, settle("roads", CENTRE), 4)) == "role_not_allowed"


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (claim("parks"), "with_authority_already"),
        (claim("nobody"), "no_such_authority"),
        (claim("forest"), "which_region"),
        (claim("roads", reason=" "), "nothing_said"),
        (settle("roads", OPERATOR), "no_dispute"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(event: Event, why: str) -> None:
    assert code(at(passed_once(), event, 3)) == why


def test_a_case_in_dispute_is_kept_and_read_as_it_was() -> None:
    case = after(at(passed_once(), claim("roads"), 3))
    assert case_of(case.case_id, case.state, case.authority, case.due_at, body_of(case), case.assignment) == case


def test_a_desk_settles_nothing() -> None:
    assert ROLES[region.SettleDispute] == {"operator", "regional_head", "federal"}
