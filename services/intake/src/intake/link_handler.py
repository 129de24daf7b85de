"""Citizens who link two channels: send a code to the one, hear it on the other, tell both and others. And codes that
come back, whatever they were sent for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.channel import LinkRequested, MessageReceived
from common.contracts.events.intake import CitizensLinked

from intake import key_store, link_store, voice_store
from intake.addressed_notices import AddressedNotices
from intake.citizen_keys import CitizenKeys
from intake.domain import Incoming, message_id_of
from intake.erasure_handler import ERASURES
from intake.linking import MOST_VOICES, AskedCode, AwaitedCode, code_in, judge_all, request_outcome
from intake.noting import noted
from intake.other_addresses import OtherAddresses
from intake.vault import Vault
from intake.voice_store import Addressee


class Linking:
    """Everything about the linking of channels."""

    def __init__(
        self, vault: Vault, keys: CitizenKeys, notices: AddressedNotices, addresses: OtherAddresses
    ) -> None:  # fmt: skip
        self._vault = vault
        self._keys = keys
        self._notices = notices
        self._addresses = addresses

    async def requested(self, incoming: Incoming, thread: bytes, at: datetime, db: asyncpg.Connection) -> list[Emit]:
        """Send a code to where the other spoke last. Who asks is told the same, whether there is such a citizen or
        not, and whether a code was sent or that one had enough of them."""
        event, cause, citizen = incoming.event, incoming.cause, incoming.citizen
        assert isinstance(event, LinkRequested)
        other = await link_store.known_as(db, self._vault.pseudonym(event.other_channel, event.other_address))
        to = (await voice_store.last_addressed(db, [other])).get(other)
        emits: list[Emit] = []
        code = self._vault.link_code(cause.source, cause.id)
        awaited = AwaitedCode(thread, citizen, other, self._vault.code_hash(thread, code), at)
        outcome = request_outcome((await link_store.codes_asked(db, [awaited])).before(awaited))
        if outcome == "link_limited":
            return noted(incoming, outcome, at)
        sent = outcome == "code_sent" and other != citizen
        await link_store.note_asked(db, [AskedCode(message_id_of(cause), thread, citizen, other, at, sent)])
        if sent:
            await link_store.await_codes(db, [awaited])
            emits += await self._told("link_code", to, cause, at, db, code=code)
        emits += await self._told("link_asked", await self._here(thread, db), cause, at, db, answered=True)
        return emits + noted(incoming, "code_sent", at)

    async def answered(
        self, incoming: Incoming, awaited: Sequence[AwaitedCode], at: datetime, db: asyncpg.Connection
    ) -> list[Emit]:
        """Judge a code that came in the conversation where these are awaited."""
        event, cause, thread = incoming.event, incoming.cause, awaited[0].thread
        assert isinstance(event, MessageReceived)
        judged = judge_all(awaited, self._vault.code_hash(thread, code_in(event) or ""), at)
        outcome, right = judged.outcome, judged.right
        await link_store.count_wrong(db, judged.wrong)
        await link_store.stop_awaiting(db, (*judged.ended, *((right,) if right is not None else ())))
        emits: list[Emit] = []
        fields: dict[str, str] = {}
        if right is not None and right.proves:
            said, fields = await self._addresses.proved(right, cause, at, db)
            emits += said
        elif right is not None:
            emits += await self._link(incoming, right, at, db)
        emits += await self._told(outcome, await self._here(thread, db), cause, at, db, answered=True, **fields)
        return emits + noted(incoming, outcome, at)

    async def _link(self, incoming: Incoming, awaited: AwaitedCode, at: datetime, db: asyncpg.Connection) -> list[Emit]:
        """Over HTTP one conversation alone, since nobody proves an address there."""
        citizen, cause = incoming.citizen, incoming.cause
        other = await link_store.known_as(db, awaited.other)
        if other == citizen:
            return []
        to = (await voice_store.last_addressed(db, [other])).get(other)
        emits = await self._told("linked", to, cause, at, db)
        voices: tuple[str, ...] | None = None
        if incoming.by_edge:
            voices = await link_store.voices_in(db, awaited.thread, MOST_VOICES)
            await link_store.link_conversation(db, awaited.thread, incoming.sender, other)
        else:
            await link_store.link_citizen(db, citizen, other)
        linked = CitizensLinked(citizen=citizen, into_citizen=other, linked_at=at, voices=voices)
        return [*emits, Emit(ERASURES, citizen, linked, cause, at)]

    async def _here(self, thread: bytes, db: asyncpg.Connection) -> Addressee | None:
        return (await voice_store.addressed(db, [thread])).get(thread)

    async def _told(
        self, kind: str, to: Addressee | None, cause: Envelope, at: datetime, db: asyncpg.Connection, *,
        answered: bool = False, **fields: str,
    ) -> list[Emit]:  # fmt: skip
        if to is None:
            return []
        await key_store.hold(db, self._keys, [to.key_id])
        if not self._keys.opens(to.key_id):
            return []
        return [self._notices.to_addressee(kind, to, cause, at, answers=answered, **fields)]
