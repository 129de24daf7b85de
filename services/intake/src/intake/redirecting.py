"""Notices that a channel could not deliver are said again on another of their citizen's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

import asyncpg
from common.contracts.catalogue import channel_of
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.channel import Contact, NoticeIssued
from common.contracts.events.intake import NoticeRedirected
from common.contracts.frozen import value
from common.contracts.notice_ids import notice_id
from common.federation.country import Federation
from pydantic import BaseModel

from intake import copy_store, key_store
from intake.citizen_keys import CitizenKeys
from intake.copy_store import NoticeCopy, OtherAddress, Reachable, SaidAgain
from intake.domain import TOPIC
from intake.other_addresses import CODE, OtherAddresses
from intake.other_ways import (
    KEPT,
    KEPT_DELIVERED,
    MOST_COPIES,
    REMEMBERED,
    UNASKED,
    may_be_written_to,
)
from intake.phrasing import Phrasing
from intake.sealed_records import SealedRecords
from intake.voice_store import Addressee


class _Words(BaseModel):
    """What is kept of a notice."""

    reference: str
    notice: Literal["registered", "answered", "extended", "escalated", "refused"]
    text: str
    language: str
    correlation_id: str | None
    personal: tuple[str, ...] = ()
    """Of whom it went to, where that is not the address that the conversation knows."""


@value
class _Way:
    """Where a notice is said again."""

    channel: str
    conversation: str
    contact: Contact
    thread: bytes | None = None
    """Of a conversation that is the citizen's."""
    recipient: str | None = None
    """Of an address that was given elsewhere."""


class Ways:
    """Where the notices of a batch may be said again, and what was said again so far."""

    def __init__(
        self, known: Mapping[tuple[str, str], Addressee], given: Mapping[str, Sequence[OtherAddress]],
        said: dict[str, dict[str, datetime]],
    ) -> None:  # fmt: skip
        self.known = known
        """By citizen and channel the conversation in which they spoke last there."""
        self.given = given
        """By case the addresses that were given for it."""
        self._said = said
        """By address when each notice went to it."""
        self.said_again: list[SaidAgain] = []
        self.following: list[NoticeCopy] = []

    def unasked(self, recipient: str, at: datetime) -> list[int]:
        """How many notices an address got within each time of UNASKED, those of this batch too."""
        times = self._said.get(recipient, {}).values()
        return [sum(time > at - within for time in times) for within, _ in UNASKED]

    def note(self, said: SaidAgain, following: NoticeCopy) -> None:
        self.said_again.append(said)
        self.following.append(following)
        if said.recipient is not None:
            self._said.setdefault(said.recipient, {})[said.again] = said.at


