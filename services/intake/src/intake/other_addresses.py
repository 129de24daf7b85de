"""Addresses that citizens give beside their own: each is proved by a code before anything is told there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.channel import Contact, NoticeIssued, OtherContact
from common.contracts.events.intake import OtherAddressNoted
from common.contracts.frozen import value
from common.contracts.notice_ids import notice_id
from common.federation.country import Federation
from pydantic import BaseModel

from intake import copy_store, link_store
from intake.address import Addresses
from intake.addressed_notices import AddressedNotices
from intake.citizen_keys import CitizenKeys
from intake.copy_store import NoticeCopy, OtherAddress
from intake.domain import TOPIC, Incoming, message_id_of
from intake.linking import TERM, AskedCode, AwaitedCode, request_outcome
from intake.notice_kinds import KINDS
from intake.other_ways import KEPT, MOST_COPIES, GivenAddress, given_addresses, unwritable
from intake.phrasing import Phrasing
from intake.store import KeptConversation
from intake.telling import Telling
from intake.vault import Vault

CODE = "address_code"
"""The kind of notice by which a code goes out."""
MAIL = "email"
"""Names its own conversations; elsewhere an address is one."""


class CodeCopy(BaseModel):
    """What is kept of a notice with a code, to understand its channel's word on it: nothing of the code."""

    reference: str = ""
    notice: str = "extended"
    text: str = ""
    language: str
    correlation_id: str | None
    personal: tuple[str, ...]
    """Of whom it went to."""


@value
class GivenThere:
    """Addresses that were given with one message."""

    incoming: Incoming
    kept: KeptConversation
    """The case that the message is about."""
    others: Sequence[OtherContact]
    at: datetime


@value
class _Code:
    """A code that goes to one of the addresses."""

    given: GivenThere
    to: GivenAddress
    awaited: AwaitedCode
    code: str


