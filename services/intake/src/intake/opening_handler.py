"""Originals that somebody opens: recorded before they are shown, and told to the citizen."""

from __future__ import annotations

import json
from collections.abc import Callable

import asyncpg
from common.contracts.catalogue import Installation, channel_of
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.channel import Contact
from common.contracts.events.intake import IntakeCommandRefused, OpenOriginal, OriginalOpened
from common.contracts.events.operations import RecordDisclosure
from common.contracts.refusals import coded
from common.contracts.rights import HasPeople
from common.contracts.signing import SignatureRefused
from common.messaging.kafka import Record
from pydantic import ValidationError

from intake import key_store, link_store, store, voice_store
from intake.addressed_notices import AddressedNotices
from intake.citizen_keys import CitizenKeys
from intake.erasure_handler import ERASURES
from intake.opening import open_original
from intake.vault import Vault

UNREADABLE = "a record that could not be handled was looked into"


class Openings:
    """`check` proves who signed a command."""

    def __init__(
        self, federation: HasPeople, check: Callable[[Delivery], str], installation: Installation, vault: Vault,
        keys: CitizenKeys, notices: AddressedNotices,
    ) -> None:  # fmt: skip
        self._federation = federation
        self._check = check
        self._installation = installation
        self._vault = vault
        self._keys = keys
        self._notices = notices

    async def ordered(self, delivery: Delivery, order: OpenOriginal, db: asyncpg.Connection) -> list[Emit]:
        """Whoever gave the order shows the original once it is answered."""
        cause = delivery.envelope
        said: OriginalOpened | str
        try:
            principal = self._check(delivery)
        except SignatureRefused as error:
            said = error.reason
        else:
            kept = await store.original_of(db, order.message_id)
            said = open_original(self._federation, order, principal, kept, cause.time)
        if isinstance(said, OriginalOpened):
            return await self._told(said, delivery, db)
        refused = IntakeCommandRefused(
            citizen="", command=order.type, command_id=cause.id, actor=order.actor.id, **coded(said)
        )
        return [Emit(ERASURES, order.message_id, refused, cause, cause.time)]

    async def looked_into(
        self, record: Record, delivery: Delivery, order: RecordDisclosure, db: asyncpg.Connection
    ) -> list[Emit]:
        """A record of a channel that could not be handled; whose it is, is known as far as it can be read."""
        logical = self._installation.logical(record.topic)
        if not logical.startswith("channel."):
            return []
        contact = _contact_in(record.value or b"")
        citizen = None
        if contact is not None:
            citizen = await link_store.known_as(db, self._vault.pseudonym(channel_of(logical), contact.address))
        opened = OriginalOpened(
            citizen=citizen, dead_letter_id=order.dead_letter_id, actor=order.actor.id, reason=UNREADABLE,
            opened_at=delivery.envelope.time,
        )  # fmt: skip
        return await self._told(opened, delivery, db)

    async def _told(self, opened: OriginalOpened, delivery: Delivery, db: asyncpg.Connection) -> list[Emit]:
        cause, citizen = delivery.envelope, opened.citizen
        key = citizen or opened.message_id or opened.dead_letter_id or ""
        emits = [Emit(ERASURES, key, opened, cause, cause.time)]
        to = (await voice_store.last_addressed(db, [citizen])).get(citizen) if citizen is not None else None
        if to is not None:
            await key_store.hold(db, self._keys, [to.key_id])
            if self._keys.opens(to.key_id):
                told = self._notices.to_addressee(
                    "original_opened", to, cause, cause.time, answers=False, by=opened.actor, reason=opened.reason
                )
                emits.append(told)
        return emits


def _contact_in(body: bytes) -> Contact | None:
    """Who sent it, where that much can be read."""
    try:
        found = json.loads(body)
        return Contact.model_validate(found["contact"])
    except (ValueError, ValidationError, KeyError, TypeError, RecursionError):
        return None
