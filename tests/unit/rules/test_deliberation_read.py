"""Where people are asked, nobody decides before they have argued; where nobody is asked, all goes on as it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from common.contracts.events.archive import ProposalBacktested
from common.contracts.events.base import Actor, Event
from common.contracts.events.deliberation import DeliberationClosed, StandingConsentRevoked, StandingConsentUsed
from common.contracts.events.rules import (
    AdoptTrial,
    DecideProposal,
    ProposalAccepted,
    ProposalChecked,
    ProposalLapsed,
    ProposalRefused,
    ProposalWithdrawn,
    RollBackTrial,
    StepTrial,
    WithdrawProposal,
)
from common.contracts.rights import INSTALLATION
from rules.domain import waits_for_tick
from rules.model import Incoming

from tests.unit.rules.scene import (
    AUTHOR,
    HEAD,
    MISROUTING,
    NOON,
    WATCHER,
    Scene,
    begun,
    change,
    closed,
    code,
    names,
    opened,
    world,
    yes,
)

CITIZEN = "citizen-7"


@pytest.fixture
def scene() -> Scene:
    return begun(world(argued=True, tried=False))


def used(name: str, consent: str = "small-routes") -> StandingConsentUsed:
    return StandingConsentUsed(
        proposal_id=name, layer="national", consent=consent, release="national:1+north:1", given_by="centre",
        until="2027-01-01", used_at=NOON,
    )  # fmt: skip


def revoked(consent: str = "small-routes", layer: str = "national") -> StandingConsentRevoked:
    return StandingConsentRevoked(layer=layer, consent=consent, actor="centre", reason="too wide", revoked_at=NOON)


def test_nobody_decides_before_the_deliberation_has_ended(scene: Scene) -> None:
    scene.take(change("p1"))
    assert code(scene.take(yes("p1"))) == "not_yet_decidable"
    scene.take(opened("p1"))
    assert scene["p1"].state == "in_deliberation"
    assert code(scene.take(yes("p1"))) == "not_yet_decidable"
    scene.take(closed("p1"))
    assert scene["p1"].state == "to_be_decided"
    assert names(scene.take(yes("p1"))) == ["ProposalAccepted", "ProposalAdopted"]


def test_a_decision_needs_an_answer_in_words(scene: Scene) -> None:
    scene.take(change("p1"))
    scene.take(closed("p1"))
    silent = DecideProposal(actor=HEAD, proposal_id="p1", accept=False, reason=" ")
    assert code(scene.take(silent)) == "nothing_said"
    assert scene["p1"].state == "to_be_decided"


def test_where_the_table_has_no_row_a_checked_proposal_is_decided_at_once() -> None:
    scene = begun(world(tried=False))
    scene.take(change("p1"))
    assert names(scene.take(yes("p1"))) == ["ProposalAccepted", "ProposalAdopted"]


def test_a_row_that_came_after_the_check_asks_nobody_and_a_row_that_went_asks_nobody_any_more() -> None:
    with_row, without = world(argued=True, tried=False), world(tried=False)
    late = begun(without)
    late.take(change("p1"))
    late.state.heads["national"].tables["deliberation"] = with_row.heads["national"].tables["deliberation"]
    assert names(late.take(yes("p1"))) == ["ProposalAccepted", "ProposalAdopted"]
    gone = begun(with_row)
    gone.take(change("p1"))
    del gone.state.heads["national"].tables["deliberation"]
    assert names(gone.take(yes("p1"))) == ["ProposalAccepted", "ProposalAdopted"]


def test_a_lost_quorum_is_the_end_and_said_with_its_reason(scene: Scene) -> None:
    scene.take(change("p1"))
    scene.take(opened("p1"))
    (lapsed,) = scene.take(closed("p1", outcome="lapsed", reason="quorum_not_met"))
    assert lapsed == ProposalLapsed(proposal_id="p1", reason="quorum_not_met")
    assert scene["p1"].state == "lapsed"
    assert code(scene.take(yes("p1"))) == "proposal_settled"


def test_a_standing_consent_accepts_by_itself_in_the_name_of_who_gave_it(scene: Scene) -> None:
    scene.take(change("p1", actor=MISROUTING))
    accepted, _ = scene.take(used("p1"))
    assert isinstance(accepted, ProposalAccepted)
    assert accepted.actor == "centre"
    assert "standing consent small-routes" in accepted.reason
    assert "until 2027-01-01" in accepted.reason


def test_a_consent_decides_nothing_that_needs_a_person(scene: Scene) -> None:
    scene.take(change("p1", actor=MISROUTING, needs_person=True))
    assert scene.take(used("p1")) == []
    assert scene["p1"].state == "to_be_decided"
    assert names(scene.take(yes("p1"))) == ["ProposalAccepted", "ProposalAdopted"]


def test_a_consent_revoked_before_acceptance_accepts_nothing(scene: Scene) -> None:
    scene.take(change("p1", actor=MISROUTING))
    scene.take(revoked())
    (lapsed,) = scene.take(used("p1"))
    assert lapsed == ProposalLapsed(proposal_id="p1", reason="consent_revoked")


def test_a_region_revokes_the_nations_consent_for_its_own_proposals_alone(scene: Scene) -> None:
    scene.take(change("p1", actor=MISROUTING))
    scene.take(revoked(layer="south"))
    assert names(scene.take(used("p1"))) == ["ProposalAccepted", "ProposalAdopted"]
    scene.take(change("p2", "hole", actor=MISROUTING))
    scene.take(revoked(layer="north"))
    assert names(scene.take(used("p2"))) == ["ProposalLapsed"]


def test_what_a_consent_accepted_before_it_was_revoked_goes_on() -> None:
    scene = begun(world(argued=True))
    scene.take(change("p1", actor=MISROUTING))
    assert names(scene.take(used("p1"))) == ["ProposalAccepted", "TrialStarted"]
    scene.take(revoked())
    assert scene.tick() == []
    assert scene.shares() == {"p1": 0.2}


def test_what_other_services_say_of_a_proposal_that_is_over_is_recorded_and_changes_nothing(scene: Scene) -> None:
    scene.take(change("p1"))
    scene.take(WithdrawProposal(actor=AUTHOR, proposal_id="p1", reason="a mistake"))
    for fact in (opened("p1"), closed("p1"), used("p1"), closed("p9")):
        assert scene.take(fact) == []
    assert scene["p1"].state == "withdrawn"
    assert [step.step for step in scene.chain[-4:]] == [
        "deliberation.opened", "deliberation.closed", "deliberation.consent.used", "deliberation.closed"
    ]  # fmt: skip


def test_the_record_holds_what_other_services_said_and_of_a_backtest_its_hash(scene: Scene) -> None:
    scene.take(change("p1"))
    tested = ProposalBacktested(proposal_id="p1", verdict="too_little_known", as_of=NOON)
    scene.take(tested)
    scene.take(opened("p1"))
    backtest, deliberation = scene.chain[-2:]
    assert (backtest.step, backtest.proposal_id) == ("archive.proposal.backtested", "p1")
    assert len(backtest.body["sha256"]) == 64
    assert "slices" not in backtest.body
    assert deliberation.body["event_id"] == "id-3"
    assert scene.verifies()


def test_two_proposals_on_one_row_see_each_other_in_the_order_of_their_checks(scene: Scene) -> None:
    scene.take(change("p2", "lamp", "hole"))
    scene.take(change("p1", "tree"))
    scene.take(change("p3", "hole", minutes=60))
    (checked,) = scene.take(change("p0", "lamp", "tree", "hole", minutes=100))
    assert isinstance(checked, ProposalChecked)
    assert checked.beside == ("p2", "p1", "p3")


def test_of_two_proposals_on_one_row_the_second_is_returned_and_one_on_another_row_is_rebased(scene: Scene) -> None:
    for name, category, minutes in (("p1", "lamp", 120), ("p2", "lamp", 100), ("p3", "hole", 100)):
        scene.take(change(name, category, minutes=minutes))
        scene.take(closed(name))
    assert names(scene.take(yes("p1"))) == ["ProposalAccepted", "ProposalAdopted"]
    assert names(scene.take(yes("p2"))) == ["ProposalReturned"]
    assert names(scene.take(yes("p3"))) == ["ProposalAccepted", "ProposalAdopted"]
    assert scene.head().number == 3
    scene.tick()
    assert (scene.minutes("lamp"), scene.minutes("hole")) == ("120", "100")


@pytest.mark.parametrize(
    "other", [{"role": "regional_head"}, {"scope": "*"}, {"id": "head:north", "role": "regional_head"}]
)
def test_the_same_name_in_another_role_or_scope_withdraws_nothing(scene: Scene, other: dict[str, str]) -> None:
    scene.take(change("p1"))
    stranger = AUTHOR.model_copy(update=other)
    assert code(scene.take(WithdrawProposal(actor=stranger, proposal_id="p1", reason="mine"))) == "not_the_author"
    assert names(scene.take(WithdrawProposal(actor=AUTHOR, proposal_id="p1", reason="mine"))) == ["ProposalWithdrawn"]


def test_a_citizen_stays_the_author_of_an_idea_that_an_operator_puts_into_rows(scene: Scene) -> None:
    (checked,) = scene.take(change("p1", author_citizen=CITIZEN, idea_id="idea-1"), "deliberation")
    assert isinstance(checked, ProposalChecked)
    assert (checked.author_citizen, checked.idea_id, checked.actor) == (CITIZEN, "idea-1", AUTHOR.id)
    scene.take(closed("p1"))
    scene.take(yes("p1"))
    assert scene["p1"].author_citizen == CITIZEN


def test_nobody_but_the_deliberation_names_a_citizen_as_the_author(scene: Scene) -> None:
    for given in ({"author_citizen": CITIZEN}, {"idea_id": "idea-1"}, {"author_citizen": CITIZEN, "idea_id": "idea-1"}):
        assert code(scene.take(change("p1", **given))) == "author_not_proven"
    assert "p1" not in scene.state.proposals


def test_a_refused_proposal_says_whose_idea_it_was_made_of(scene: Scene) -> None:
    wrong = change("p1", before=1, author_citizen=CITIZEN, idea_id="idea-1")
    (refused,) = scene.take(wrong, "deliberation")
    assert isinstance(refused, ProposalRefused)
    assert (refused.author_citizen, refused.idea_id) == (CITIZEN, "idea-1")


def test_a_citizen_takes_an_own_idea_back_by_the_deliberations_word_alone(scene: Scene) -> None:
    scene.take(change("p1", author_citizen=CITIZEN, idea_id="idea-1"), "deliberation")
    scene.take(change("p2"))
    own = WithdrawProposal(actor=Actor(id=CITIZEN, role="citizen"), proposal_id="p1", reason="mine")
    assert code(scene.take(own, "portal")) == "role_not_allowed"
    other = own.model_copy(update={"actor": Actor(id="another", role="citizen")})
    assert code(scene.take(other, "deliberation")) == "principal_not_allowed"
    assert code(scene.take(own.model_copy(update={"proposal_id": "p2"}), "deliberation")) == "principal_not_allowed"
    (withdrawn,) = scene.take(own, "deliberation")
    assert isinstance(withdrawn, ProposalWithdrawn)
    assert withdrawn.actor == "citizen"
    assert code(scene.take(own, "deliberation")) == "proposal_settled"


def test_the_deliberation_vouches_for_the_installation_that_takes_an_idea_up(scene: Scene) -> None:
    given = {"actor": INSTALLATION, "author_citizen": CITIZEN, "idea_id": "idea-1"}
    assert code(scene.take(change("p1", **given), "portal")) == "principal_not_allowed"
    (checked,) = scene.take(change("p1", **given), "deliberation")
    assert isinstance(checked, ProposalChecked)
    assert checked.actor == INSTALLATION.id


def test_services_and_loops_wait_for_the_tick_and_harm_is_ended_at_once() -> None:
    def waits(event: Event, principal: str = "") -> bool:
        return waits_for_tick(Incoming("id", datetime.now(UTC), event, principal))

    trial = {"actor": WATCHER, "proposal_id": "p1"}
    assert waits(closed("p1"))
    assert waits(StepTrial(**trial), "reflex")  # type: ignore[arg-type]
    assert waits(AdoptTrial(**trial), "reflex")  # type: ignore[arg-type]
    assert not waits(RollBackTrial(**trial), "reflex")  # type: ignore[arg-type]
    assert not waits(StepTrial(actor=HEAD, proposal_id="p1"), "portal")
    assert not waits(yes("p1"), "portal")


def test_a_withdrawn_deliberation_says_nothing_more(scene: Scene) -> None:
    scene.take(change("p1"))
    ended = DeliberationClosed(proposal_id="p1", outcome="withdrawn", reason="withdrawn", closed_at=NOON)
    assert scene.take(ended) == []
    assert scene["p1"].state == "checked"
