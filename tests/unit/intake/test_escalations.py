"""What was told of a delay is known until it is taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from intake.escalations import Escalations, ToldEscalation, WrongTime

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def escalated(level: int) -> CaseEscalated:
    return CaseEscalated(
        case_id="c", region="north", authority="roads", level=level, to="authority_head", due_at=NOW
    )  # fmt: skip


def withdrawn(*levels: int) -> CaseEscalationWithdrawn:
    return CaseEscalationWithdrawn(
        case_id="c", region="north", authority="roads", level=0, withdrawn=levels, due_at=NOW,
        reason="the clock was ahead",
    )  # fmt: skip


def test_what_was_told_in_this_batch_goes_unsaid_and_what_was_told_before_is_corrected() -> None:
    escalations = Escalations(None, [ToldEscalation("c", 1, "before"), ToldEscalation("other", 1, "kept")])
    escalations.told(escalated(2), "now")
    escalations.told(escalated(3), "stays")
    assert escalations.withdraw(withdrawn(1, 2)) == ({"now"}, ("before",))
    assert [told.notice_id for told in escalations.told_now] == ["stays"]
    assert escalations.withdraw(withdrawn(1, 2)) == (set(), ())


def test_an_escalation_of_a_tick_that_is_taken_back_already_is_premature() -> None:
    escalations = Escalations(WrongTime(NOW, NOW + 2 * HOUR, appended_at=NOW + 3 * HOUR), [])
    assert escalations.premature(NOW + HOUR, NOW + HOUR)
    assert not escalations.premature(NOW, NOW)
    assert not escalations.premature(NOW + 3 * HOUR, NOW + HOUR)
    assert not escalations.premature(NOW + HOUR, NOW + 4 * HOUR)
    assert not Escalations(None, []).premature(NOW + HOUR, NOW + HOUR)
