"""What a channel says of its delivery of a notice: kept, and told on where that changes what is known. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from common.contracts.events.channel import NoticeDelivered
from common.contracts.events.intake import DeliveryFailed, DeliverySucceeded, QuestionDelivered
from common.contracts.frozen import value

from intake.redaction import redact

MAX_REASON = 300
"""Characters."""
QUESTIONS = frozenset({"asked", "reminded", "reminded_closing"})
"""Kinds of notices that put a region's question."""


@value
class Receipt:
    """A channel's word, and which notice it is about."""

    event: NoticeDelivered
    channel: str
    notice: str
    """Its kind."""
    case_id: str | None
    """None where the notice was about a message that was refused, or about a proposal."""
    asked_at: datetime | None = None
    """When the region asked, of a notice that puts its question. None: that is forgotten, and the receipt must not stop
    the clock for a later question."""


@value
class ReceiptDecision:
    """`event` is None where the channel had said the same before."""

    reason: str | None
    """Without what could tell who the citizen is."""
    event: DeliveryFailed | DeliverySucceeded | None
    question: QuestionDelivered | None = None
    """Where it was a region's question that reached the citizen: the first word of that."""


def decide_receipt(
    receipt: Receipt, reached_before: bool | None, personal: Iterable[str | None], now: datetime
) -> ReceiptDecision:
    """A failure and its end are events. `personal`: what the vault knows of the citizen, which the channel may repeat.

    A notice of which nothing was said (None) is taken to have reached the citizen, but for a question, which stops the
    region's clock.
    """
    event = receipt.event
    question = None
    asks = receipt.notice in QUESTIONS and receipt.case_id is not None
    if asks and receipt.asked_at is not None and event.delivered and not reached_before:
        question = QuestionDelivered(
            notice_id=event.notice_id, case_id=receipt.case_id, channel=receipt.channel, delivered_at=now,
            asked_at=receipt.asked_at,
        )  # fmt: skip
    reason = None if event.reason is None else harmless(event.reason, personal)
    if event.delivered == (reached_before is not False):
        return ReceiptDecision(reason, None, question)
    if event.delivered:
        succeeded = DeliverySucceeded(
            notice_id=event.notice_id, case_id=receipt.case_id, channel=receipt.channel, notice=receipt.notice,
            succeeded_at=now,
        )  # fmt: skip
        return ReceiptDecision(reason, succeeded, question)
    failed = DeliveryFailed(
        notice_id=event.notice_id, case_id=receipt.case_id, channel=receipt.channel, notice=receipt.notice,
        reason=reason, failed_at=now,
    )  # fmt: skip
    return ReceiptDecision(reason, failed)


def harmless(reason: str, personal: Iterable[str | None]) -> str:
    """A channel's own words, without these and without what looks like personal data."""
    for one in filter(None, personal):
        reason = reason.replace(one, "[contact]")
    return redact(reason)[:MAX_REASON]
