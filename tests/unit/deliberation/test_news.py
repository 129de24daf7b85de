"""What those who spoke about a proposal are told of its way afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from common.contracts.events.rules import ProposalReturned, TrialEnded
from deliberation.news import News, news

T = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROSE = "proposal q, which is tried, gives the same answer wherever this one changes it"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            TrialEnded(proposal_id="p", layer="north", number=3, effective_at=T, actor="rules", reason="taken_up"),
            "inconclusive",
        ),
        (
            ProposalReturned(
                proposal_id="p", reason=PROSE, code="taken_up", details={"other_proposal": "q"}
            ),
            "returned",
        ),
    ],
    ids=["tried", "waited"],
)  # fmt: skip
def test_that_a_wider_change_is_tried_in_its_place_is_told_by_a_word_that_notices_can_translate(
    event: TrialEnded | ProposalReturned, told: str
) -> None:
    assert news(event) == News(told, {"reason": "taken_up"})


def test_of_what_was_returned_for_another_reason_its_words_are_told() -> None:
    moved = ProposalReturned(proposal_id="p", reason="row r-1 says something else by now", code="patch_moved")
    assert news(moved) == News("returned", {"reason": "row r-1 says something else by now"})