class OtherAddresses:
    """Keys must be those of the batch."""

    def __init__(
        self, vault: Vault, keys: CitizenKeys, notices: AddressedNotices, phrasing: Phrasing, federation: Federation
    ) -> None:  # fmt: skip
        self._vault = vault
        self._keys = keys
        self._notices = notices
        self._phrasing = phrasing
        self._addresses = Addresses(federation.country)
        self._titles = {one.id: one.title for one in federation.channels}
        self._reaches = {one.id: one.reaches for one in federation.channels}

    async def give(self, given: Mapping[bytes, GivenThere], db: asyncpg.Connection) -> list[Emit]:
        """Keep the addresses that citizens gave, by conversation, in place of those from before; send a code to each
        that was not proved there and to which none is under way."""
        if not given:
            return []
        before = await copy_store.addresses_in(db, given)
        under_way = {(thread, proves): asked_at for thread, proves, asked_at in await link_store.awaited_in(db, given)}
        rows: list[OtherAddress] = []
        codes: list[_Code] = []
        for thread, there in sorted(given.items()):
            citizen, channel = there.incoming.citizen, there.incoming.channel
            key_id = self._keys.of(citizen)
            for rank, one in enumerate(given_addresses(there.others, channel, self._reaches, self._addresses)):
                sealed = self._keys.seal(one.address, about(thread, rank), key_id)
                recipient = self._vault.pseudonym(one.channel, one.address)
                known = before.get((thread, recipient))
                proved_at = known.proved_at if known is not None else None
                rows.append(
                    OtherAddress(
                        thread, rank, citizen, one.channel, recipient, sealed, key_id, there.kept.case_id, proved_at
                    )
                )  # fmt: skip
                asked_at = under_way.get((thread, recipient))
                if proved_at is None and (asked_at is None or asked_at + TERM < there.at):
                    codes.append(self._code(there, thread, one, recipient))
        await copy_store.give_addresses(db, given, rows)
        await link_store.await_no_others(db, given)
        sent = await self._sent(codes, db)
        emits: list[Emit] = []
        for thread, there in sorted(given.items()):
            emits += self._told(there, [one for one in codes if one.awaited.thread == thread], sent)
        return emits

    async def proved(
        self, awaited: AwaitedCode, cause: Envelope, at: datetime, db: asyncpg.Connection
    ) -> tuple[list[Emit], dict[str, str]]:
        """A code came back: what others are told, and what the notice of it names."""
        found = (await copy_store.addresses_in(db, [awaited.thread])).get((awaited.thread, awaited.proves))
        if found is None:
            return [], {"channel": ""}
        await copy_store.prove(db, awaited.thread, awaited.proves, at)
        emits = []
        if found.case_id is not None:
            noted = OtherAddressNoted(case_id=found.case_id, channel=found.channel, state="proved", noted_at=at)
            emits.append(Emit(TOPIC, found.case_id, noted, cause, at))
        return emits, {"channel": self._titles.get(found.channel, found.channel)}

    def opened(self, given: OtherAddress) -> str:
        """The address; its citizen's key must be held."""
        return self._keys.open(given.address, about(given.thread, given.rank), given.key_id)

    def conversation(self, channel: str, recipient: str, address: str) -> str:
        """What the channel calls its conversation with whoever has the address."""
        return self._vault.hidden_id("unasked", recipient) if channel == MAIL else address[:200]

    def _code(self, there: GivenThere, thread: bytes, to: GivenAddress, recipient: str) -> _Code:
        cause = there.incoming.cause
        code = self._vault.link_code(cause.source, cause.id, recipient)
        hashed = self._vault.code_hash(thread, code)
        awaited = AwaitedCode(thread, there.incoming.citizen, recipient, hashed, there.at, proves=recipient)
        return _Code(there, to, awaited, code)

    async def _sent(self, codes: Sequence[_Code], db: asyncpg.Connection) -> dict[tuple[bytes, str], str]:
        """What became of each: `code_sent`, `code_withheld` or `link_limited`; those that are sent are awaited."""
        if not codes:
            return {}
        known = await link_store.known_as_all(db, {one.awaited.proves for one in codes})
        wanted = [_known(one.awaited, known) for one in codes]
        before = await link_store.codes_asked(db, wanted)
        outcomes: dict[tuple[bytes, str], str] = {}
        noted, sent = list[AskedCode](), list[AwaitedCode]()
        for one, awaited in zip(codes, wanted, strict=True):
            outcome = request_outcome(before.before(awaited))
            outcomes[awaited.thread, awaited.proves] = outcome
            if outcome == "link_limited":
                continue
            name = f"{message_id_of(one.given.incoming.cause)} {awaited.proves}"
            asked = AskedCode(
                name, awaited.thread, awaited.citizen, awaited.other, awaited.asked_at, outcome == "code_sent"
            )
            before.note(asked)
            noted.append(asked)
            if asked.sent:
                sent.append(awaited)
        await link_store.note_asked(db, noted)
        await link_store.await_codes(db, sent)
        copies = [self._copy(one) for one in codes if outcomes[one.awaited.thread, one.awaited.proves] == "code_sent"]
        await copy_store.keep(db, copies, MOST_COPIES)
        return outcomes

    def _told(self, there: GivenThere, codes: Sequence[_Code], sent: Mapping[tuple[bytes, str], str]) -> list[Emit]:
        """The codes, and what the citizen and others are told. That an address had enough codes is not told to whoever
        gave it: they would learn that somebody else gives it too."""
        outcome = {one.to.channel: sent[one.awaited.thread, one.awaited.proves] for one in codes}
        unused = [channel for channel, became in outcome.items() if became == "link_limited"]
        unused += unwritable(there.others, there.incoming.channel, self._reaches, self._addresses)
        asked = [channel for channel, became in outcome.items() if became != "link_limited"]
        emits = [self._issued(one) for one in codes if outcome[one.to.channel] == "code_sent"]
        for kind, state, channels in (("address_asked", "unproved", asked), ("address_unused", "unused", unused)):
            if channels:
                titles = ", ".join(self._titles.get(one, one) for one in channels)
                emits.append(
                    self._notices.to_asker(Telling(kind, {"channel": titles}), there.kept, there.incoming, there.at)
                )
            emits += [self._noted(there, channel, state) for channel in channels if channel in self._titles]
        return emits

    def _noted(self, there: GivenThere, channel: str, state: str) -> Emit:
        case_id, cause = there.kept.case_id, there.incoming.cause
        event = OtherAddressNoted(case_id=case_id, channel=channel, state=state, noted_at=there.at)
        name = derived_id("other address", message_id_of(cause), channel, state)
        return Emit(TOPIC, case_id, event, cause, there.at, correlation_id=there.kept.correlation_id, id=name)

    def _issued(self, one: _Code) -> Emit:
        there, to, kept = one.given, one.to, one.given.kept
        by = self._titles.get(kept.channel, kept.channel)
        text = self._phrasing.text(CODE, kept.language, there.at, {"code": one.code, "channel": by})
        issued = NoticeIssued(
            case_id=kept.case_id, reference="", notice=KINDS[CODE].notice, kind=CODE, text=text, unasked=True,
            conversation=self.conversation(to.channel, one.awaited.proves, to.address),
            contact=Contact(address=to.address, language=kept.language),
        )  # fmt: skip
        return Emit(
            f"channel.{to.channel}.outbound", kept.case_id, issued, there.incoming.cause, there.at,
            correlation_id=kept.correlation_id, id=_name(one),
        )  # fmt: skip

    def _copy(self, one: _Code) -> NoticeCopy:
        kept, at, key_id = one.given.kept, one.given.at, self._keys.of(one.awaited.citizen)
        words = CodeCopy(
            language=kept.language, correlation_id=kept.correlation_id, personal=(one.to.address,)
        ).model_dump_json()
        return NoticeCopy(
            _name(one), kept.case_id, one.awaited.citizen, one.to.channel, CODE, (kept.channel,),
            self._keys.seal(words, _name(one), key_id), key_id, at + KEPT,
        )  # fmt: skip


def about(thread: bytes, rank: int) -> str:
    """About what an address is sealed."""
    return f"other address {rank} of {thread.hex()}"


def _name(one: _Code) -> str:
    """The id of the notice with a code."""
    return notice_id(one.to.channel, one.given.kept.case_id, CODE, one.given.incoming.cause.identity)


def _known(awaited: AwaitedCode, known: Mapping[str, str]) -> AwaitedCode:
    """Limits hold of a person, by whatever address that is linked."""
    return AwaitedCode(
        awaited.thread, awaited.citizen, known.get(awaited.other, awaited.other), awaited.code, awaited.asked_at,
        proves=awaited.proves,
    )  # fmt: skip
