"""What became of a change is told where a row is blamed: trial, score and review as the proposal's events say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from common.contracts.events import archive, rules
from common.contracts.events.base import Event
from common.contracts.patch import Patch, RowChange
from common.federation.country import load_federation
from portal.blame import makers
from portal.formats import Times
from portal.item_fold import Item, fold_item
from portal.names import Names
from portal.proposal_text import ProposalWords
from portal.rule_text import RuleWords

from tests.conftest import ROOT

NAMES = Names(load_federation(ROOT / "tests/federation"))
TOLD = ProposalWords(NAMES, Times(ZoneInfo("UTC")), RuleWords(NAMES))
T = datetime(2011, 7, 1, tzinfo=UTC)
PATCH = Patch(layer="north", base_number=1, table="triage",
              changes=(RowChange(op="add", row_id="x", after={"category": "", "confirm": "true"}),))  # fmt: skip
CHECKED = rules.ProposalChecked(proposal_id="p", title="t", words="w", patch=PATCH, reversal=PATCH, actor="head:north")
ACCEPTED = rules.ProposalAccepted(proposal_id="p", actor="head:north", reason="Yes.")
ADOPTED = rules.ProposalAdopted(proposal_id="p", layer="north", number=2, effective_at=T)


def folded(*events: Event) -> Item:
    item: Item | None = None
    for day, event in enumerate(events):
        item = fold_item(item, event, T + timedelta(days=day))
    assert item is not None
    return item


def test_a_change_that_was_kept_tells_its_score_and_review_and_stays_the_origin_of_its_release() -> None:
    scored = archive.ForecastScored(
        proposal_id="p", proposer="head:north", measure="transfers avoided", verdict="held", since=T, until=T
    )
    reviewed = rules.ChangeReviewed(proposal_id="p", outcome="kept", verdict="held", actor="rules")
    item = folded(CHECKED, ACCEPTED, ADOPTED, scored, reviewed)
    assert [step.words for step in TOLD.course(item.data)] == [
        "Its forecast was compared with what came: the forecast held.", "Its forecast held: it is kept.",
    ]  # fmt: skip
    assert makers([item])["north", 2][0] is item
    assert TOLD.reason(item.data) == "Yes."


def test_a_change_that_was_rolled_back_tells_by_whom_and_why() -> None:
    rolled = rules.TrialRolledBack(
        proposal_id="p", layer="north", number=3, effective_at=T, actor="head:north", reason="The yard is flooded."
    )
    item = folded(CHECKED, ACCEPTED, rolled)
    (step,) = TOLD.course(item.data)
    assert ("took the change back" in step.words, step.reasons, step.tone) == (True, ["The yard is flooded."], "bad")
    assert makers([item])["north", 3][1]["step"] == "rolled_back"


def test_a_trial_that_can_hardly_come_to_a_result_is_said_to_with_its_numbers() -> None:
    foreseen = rules.TrialForeseen(proposal_id="p", cases=4.2, least_outcomes=3, longest_days=60)
    item = folded(CHECKED, foreseen)
    assert item.state == "checked"
    assert "about 4 cases in 60 days, and 3 of each part are needed" in TOLD.steps(item.data)[-1].words


def test_a_change_whose_trial_a_wider_one_has_taken_up_says_so() -> None:
    ended = rules.TrialEnded(
        proposal_id="p", layer="north", number=3, effective_at=T, actor="rules", reason="taken_up"
    )  # fmt: skip
    returned = rules.ProposalReturned(
        proposal_id="p", reason="proposal q, which is tried, says so", code="taken_up", details={"other_proposal": "q"}
    )
    for last in (ended, returned):
        step = TOLD.steps(folded(CHECKED, ACCEPTED, last).data)[-1]
        assert "a wider change that says the same is tried in its place" in step.words
        assert step.reasons == []
