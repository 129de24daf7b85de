"""A channel's word on a notice: what of it is an event, and what of its reason may be told on."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.events.channel import NoticeDelivered
from common.contracts.events.intake import DeliveryFailed, DeliverySucceeded
from intake.receipts import MAX_REASON, Receipt, decide_receipt, harmless

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def receipt(delivered: bool, reason: str | None = None) -> Receipt:
    event = NoticeDelivered(notice_id="n", delivered=delivered, reason=reason)
    return Receipt(event, "web", "answered", case_id="c")


def test_a_failure_and_its_end_are_told_on_and_what_was_known_is_not() -> None:
    assert isinstance(decide_receipt(receipt(False), True, (), NOW).event, DeliveryFailed)
    assert isinstance(decide_receipt(receipt(True), False, (), NOW).event, DeliverySucceeded)
    assert decide_receipt(receipt(True), True, (), NOW).event is None
    assert decide_receipt(receipt(False), False, (), NOW).event is None


def test_a_reason_is_told_without_the_citizens_contact_and_cut_short() -> None:
    decision = decide_receipt(receipt(False, "no mailbox @ann_e for Ann Example"), True, ("@ann_e", None), NOW)
    assert decision.reason == "no mailbox [contact] for Ann Example"
    assert isinstance(decision.event, DeliveryFailed)
    assert decision.event.reason == decision.reason
    assert len(harmless("x" * 2 * MAX_REASON, ())) == MAX_REASON
