"""The ladder is read from table `escalation` of the case's own release."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from common.contracts.events.federal import CaseEscalated
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.messaging.failures import TransientError
from common.rulebook import NATIONAL, Release, ReleaseBook, reverse, sealed
from common.rulebook.jdm import document_of, rows_of
from federal.domain import escalate
from federal.ladder import Ladder
from federal.model import FederalContext, Watched

from tests.unit.federal.test_ladder import EveryMinuteWorks

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def book() -> ReleaseBook:
    rows = [
        (
            "one",
            {
                "level": "1",
                "after_minutes": "60",
                "to": '"authority_head"',
                "directive": "false",
                "directive_minutes": "480",
            },
        ),
        (
            "two",
            {
                "level": "2",
                "after_minutes": "240",
                "to": '"regional_head"',
                "directive": "true",
                "directive_minutes": "60",
            },
        ),
    ]
    found = ReleaseBook()
    found.add(
        sealed(
            Release(
                layer=NATIONAL, number=1, effective_at=datetime(1970, 1, 1, tzinfo=UTC),
                tables={"escalation": document_of("escalation", rows)}, previous_hash="", hash="",
            )
        )
    )  # fmt: skip
    return found


def watched(release: str, priority: int, region: str | None = "north") -> Watched:
    return Watched("c1", region, None, priority, NOW, 0, None, True, False, None, NOW, NOW, release, "chain")


def test_a_rung_comes_from_the_release_with_the_row_that_made_it() -> None:
    ladder = Ladder(book())
    rung = ladder.rung(watched("national:1", 3), 2, NOW)
    assert rung is not None
    assert (rung.after_minutes, rung.to, rung.directive) == (240, "regional_head", True)
    assert rung.because[0].row_id == "two"
    assert ladder.rung(watched("national:1", 3), 3, NOW) is None


def test_a_case_without_a_release_climbs_by_the_one_in_force() -> None:
    assert Ladder(book()).rung(watched("", 2, region=None), 1, NOW) is not None


def test_an_unknown_release_may_pass() -> None:
    with pytest.raises(TransientError, match="national:7"):
        Ladder(book()).rung(watched("national:7", 2), 1, NOW)


def test_an_escalation_tells_the_arm_of_a_trial_and_keeps_it_with_the_release_of_the_case() -> None:
    base = book().head(NATIONAL)
    assert base is not None
    before = dict(rows_of("escalation", base.tables["escalation"]))["one"]
    change = RowChange(op="set", row_id="one", before=before, after={**before, "after_minutes": "30"})
    patch = Patch(layer=NATIONAL, base_number=1, table="escalation", changes=(change,))
    plan = TrialPlan(
        proposal_id="p1", patch=patch, reversal=reverse(patch, base.tables), unit="case", share=1, salt="salt",
        started_at=NOW,
    )  # fmt: skip
    found = ReleaseBook([base, sealed(base.model_copy(update={"number": 2, "trials": (plan,)}))])
    tried, before_it = (Ladder(found).rung(watched(f"national:{n}", 3), 1, NOW) for n in (2, 1))
    assert tried is not None
    assert before_it is not None
    assert (tried.after_minutes, before_it.after_minutes) == (30, 60)
    assert [(arm.proposal_id, arm.unit_id, arm.arm) for arm in tried.arms] == [("p1", "c1", "candidate")]
    assert before_it.arms == ()
    centre = FederalContext(lambda where: EveryMinuteWorks(), lambda case, level, now: tried)
    climbed = escalate(replace(watched("national:2", 3), next_at=NOW), NOW, centre)
    escalated = climbed.events[0].event
    assert isinstance(escalated, CaseEscalated)
    assert escalated.arms == tried.arms
