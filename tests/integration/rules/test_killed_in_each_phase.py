"""Whatever phase of a proposal's life a crash falls in, the record and all that is said is the same as without it."""

from __future__ import annotations

import asyncpg
import pytest
from common.contracts.delivery import Emit
from common.contracts.events.rules import ProposalLapsed, ReleasePublished
from rules.verify import examined

from tests.integration.rules.life import PHASES, chain_of, live


@pytest.fixture(scope="module")
async def whole(db: asyncpg.Connection) -> list[Emit]:
    """What is said in a life without a crash."""
    return await live(db)


async def test_a_life_without_a_crash_comes_to_where_its_orders_lead(whole: list[Emit]) -> None:
    names = [type(one.event).__name__ for one in whole if one.topic == "rules.proposals"]
    assert names == [
        "ProposalChecked", "ProposalChecked",
        "ProposalAccepted", "TrialStarted",
        "ProposalAccepted", "TrialWaits",
        "TrialStepped", "TrialPaused", "TrialResumed", "ProposalAdopted", "ProposalReturned",
        "ProposalChecked", "ProposalLapsed",
        "ProposalChecked", "ProposalAccepted", "TrialStarted",
        "TrialRolledBack", "ReviewFell", "ChangeReviewed", "ProposalChecked",
        "ProposalAccepted", "TrialStarted", "ProposalChecked", "ProposalAccepted", "TrialWaits", "ProposalWithdrawn",
        "ProposalAdopted", "ChangeReversed", "TrialRolledBack", "ReviewFell",
        "ProposalChecked", "ProposalAccepted", "TrialStarted",
        "ProposalChecked", "ProposalAccepted", "TrialEnded", "TrialStarted", "TrialEnded", "TrialStarted",
    ]  # fmt: skip
    assert examined(chain_of(whole)).faults == ()
    assert [one.event.reason for one in whole if isinstance(one.event, ProposalLapsed)] == ["quorum_not_met"]
    releases = [one.event for one in whole if isinstance(one.event, ReleasePublished)]
    assert [plan.proposal_id for plan in releases[-1].trials] == ["p6"]


@pytest.mark.parametrize("phase", PHASES)
async def test_a_crash_in_a_phase_changes_nothing_that_is_said(
    db: asyncpg.Connection, whole: list[Emit], phase: str
) -> None:
    assert await live(db, killed_in=phase) == whole
