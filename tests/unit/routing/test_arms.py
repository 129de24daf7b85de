"""The arm of a trial travels with its case: from its assignment into its region, and on to the next one."""

from __future__ import annotations

from datetime import timedelta

from common.contracts.events import region
from common.contracts.events.base import Event
from common.contracts.events.routing import CaseAssigned, TriageRequested
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import ArmDrawn, TrialPlan, TrialUnit
from common.rulebook import NATIONAL, ReleaseBook, reverse, sealed
from common.rulebook.jdm import Cells
from common.rulebook.placement import Placed, TriageWord, Where, place
from regional import domain as regional
from regional.case import RegionContext
from routing import domain as routing
from routing.model import Incoming, RoutedCase, RoutingContext

from tests.unit.contracts.test_fields_reach_the_next_region import AUTHORITIES, TRANSFER
from tests.unit.regional.test_case_life import EveryMinuteWorks
from tests.unit.routing.test_routing import NOON, Country, book, message

CASES = [f"case-{n}" for n in range(200)]
SHORT: Cells = {"category": '"pothole"', "priority": "", "answer_minutes": "60", "extension_minutes": "0"}
SURE: Cells = {"category": '"noise"', "confirm": "false"}
NOISE: Cells = {"category": '"noise"', "area": "", "authority": '"yard"'}
NORTH = Where("01", "north", "2020")


def patch(table: str, after: Cells, before: Cells | None = None) -> Patch:
    """A row before all others, or the first of a table said otherwise."""
    change = RowChange(op="add", row_id="new", after=after, at=0)
    if before is not None:
        change = RowChange(op="set", row_id=f"{table}-1", before=before, after=after)
    return Patch(layer=NATIONAL, base_number=1, table=table, changes=(change,))


def on_trial(change: Patch, share: float, unit: TrialUnit = "case") -> ReleaseBook:
    base = book().head(NATIONAL)
    assert base is not None
    plan = TrialPlan(
        proposal_id="p1", patch=change, reversal=reverse(change, base.tables), unit=unit, share=share, salt="salt",
        started_at=NOON,
    )  # fmt: skip
    return ReleaseBook([sealed(base.model_copy(update={"trials": (plan,)}))])


def routed(case: RoutedCase, event: Event, book: ReleaseBook) -> tuple[RoutedCase, Event]:
    context = RoutingContext(Country(), book.in_force)
    decision = routing.decide(case, Incoming("id", "chain", NOON, event), context)
    return decision.case, decision.events[-1].event


def assigned(case_id: str, book: ReleaseBook) -> tuple[RoutedCase, CaseAssigned]:
    routed_case, said = routed(RoutedCase(), message().model_copy(update={"case_id": case_id}), book)
    assert isinstance(said, CaseAssigned)
    return routed_case, said


def opened_and_handed_over(given: CaseAssigned) -> tuple[region.CaseOpened, region.CaseTransferred]:
    context = RegionContext("north", EveryMinuteWorks(), AUTHORITIES)
    begun = regional.decide(None, regional.Incoming("id", "chain", NOON, given), context)
    transfer = TRANSFER.model_copy(update={"case_id": given.case_id})
    later = regional.Incoming("id", "chain", NOON + timedelta(hours=1), transfer)
    opened, moved = begun.events[0].event, regional.decide(begun.case, later, context).events[-1].event
    assert isinstance(opened, region.CaseOpened)
    assert isinstance(moved, region.CaseTransferred)
    return opened, moved


def test_a_case_is_assigned_and_opened_with_the_arm_that_it_was_decided_by() -> None:
    rules = on_trial(patch("deadline", SHORT), 0.5)
    drawn = set()
    for case_id in CASES:
        _, given = assigned(case_id, rules)
        (arm,) = given.arms
        assert arm.unit_id == case_id
        assert given.answer_minutes == (60 if arm.arm == "candidate" else 480)
        opened, _ = opened_and_handed_over(given)
        assert opened.arms == given.arms
        drawn.add(arm.arm)
    assert drawn == {"current", "candidate"}


def test_a_case_that_no_trial_concerns_has_no_arm() -> None:
    rules = on_trial(patch("deadline", {**SHORT, "category": '"noise"'}), 0.5)
    _, given = assigned("c1", rules)
    assert given.arms == ()


def test_a_case_handed_over_keeps_its_arm_though_the_share_has_grown_since() -> None:
    change = patch("deadline", SHORT)
    for case_id in CASES[:20]:
        case, given = assigned(case_id, on_trial(change, 0))
        _, moved = opened_and_handed_over(given)
        _, again = routed(case, moved, on_trial(change, 1))
        assert isinstance(again, CaseAssigned)
        assert again.region == "south"
        assert again.arms == given.arms
        assert again.answer_minutes == 480


def test_a_case_handed_over_takes_up_a_trial_that_concerns_it_only_now() -> None:
    case, given = assigned("c1", book())
    _, moved = opened_and_handed_over(given)
    _, again = routed(case, moved, on_trial(patch("deadline", SHORT), 1))
    assert isinstance(again, CaseAssigned)
    assert [(arm.proposal_id, arm.arm) for arm in again.arms] == [("p1", "candidate")]
    assert again.answer_minutes == 60


def placed(rules: ReleaseBook, given: str, said: TriageWord | None) -> tuple[ArmDrawn, ...] | None:
    found = place("c1", given, NORTH, rules.in_force("north", NOON), said)
    return found.arms if isinstance(found, Placed) else None


def test_a_case_that_a_rule_left_to_a_person_has_its_arm_when_the_person_has_spoken() -> None:
    word = TriageWord(category="noise", authority="yard")
    by_map = patch("triage", SURE, {"category": '"noise"', "confirm": "true"})
    for change in (patch("jurisdiction", NOISE), by_map):
        left, sure = on_trial(change, 0), on_trial(change, 1)
        assert placed(left, "loud", None) is None
        assert [arm.arm for arm in placed(left, "loud", word) or ()] == ["current"]
        assert placed(sure, "loud", word) == (), "the person spoke for another reason"


def test_a_change_that_places_what_was_left_to_a_person_is_followed_by_its_part() -> None:
    rules = on_trial(patch("triage", SURE, {"category": '"noise"', "confirm": "true"}), 0.5)
    said = [routed(RoutedCase(), message(category="loud").model_copy(update={"case_id": c}), rules) for c in CASES]
    reasons = {event.reason for _, event in said if isinstance(event, TriageRequested)}
    assert reasons == {"confirm", "no_authority"}


def test_a_deadline_may_be_tried_by_authorities() -> None:
    rules = on_trial(patch("deadline", SHORT), 1, unit="authority")
    _, given = assigned("c1", rules)
    assert [arm.unit_id for arm in given.arms] == ["yard"]
