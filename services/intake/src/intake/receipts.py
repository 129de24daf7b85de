"""What channels say of their deliveries: kept, and told on where a notice did not reach the citizen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.base import Event
from common.contracts.events.channel import Contact, NoticeDelivered
from common.contracts.events.intake import DeliveryFailed, DeliverySucceeded

from intake import store
from intake.border import Border
from intake.notices import read_notice_id
from intake.redaction import redact
from intake.rejections import UNKNOWN_NOTICE, Rejections
from intake.store import Conversation, NoticeDelivery
from intake.vault import Vault

TOPIC = "intake.messages"
MAX_REASON = 300
"""Characters."""
SaidAt = Callable[[Delivery], datetime]


class Receipts:
    """Everything about receipts in a batch."""

    def __init__(self, vault: Vault, border: Border, rejections: Rejections) -> None:
        self._vault = vault
        self._border = border
        self._rejections = rejections

    async def take(self, batch: Sequence[Delivery], db: asyncpg.Connection, said_at: SaidAt) -> list[Emit]:
        """Keep each notice's last receipt. A failure and its end are events; a receipt of no notice is rejected."""
        if not batch:
            return []
        read = [(d, read_notice_id(_channel(d), _receipt(d).notice_id)) for d in batch]
        abouts = {found[0] for _, found in read if found is not None}
        cases = await store.by_case(db, abouts)
        messages = await store.messages_of(db, abouts - cases.keys())
        states = await store.deliveries(db, {_receipt(d).notice_id for d, found in read if found is not None})
        last: dict[str, NoticeDelivery] = {}
        emits: list[Emit] = []
        for delivery, found in read:
            channel, receipt, at = _channel(delivery), _receipt(delivery), said_at(delivery)
            cause = self._border.cause(delivery.envelope, channel)
            case = cases.get(found[0]) if found is not None else None
            if found is None or not (case.channel == channel if case else (channel, found[0]) in messages):
                emits.append(self._rejections.of_delivery(delivery, cause, "unknown_notice", UNKNOWN_NOTICE, at))
                continue
            about, notice = found
            reason = self._harmless(receipt.reason, case)
            before = states.get(receipt.notice_id, True)
            states[receipt.notice_id] = receipt.delivered
            case_id = case.case_id if case else None
            last[receipt.notice_id] = NoticeDelivery(
                receipt.notice_id, channel, case_id, receipt.delivered, self._sealed(reason, receipt.notice_id)
            )  # fmt: skip
            if before != receipt.delivered:
                event = _told(receipt, case_id, channel, notice, reason, at)
                correlation = case.correlation_id if case else None
                emits.append(Emit(TOPIC, about, event, cause, at, correlation_id=correlation))
        await store.save_deliveries(db, last.values())
        return emits

    def _sealed(self, reason: str | None, about: str) -> bytes | None:
        return None if reason is None else self._vault.seal_bytes(reason.encode(), about)

    def _harmless(self, reason: str | None, case: Conversation | None) -> str | None:
        """A channel's own words, without what could tell who the citizen is."""
        if reason is None:
            return None
        if case is not None:
            contact = Contact.model_validate_json(self._vault.open(case.contact, case.case_id, case.key_id))
            for personal in filter(None, (contact.address, contact.name)):
                reason = reason.replace(personal, "[contact]")
        return redact(reason)[:MAX_REASON]


def _told(
    receipt: NoticeDelivered, case_id: str | None, channel: str, notice: str, reason: str | None, at: datetime
) -> Event:
    if receipt.delivered:
        return DeliverySucceeded(
            notice_id=receipt.notice_id, case_id=case_id, channel=channel, notice=notice, succeeded_at=at
        )
    return DeliveryFailed(
        notice_id=receipt.notice_id, case_id=case_id, channel=channel, notice=notice, reason=reason, failed_at=at
    )


def _receipt(delivery: Delivery) -> NoticeDelivered:
    assert isinstance(delivery.event, NoticeDelivered)
    return delivery.event


def _channel(delivery: Delivery) -> str:
    return delivery.topic.split(".")[1]