class Redirecting:
    """Keys must be those of the batch."""

    def __init__(
        self, keys: CitizenKeys, sealed: SealedRecords, phrasing: Phrasing, federation: Federation,
        addresses: OtherAddresses,
    ) -> None:  # fmt: skip
        self._keys = keys
        self._sealed = sealed
        self._phrasing = phrasing
        self._addresses = addresses
        self._titles = {one.id: one.title for one in federation.channels}
        self._reaches = {one.id: one.reaches for one in federation.channels}

    async def keep(self, emits: Sequence[Emit], db: asyncpg.Connection) -> None:
        """Keep the words of those notices whose citizens can be told elsewhere."""
        notices = [(e, e.event) for e in emits if isinstance(e.event, NoticeIssued) and e.event.reference and e.id]
        if not notices:
            return
        cases = await copy_store.reachable(db, {event.case_id for _, event in notices})
        if not cases:
            return
        await key_store.hold(db, self._keys, [one.key_id for one in cases.values()])
        copies = [
            self._copy(emit, event, case)
            for emit, event in notices
            if (case := cases.get(event.case_id)) is not None
            and self._keys.is_citizens(case.key_id) and self._keys.opens(case.key_id)
        ]  # fmt: skip
        if copies:
            await copy_store.keep(db, copies, MOST_COPIES)

    def personal(self, copy: NoticeCopy | None) -> tuple[str, ...]:
        """What a channel may repeat of whom a notice went to."""
        found = self._opened(copy) if copy is not None else None
        return found.personal if found is not None else ()

    async def delivered(self, at: Mapping[str, datetime], db: asyncpg.Connection) -> None:
        await copy_store.end_soon(db, [(one, time + KEPT_DELIVERED) for one, time in at.items()])

    async def forget_old(self, now: datetime, db: asyncpg.Connection) -> None:
        await copy_store.forget_old(db, now, REMEMBERED)

    async def ready(self, failed: Sequence[tuple[NoticeCopy, datetime]], db: asyncpg.Connection) -> Ways:
        """Where these may be said again, all read at once: an outage of a channel fails thousands in one batch. Each
        with the time at which it failed."""
        if not failed:
            return Ways({}, {}, {})
        reached = [one for one, whom in self._reaches.items() if whom != "nobody"]
        known = await copy_store.conversations_on_others(db, {copy.citizen for copy, _ in failed}, reached)
        given = await copy_store.addresses_for(db, {copy.case_id for copy, _ in failed})
        addresses = [one for those in given.values() for one in those]
        await key_store.hold(db, self._keys, [*(one.key_id for one in known.values()), *(a.key_id for a in addresses)])
        said: dict[str, dict[str, datetime]] = {}
        if addresses:
            since = min(at for _, at in failed) - REMEMBERED
            said = await copy_store.said_unasked(db, {one.recipient for one in addresses}, since)
        return Ways(known, given, said)

    def failed(self, copy: NoticeCopy, cause: Envelope, at: datetime, ways: Ways) -> list[Emit]:
        """Say a notice again where its citizen can be told next; nothing where that is nowhere."""
        words = self._opened(copy) if copy.kind != CODE else None
        way = self._way(copy, words.language, at, ways) if words is not None else None
        if words is None or way is None:
            return []
        again = notice_id(way.channel, copy.case_id, copy.kind, ("said again", copy.notice_id))
        kind = "said_again" if way.recipient is None else "said_again_unasked"
        by = self._titles.get(copy.channel, copy.channel)
        fields = {"reference": words.reference, "channel": by, "answer": words.text}
        told = NoticeIssued(
            case_id=copy.case_id, reference=words.reference, conversation=way.conversation, contact=way.contact,
            notice=words.notice, kind=copy.kind, text=self._phrasing.text(kind, words.language, at, fields),
            failed_on=copy.channel, unasked=way.recipient is not None,
        )  # fmt: skip
        redirected = NoticeRedirected(
            notice_id=copy.notice_id, case_id=copy.case_id, channel=copy.channel, notice=copy.kind,
            to_channel=way.channel, to_notice_id=again, redirected_at=at,
        )  # fmt: skip
        personal = (way.contact.address, *((way.contact.name,) if way.contact.name else ()))
        kept = words.model_copy(update={"personal": personal}).model_dump_json()
        following = replace(
            copy, notice_id=again, channel=way.channel, tried=[*copy.tried, copy.channel], until=at + KEPT,
            words=self._keys.seal(kept, again, copy.key_id),
        )  # fmt: skip
        ways.note(SaidAgain(copy.notice_id, again, copy.case_id, way.thread, way.recipient, at), following)
        correlation = words.correlation_id
        return [
            Emit(TOPIC, copy.case_id, redirected, cause, at, correlation_id=correlation),
            Emit(
                f"channel.{way.channel}.outbound", copy.case_id, told, cause, at, correlation_id=correlation, id=again
            ),
        ]

    async def save(self, ways: Ways, db: asyncpg.Connection) -> None:
        """What was said again of a batch."""
        if ways.said_again:
            await copy_store.said_again(db, ways.said_again)
            await copy_store.keep(db, ways.following, MOST_COPIES)

    def _way(self, copy: NoticeCopy, language: str, at: datetime, ways: Ways) -> _Way | None:
        """First channels that the citizen linked, in the federation's order; then addresses as they were given."""
        tried = {*copy.tried, copy.channel}
        left = [one for one, reached in self._reaches.items() if reached != "nobody" and one not in tried]
        for channel in left:
            to = ways.known.get((copy.citizen, channel))
            if to is not None and self._keys.opens(to.key_id):
                return _Way(channel, self._sealed.conversation(to), self._sealed.contact(to), thread=to.thread)
        for given in ways.given.get(copy.case_id, ()):
            if given.channel in left and self._reaches[given.channel] == "anyone":
                way = self._given(given, language, at, ways)
                if way is not None:
                    return way
        return None

    def _given(self, given: OtherAddress, language: str, at: datetime, ways: Ways) -> _Way | None:
        if not self._keys.opens(given.key_id) or not may_be_written_to(ways.unasked(given.recipient, at)):
            return None
        address = self._addresses.opened(given)
        conversation = self._addresses.conversation(given.channel, given.recipient, address)
        contact = Contact(address=address, language=language)
        return _Way(given.channel, conversation, contact, recipient=given.recipient)

    def _copy(self, emit: Emit, event: NoticeIssued, case: Reachable) -> NoticeCopy:
        assert emit.id is not None
        words = _Words(
            reference=event.reference, notice=event.notice, text=event.text, language=case.language,
            correlation_id=emit.correlation_id,
        ).model_dump_json()  # fmt: skip
        return NoticeCopy(
            emit.id, case.case_id, case.citizen, channel_of(emit.topic), event.kind or event.notice, (),
            self._keys.seal(words, emit.id, case.key_id), case.key_id, emit.time + KEPT,
        )  # fmt: skip

    def _opened(self, copy: NoticeCopy) -> _Words | None:
        if copy.words is None or not self._keys.opens(copy.key_id):
            return None
        return _Words.model_validate_json(self._keys.open(copy.words, copy.notice_id, copy.key_id))
