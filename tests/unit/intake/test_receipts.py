"""A channel's word on a notice: what of it is an event, and what of its reason may be told on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from common.contracts.events.channel import NoticeDelivered
from common.contracts.events.intake import DeliveryFailed, DeliverySucceeded, QuestionDelivered
from intake.receipts import MAX_REASON, Receipt, decide_receipt, harmless

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASKED = datetime(2026, 3, 1, 9, tzinfo=UTC)


def receipt(delivered: bool, reason: str | None = None, notice: str = "answered") -> Receipt:
    event = NoticeDelivered(notice_id="n", delivered=delivered, reason=reason)
    return Receipt(event, "web", notice, case_id="c", asked_at=ASKED if notice == "asked" else None)


def test_a_failure_and_its_end_are_told_on_and_what_was_known_is_not() -> None:
    assert isinstance(decide_receipt(receipt(False), True, (), NOW).event, DeliveryFailed)
    assert isinstance(decide_receipt(receipt(True), False, (), NOW).event, DeliverySucceeded)
    assert decide_receipt(receipt(True), True, (), NOW).event is None
    assert decide_receipt(receipt(False), False, (), NOW).event is None


def test_that_a_question_reached_the_citizen_is_told_on_once_and_only_on_the_channels_word() -> None:
    arrived = decide_receipt(receipt(True, notice="asked"), None, (), NOW)
    assert (arrived.event, arrived.question) == (
        None, QuestionDelivered(notice_id="n", case_id="c", channel="web", delivered_at=NOW, asked_at=ASKED),
    )  # fmt: skip
    after_all = decide_receipt(receipt(True, notice="asked"), False, (), NOW)
    assert isinstance(after_all.event, DeliverySucceeded)
    assert after_all.question == arrived.question
    assert decide_receipt(receipt(True, notice="asked"), True, (), NOW).question is None
    assert decide_receipt(receipt(False, notice="asked"), None, (), NOW).question is None
    assert decide_receipt(receipt(True), None, (), NOW).question is None


def test_a_question_that_is_forgotten_stops_no_clock() -> None:
    late = replace(receipt(True, notice="asked"), asked_at=None)
    assert decide_receipt(late, None, (), NOW).question is None


def test_a_reason_is_told_without_the_citizens_contact_and_cut_short() -> None:
    decision = decide_receipt(receipt(False, "no mailbox @ann_e for Ann Example"), True, ("@ann_e", None), NOW)
    assert decision.reason == "no mailbox [contact] for Ann Example"
    assert isinstance(decision.event, DeliveryFailed)
    assert decision.event.reason == decision.reason
    assert len(harmless("x" * 2 * MAX_REASON, ())) == MAX_REASON
