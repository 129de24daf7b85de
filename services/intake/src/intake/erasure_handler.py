"""Citizens who are erased, by an order or by their own wish: decide, tell them the last word, delete, tell others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.channel import NoticeWithdrawn
from common.contracts.events.intake import CitizenErased, ConversationErased, EraseCitizen, IntakeCommandRefused
from common.contracts.refusals import coded
from common.contracts.rights import HasPeople
from common.contracts.signing import SignatureRefused

from intake import copy_store, erasure_store, key_store, link_store, voice_store
from intake.addressed_notices import AddressedNotices
from intake.citizen_keys import CitizenKeys
from intake.domain import Incoming
from intake.erasing import CITIZEN, erase
from intake.noting import noted
from intake.voice_store import Addressee

ERASURES = "intake.erasures"
ERASED, WAITS = "erased", "erasure_waits"
"""Kinds of notices, and what becomes of a request."""
MOST_NAMES = 500
"""Of cases and messages in one record about an erased conversation."""


class Erasures:
    """`check` proves who signed a command."""

    def __init__(
        self, federation: HasPeople, check: Callable[[Delivery], str], keys: CitizenKeys, notices: AddressedNotices
    ) -> None:  # fmt: skip
        self._federation = federation
        self._check = check
        self._keys = keys
        self._notices = notices

    async def ordered(self, delivery: Delivery, order: EraseCitizen, db: asyncpg.Connection) -> list[Emit]:
        """Obey an order, or refuse it."""
        cause, citizen = delivery.envelope, await link_store.known_as(db, order.citizen)
        said: CitizenErased | str
        try:
            principal = self._check(delivery)
        except SignatureRefused as error:
            said = error.reason
        else:
            known = await erasure_store.known(db, citizen)
            said = erase(self._federation, order, principal, known, cause.time)
        if not isinstance(said, CitizenErased):
            refused = IntakeCommandRefused(
                citizen=order.citizen, command=order.type, command_id=cause.id, actor=order.actor.id, **coded(said)
            )
            return [Emit(ERASURES, order.citizen, refused, cause, cause.time)]
        to = (await voice_store.last_addressed(db, [citizen])).get(citizen)
        last = await self._told(ERASED, to, cause, cause.time, db)
        last += await self._withdrawn(citizen, cause, db)
        names = await erasure_store.forget(db, citizen, said.erased_at)
        return last + [_erased(name, said, cause) for name in names]

    async def requested(self, incoming: Incoming, thread: bytes, at: datetime, db: asyncpg.Connection) -> list[Emit]:
        """A citizen's own wish, in a conversation that is theirs. Over HTTP a conversation proves itself alone, since
        nobody proves the address: there it is done for that conversation, and for all once it was asked for in each."""
        citizen, cause = incoming.citizen, incoming.cause
        await erasure_store.known(db, citizen)
        to = (await voice_store.addressed(db, [thread])).get(thread)
        waits = incoming.by_edge and await erasure_store.others_wait(db, citizen, thread, at)
        outcome = WAITS if waits else ERASED
        emits = await self._told(outcome, to, cause, at, db)
        emits += noted(incoming, outcome, at)
        if waits:
            emits += self._called_back(
                await copy_store.on_the_way_about(db, await erasure_store.cases_of(db, thread)), cause
            )
            emits += await self._conversation_erased(citizen, thread, cause, at, db)
            await erasure_store.forget_conversation(db, thread)
        else:
            emits += await self._withdrawn(citizen, cause, db)
            names = await erasure_store.forget(db, citizen, at)
            erased = CitizenErased(citizen=citizen, actor=CITIZEN, erased_at=at)
            emits += [_erased(name, erased, cause) for name in names]
        return emits

    async def _conversation_erased(
        self, citizen: str, thread: bytes, cause: Envelope, at: datetime, db: asyncpg.Connection
    ) -> list[Emit]:
        """The word to others about all that was said in it, so much in one record."""
        cases, messages = await erasure_store.said_in(db, thread)
        parts: list[tuple[tuple[str, ...], tuple[str, ...]]]
        parts = [(tuple(cases[n : n + MOST_NAMES]), ()) for n in range(0, len(cases), MOST_NAMES)]
        parts += [((), tuple(messages[n : n + MOST_NAMES])) for n in range(0, len(messages), MOST_NAMES)]
        if len(cases) + len(messages) <= MOST_NAMES:
            parts = [(tuple(cases), tuple(messages))]
        return [
            Emit(
                ERASURES, name, ConversationErased(citizen=name, cases=some, messages=others, erased_at=at), cause, at,
                id=derived_id("conversation erased", cause.id, name, str(number)),
            )
            for name in await erasure_store.names_in(db, thread, citizen)
            for number, (some, others) in enumerate(parts)
        ]  # fmt: skip

    async def _withdrawn(self, citizen: str, cause: Envelope, db: asyncpg.Connection) -> list[Emit]:
        """What is still being said again elsewhere: those channels do not know whose it is."""
        return self._called_back(await copy_store.on_the_way(db, citizen), cause)

    def _called_back(self, on_the_way: Sequence[tuple[str, str, str]], cause: Envelope) -> list[Emit]:
        return [
            Emit(
                f"channel.{channel}.outbound", case_id, NoticeWithdrawn(case_id=case_id, notice_id=notice_id), cause,
                cause.time, id=derived_id("withdrawn", notice_id),
            )
            for channel, case_id, notice_id in on_the_way
        ]  # fmt: skip

    async def _told(
        self, kind: str, to: Addressee | None, cause: Envelope, at: datetime, db: asyncpg.Connection
    ) -> list[Emit]:
        """A word to the citizen; nothing where no conversation of theirs can be opened any more."""
        if to is not None:
            await key_store.hold(db, self._keys, [to.key_id])
            if self._keys.opens(to.key_id):
                return [self._notices.to_addressee(kind, to, cause, at)]
        return []


def _erased(name: str, erased: CitizenErased, cause: Envelope) -> Emit:
    """The word to others about one of the citizen's pseudonyms."""
    return Emit(ERASURES, name, erased.model_copy(update={"citizen": name}), cause, erased.erased_at)
