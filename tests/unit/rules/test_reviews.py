"""An adopted change is looked at again: kept by its forecast or somebody's word, or taken back by a new proposal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.contracts.events.base import Actor
from common.contracts.events.clock import TimeCorrected
from common.contracts.events.rules import (
    SETTLED_DAYS,
    AdoptTrial,
    ChainHeadPublished,
    ChangeReversed,
    ChangeReviewed,
    DecideProposal,
    ProposalChecked,
    ReviewChange,
    ReviewFell,
    RollBackTrial,
    WithdrawProposal,
)

from tests.unit.rules.scene import (
    AUTHOR,
    DAY,
    HEAD,
    HOUR,
    NOON,
    SOUTH,
    Scene,
    begun,
    change,
    code,
    forecast,
    names,
    score,
    world,
    yes,
)


@pytest.fixture
def adopted() -> Scene:
    """p1 is adopted, with a forecast."""
    scene = begun(world(tried=False))
    scene.on_trial(change("p1", forecast=forecast()))
    scene.tick()
    return scene


@pytest.fixture
def due(adopted: Scene) -> Scene:
    """Its forecast did not hold."""
    adopted.take(score("p1", "below"))
    return adopted


def word(*, keep: bool, actor: Actor = HEAD, reason: str = "so it is") -> ReviewChange:
    return ReviewChange(actor=actor, proposal_id="p1", keep=keep, reason=reason)


@pytest.mark.parametrize("verdict", ["held", "above"])
def test_a_change_whose_forecast_held_is_kept_by_itself(adopted: Scene, verdict: str) -> None:
    (reviewed,) = adopted.take(score("p1", verdict))
    assert reviewed == ChangeReviewed(proposal_id="p1", outcome="kept", verdict=verdict, actor="rules")
    assert adopted["p1"].state == "kept"


@pytest.mark.parametrize("verdict", ["below", "too_little_known", "not_scorable"])
def test_where_it_did_not_hold_somebody_must_say_what_follows(adopted: Scene, verdict: str) -> None:
    assert adopted.take(score("p1", verdict)) == [ReviewFell(proposal_id="p1", verdict=verdict)]
    assert adopted["p1"].state == "review_due"
    (reviewed,) = adopted.take(word(keep=True))
    assert reviewed == ChangeReviewed(
        proposal_id="p1", outcome="kept", verdict=verdict, actor=HEAD.id, reason="so it is"
    )
    assert adopted["p1"].state == "kept"


def test_a_change_that_forecasts_nothing_falls_due_on_its_date() -> None:
    scene = begun(world(tried=False))
    scene.on_trial(change("p1"))
    assert scene["p1"].review_at == NOON + HOUR + 90 * DAY
    assert "ReviewFell" not in names(scene.tick(90 * 24))
    assert ReviewFell(proposal_id="p1", verdict="no_forecast") in scene.tick()
    assert "ReviewFell" not in names(scene.tick())


def test_a_change_is_scored_no_sooner_than_its_horizon_after_its_adoption() -> None:
    scene = begun(world())
    scene.on_trial(change("p1", forecast=forecast(60)))
    scene.tick(20 * 24)
    scene.take(AdoptTrial(actor=HEAD, proposal_id="p1", reason="it helps"))
    assert scene["p1"].review_at == scene.head().effective_at + (60 + SETTLED_DAYS) * DAY


def test_taking_it_back_is_a_new_proposal_that_goes_the_whole_way(due: Scene) -> None:
    reviewed, checked = due.take(word(keep=False))
    assert isinstance(reviewed, ChangeReviewed)
    assert isinstance(checked, ProposalChecked)
    assert (reviewed.outcome, reviewed.reversal_id) == ("reversed", checked.proposal_id)
    assert (checked.reverses, checked.actor, checked.needs_person) == ("p1", HEAD.id, True)
    assert checked.patch.changes[0].after == change("p1").patch.changes[0].before
    assert (due["p1"].state, due[checked.proposal_id].state) == ("review_due", "checked")
    said = due.take(yes(checked.proposal_id))
    assert (
        ChangeReversed(proposal_id="p1", reversal_id=checked.proposal_id, effective_at=due.head().effective_at) in said
    )
    assert due["p1"].state == "reversed"
    due.tick()
    assert due.minutes("lamp") == "240"


def test_while_its_reversal_is_open_nothing_else_is_decided_on_it_and_after_its_end_it_is_due_again(due: Scene) -> None:
    _, first = due.take(word(keep=False))
    assert isinstance(first, ProposalChecked)
    assert code(due.take(word(keep=True))) == "not_for_review"
    due.take(DecideProposal(actor=HEAD, proposal_id=first.proposal_id, accept=False, reason="not yet"))
    _, second = due.take(word(keep=False))
    assert isinstance(second, ProposalChecked)
    assert second.proposal_id != first.proposal_id


def test_a_reversal_that_no_longer_fits_is_refused_with_its_reason(due: Scene) -> None:
    due.on_trial(change("p2", minutes=100, before=120))
    assert code(due.take(word(keep=False))) == "patch_moved"
    assert due["p1"].state == "review_due"


def test_who_may_not_decide_on_the_layer_reviews_nothing(due: Scene) -> None:
    assert code(due.take(word(keep=True, actor=SOUTH))) == "other_scope"
    assert code(due.take(word(keep=True, actor=AUTHOR))) == "role_not_allowed"
    assert code(due.take(word(keep=True, reason=" "))) == "nothing_said"


def test_a_score_of_a_change_that_was_taken_back_changes_nothing() -> None:
    scene = begun(world())
    scene.on_trial(change("p1", forecast=forecast()))
    scene.take(RollBackTrial(actor=HEAD, proposal_id="p1", reason="harm"))
    assert scene.take(score("p1", "below")) == []
    assert scene["p1"].state == "rolled_back"


def test_only_the_true_way_back_is_said_to_reverse_a_change(adopted: Scene) -> None:
    (false,) = adopted.take(change("p2", "hole", reverses="p1"))
    assert isinstance(false, ProposalChecked)
    assert false.reverses is None
    (true,) = adopted.take(change("p3", "lamp", minutes=240, before=120, reverses="p1"))
    assert isinstance(true, ProposalChecked)
    assert true.reverses == "p1"


def test_an_adopted_change_can_be_decided_withdrawn_or_reviewed_no_more(adopted: Scene) -> None:
    assert code(adopted.take(yes("p1"))) == "proposal_settled"
    assert code(adopted.take(WithdrawProposal(actor=AUTHOR, proposal_id="p1", reason="no"))) == "proposal_settled"
    assert code(adopted.take(word(keep=True))) == "not_for_review"


def test_the_records_head_is_published_at_the_first_tick_of_each_day(adopted: Scene) -> None:
    last = adopted.chain[-1]
    midnight = NOON + 12 * HOUR
    said = [event for _ in range(30) for event in adopted.tick()]
    (head,) = [event for event in said if isinstance(event, ChainHeadPublished)]
    assert head == ChainHeadPublished(number=last.number, hash=last.hash, day="2026-03-03", at=midnight)


def test_after_a_corrected_clock_days_begin_again(adopted: Scene) -> None:
    adopted.tick(60 * 24)
    wrong = adopted.now
    adopted.take(TimeCorrected(wrong_until=wrong, until=NOON + HOUR, reason="ahead", actor=HEAD))
    assert adopted.state.day == (NOON + timedelta(hours=1)).date()


def test_a_change_whose_reversal_is_rolled_back_holds_again_and_is_due_again(due: Scene) -> None:
    tried = world().heads["national"].tables["trial"]
    _, checked = due.take(word(keep=False))
    assert isinstance(checked, ProposalChecked)
    due.state.heads["national"].tables["trial"] = tried
    due.take(yes(checked.proposal_id))
    due.tick()
    due.take(AdoptTrial(actor=HEAD, proposal_id=checked.proposal_id, reason="it helps"))
    assert due["p1"].state == "reversed"
    due.tick()
    said = due.take(RollBackTrial(actor=HEAD, proposal_id=checked.proposal_id, reason="worse than before"))
    assert names(said) == ["TrialRolledBack", "ReviewFell"]
    assert (due["p1"].state, due.minutes("lamp")) == ("review_due", "120")
    assert due.verifies()
