"""Load what a batch's receipts are about, decide each, keep the last word on each notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import asyncpg
from common.contracts.catalogue import channel_of
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.channel import NoticeDelivered
from common.contracts.events.intake import DeliveryFailed
from common.contracts.notice_ids import read_notice_id

from intake import copy_store, key_store, store, told_questions, voice_store
from intake.border import Border
from intake.citizen_keys import CitizenKeys
from intake.domain import TOPIC
from intake.erasure_handler import ERASED
from intake.official_notices import TO_HEADS
from intake.receipts import Receipt, decide_receipt
from intake.redirecting import Redirecting
from intake.rejections import UNKNOWN_NOTICE, Rejections
from intake.sealed_records import SealedRecords
from intake.store import NoticeDelivery
from intake.vault import Vault

SaidAt = Callable[[Delivery], datetime]


class ReceiptHandler:
    """Everything about receipts in a batch."""

    def __init__(
        self, vault: Vault, keys: CitizenKeys, sealed: SealedRecords, border: Border, rejections: Rejections,
        redirecting: Redirecting,
    ) -> None:  # fmt: skip
        self._vault = vault
        self._keys = keys
        self._sealed = sealed
        self._border = border
        self._rejections = rejections
        self._redirecting = redirecting

    async def handle(
        self, batch: Sequence[Delivery], db: asyncpg.Connection, said_at: SaidAt, since: datetime | None = None
    ) -> list[Emit]:  # fmt: skip
        """A receipt of no notice of its channel is rejected. Questions until `since` are forgotten."""
        if not batch:
            return []
        read = [(d, event, read_notice_id(channel_of(d.topic), event.notice_id)) for d, event in _receipts(batch)]
        abouts = {found[0] for _, _, found in read if found is not None}
        cases = await store.by_case(db, abouts)
        messages = await store.messages_of(db, abouts - cases.keys())
        told = await voice_store.told_about(db, abouts - cases.keys())
        await key_store.hold(db, self._keys, [c.key_id for c in cases.values()] + [c.key_id for c in told.values()])
        reached = await store.deliveries(db, {event.notice_id for _, event, found in read if found is not None})
        asked = await told_questions.asked_at(
            db, {event.notice_id for _, event, found in read if found is not None}, since
        )  # fmt: skip
        copies = await copy_store.copies(db, {event.notice_id for _, event, found in read if found is not None})
        await key_store.hold(db, self._keys, [one.key_id for one in copies.values()])
        failing = [
            (copies[event.notice_id], said_at(delivery))
            for delivery, event, _ in read
            if not event.delivered and event.notice_id in copies
        ]
        ways = await self._redirecting.ready(failing, db)
        last: dict[str, NoticeDelivery] = {}
        arrived: dict[str, datetime] = {}
        emits: list[Emit] = []
        for delivery, event, found in read:
            channel, at = channel_of(delivery.topic), said_at(delivery)
            cause = self._border.cause(delivery, channel)
            case = cases.get(found[0]) if found is not None else None
            to = case or (told.get(found[0]) if found is not None else None)
            if found is not None and found[1] == ERASED:
                continue  # Its address is forgotten, whatever became of it.
            copy = copies.get(event.notice_id)
            told_here = copy is not None and copy.channel == channel
            known = told_here or (to.channel == channel if to else found and (channel, found[0]) in messages)
            known = known or (found is not None and found[1] in TO_HEADS)
            if found is None or not known:
                emits.append(self._rejections.of_delivery(delivery, cause, "unknown_notice", UNKNOWN_NOTICE, at))
                continue
            about, notice = found
            opened = to if to is not None and self._keys.opens(to.key_id) else None
            contact = self._sealed.contact(opened) if opened is not None and event.reason is not None else None
            personal = [contact.address, contact.name] if contact is not None else []
            personal += self._redirecting.personal(copy)
            about_case = case.case_id if case else None
            receipt = Receipt(event, channel, notice, about_case, asked.get(event.notice_id))
            decision = decide_receipt(receipt, reached.get(event.notice_id), personal, at)
            reached[event.notice_id] = event.delivered
            last[event.notice_id] = self._kept(receipt, decision.reason, opened.key_id if opened else None)
            correlation = case.correlation_id if case else None
            emits += [
                Emit(TOPIC, about, told, cause, at, correlation_id=correlation)
                for told in (decision.event, decision.question)
                if told is not None
            ]
            if copy is None:
                continue
            if event.delivered:
                arrived[copy.notice_id] = at
            elif isinstance(decision.event, DeliveryFailed):
                emits += self._redirecting.failed(copy, cause, at, ways)
        await self._redirecting.save(ways, db)
        if arrived:
            await self._redirecting.delivered(arrived, db)
        await store.save_deliveries(db, last.values())
        return emits

    def _kept(self, receipt: Receipt, reason: str | None, key_id: str | None) -> NoticeDelivery:
        notice_id, delivered, sealed = receipt.event.notice_id, receipt.event.delivered, None
        own = key_id if key_id is not None and self._keys.is_citizens(key_id) else None
        if reason is not None and own is not None:
            sealed = self._keys.seal(reason, notice_id, own)
        elif reason is not None:
            sealed = self._vault.seal_bytes(reason.encode(), notice_id)
        return NoticeDelivery(notice_id, receipt.channel, receipt.case_id, delivered, sealed, own)


def _receipts(batch: Sequence[Delivery]) -> list[tuple[Delivery, NoticeDelivered]]:
    return [(d, d.event) for d in batch if isinstance(d.event, NoticeDelivered)]
