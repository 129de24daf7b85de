"""What becomes of posted messages, all that edges answer from; and the notices that are delivered here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events import region
from common.contracts.events.base import Event
from common.contracts.events.channel import NoticeIssued, NoticeWithdrawn, ProposalNoticeIssued
from common.contracts.events.intake import (
    AttachmentGiven,
    CitizenErased,
    ConversationErased,
    MessageAdded,
    MessageRefused,
    MessageRegistered,
    RequestNoted,
    SupportGiven,
    VerdictGiven,
    VoiceNoted,
)
from common.contracts.events.routing import MessageSplit, ThanksReceived, TriageDeclined
from common.contracts.parts import whole_of
from common.contracts.reference import reference_of
from common.messaging.erased_citizens import names_of, without_erased_words

from channels import (
    case_state,
    conversation_citizens,
    history_store,
    page_store,
    service_request,
    service_request_store,
    store,
)
from channels.adapters.email import store as mails
from channels.adapters.hotline import store as hotline_store
from channels.adapters.public_posts import store as public_talk_store
from channels.attachments import store as attachments
from channels.case_history import TOLD, entry_of
from channels.case_state import CaseState
from channels.delivery import store as deliveries
from channels.delivery.keeping import Keeper
from channels.forwarding.keeping import ForwardingKeeper
from channels.service_request_store import Step
from channels.store import Outcome

ATTACHMENT, PSEUDONYM = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{24}")
"""Keys of records about files, and of erasures."""
STEPS: frozenset[type[Event]] = frozenset(
    {
        region.CaseOpenedSummary, region.CaseAccepted, region.WorkStarted, region.CaseTransferred,
        region.CaseExtended, region.CaseDeferred, region.CitizenAsked, region.CaseWaitEnded, region.MessageJoined,
        region.CaseJoined, region.CaseAnswered, region.CaseDeclined, region.CaseConfirmed, region.CaseReopened,
        region.CaseWithdrawn,
    }
)  # fmt: skip
"""What may change a case's state."""


class ChannelsHandler:
    """Keeps what citizens over HTTP may ask for. It says nothing.

    Records of cases and messages that did not come over HTTP are skipped by their key. Every key that an edge's message
    can lead to is committed before Kafka gets the message, and so before anybody can write a record under it: the case
    that it may open and the message itself, whose ids follow from its own, and the case of its conversation, which an
    earlier post opened. A part of a message that was divided is known by the whole.
    """

    types: frozenset[type[Event]] = STEPS | TOLD | {
        VoiceNoted, MessageRefused, AttachmentGiven, CitizenErased, ConversationErased, RequestNoted,
        NoticeIssued, ProposalNoticeIssued,
        NoticeWithdrawn,
    }  # fmt: skip

    def __init__(self, keeper: Keeper, forwarding: ForwardingKeeper) -> None:
        self._keeper = keeper
        self._forwarding = forwarding
        if forwarding.wanted:
            self.types = (self.types - {region.CaseOpenedSummary}) | {region.CaseOpened}

    def wants(self, topic: str) -> bool | None:
        """All notices of a channel that is delivered to from here, none of the others."""
        return self._keeper.wants(topic)

    async def known_keys(self, asked: Set[str], pool: asyncpg.Pool) -> Set[str]:
        """Cases that somebody over HTTP may ask for, posted messages (a refusal is about no case), kept files, and
        every citizen: words and files of an erased one may come to be known after the word of the erasure. All of them
        where an authority has an endpoint: whose case it is, its records alone tell."""
        if self._forwarding.wanted:
            return asked
        ids = [key for key in asked if ATTACHMENT.fullmatch(key)]
        files = await attachments.known(pool, ids) if ids else set()
        citizens = {key for key in asked if PSEUDONYM.fullmatch(key)}
        wholes = {key: whole for key in asked if (whole := whole_of(key)) is not None}
        known = await store.known_keys(pool, {*asked, *wholes.values()})
        parts = {key for key, whole in wholes.items() if whole in known}
        return (known & asked) | parts | files | citizens

    def leads_to(self, event: Event) -> str | None:
        """The case under which a joined one goes on."""
        return event.into_case if isinstance(event, region.CaseJoined) else None

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        await self._keeper.keep(batch, db)
        batch = await without_erased_words(db, batch)
        await self._forwarding.keep(batch, db)
        outcomes = [(outcome, d.envelope.time) for d in batch if (outcome := _outcome(d.event)) is not None]
        posted: dict[str, str | None] = {}
        parts = [(e.message_id, e.part_of.message, e.case_id) for d in batch if (e := _part(d.event)) and e.part_of]
        if parts:
            await store.add_parts(db, parts)
        if outcomes:
            posted = await store.posted_among(db, {o.message_id for o, _ in outcomes})
        ours = [(o, time) for o, time in outcomes if o.message_id in posted]
        await store.note_outcomes(db, [o for o, _ in ours])
        unopened = {case_id for o, _ in ours if (case_id := posted[o.message_id]) is not None and case_id != o.case_id}
        steps = [d for d in batch if changes_state(d.event)]
        entries = [entry for d in batch if (entry := entry_of(d)) is not None]
        wanted = {o.case_id for o, _ in ours if o.case_id is not None} | {e.case_id for e in entries}
        wanted |= {d.event.into_case for d in steps if isinstance(d.event, region.CaseJoined)}
        if wanted:
            wholes = {name: whole for name in wanted if (whole := whole_of(name)) is not None}
            before = await store.cases_of(db, {*wanted, *wholes.values()})
            after = _after(before | _new_parts(wholes, before), ours, steps)
            await store.save_cases(db, [case for name, case in after.items() if case != before.get(name)])
            await _reports([d for d in batch if not _leaves_state(d)], after, wanted, db)
            await history_store.add_entries(db, [entry for entry in entries if entry.case_id in after])
        await store.drop_unopened(db, unopened)
        await _files(batch, db)
        await _forget_erased(batch, db)
        return []


def _leaves_state(delivery: Delivery) -> bool:
    """What a region said without changing the case's state."""
    return isinstance(delivery.event, region.CaseEvent) and not changes_state(delivery.event)


async def _reports(
    batch: Sequence[Delivery], cases: Mapping[str, CaseState], wanted: Set[str], db: asyncpg.Connection
) -> None:  # fmt: skip
    """What anybody may read of reports over Open311, and what happened to their cases."""
    before = await service_request_store.of_cases(db, wanted)
    if not before:
        return
    after, steps = dict(before), []
    for delivery in batch:
        event = delivery.event
        if isinstance(event, MessageRegistered) and event.case_id in after:
            after[event.case_id] = service_request.registered(after[event.case_id], event)
            steps.append(_step(delivery, event.case_id, "registered", None))
        elif isinstance(event, region.CaseEvent) and event.case_id in after:
            if cases[event.case_id].region == event.region:
                after[event.case_id] = service_request.follow(after[event.case_id], event)
            steps.append(_step(delivery, event.case_id, event.state, service_request.words_of(event)))
        elif isinstance(event, TriageDeclined) and delivery.key in after:
            steps.append(_step(delivery, delivery.key, "declined", None))
        elif isinstance(event, ThanksReceived) and delivery.key in after:
            steps.append(_step(delivery, delivery.key, "thanked", None))
        elif isinstance(event, MessageSplit) and delivery.key in after:
            steps.append(_step(delivery, delivery.key, "divided", None))
    await service_request_store.save(db, [one for name, one in after.items() if one != before[name]])
    await service_request_store.add_steps(db, steps)
    # Words come late, and a region goes on telling what it does about what an erased citizen reported.
    await service_request_store.forget_erased(db, {one.citizen for one in after.values() if one.citizen is not None})
    await service_request_store.forget_in(db, after)


def _step(delivery: Delivery, case_id: str, state: str, words: str | None) -> Step:
    return Step(delivery.envelope.id, case_id, delivery.envelope.time, delivery.event.type, state, words)


def changes_state(event: Event) -> bool:
    """Whether it may change a case's state, in whatever model of its wire type it is read."""
    return isinstance(event, (*STEPS, TriageDeclined, ThanksReceived, MessageSplit))


async def _files(batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
    """Whose files are whose, and which go with their citizens."""
    given = [d.event for d in batch if isinstance(d.event, AttachmentGiven)]
    if given:
        await attachments.name(db, given)
    erased = [d.event for d in batch if isinstance(d.event, CitizenErased)]
    if erased:
        await attachments.destroy_erased(db, [one.citizen for one in erased])
    messages = [name for d in batch if isinstance(d.event, ConversationErased) for name in d.event.messages]
    if messages:
        await attachments.destroy_in(db, messages)


async def _forget_erased(batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
    """Note whose pages and talks they are, and forget those of citizens who were erased, whichever is read first."""
    speakers = {
        e.message_id: (e.citizen, d.envelope.time) for d in batch if isinstance(e := d.event, MessageRegistered)
    }
    erased = [d.event.citizen for d in batch if isinstance(d.event, CitizenErased)]
    if speakers:
        await conversation_citizens.note(db, speakers)
    if speakers or erased:
        gone = await conversation_citizens.gone(db, [*(citizen for citizen, _ in speakers.values()), *erased])
        if gone:
            await page_store.forget_pages(db, gone)
            await hotline_store.forget_erased(db, gone)
            await mails.forget_threads(db, gone)
            await public_talk_store.forget_talks(db, gone)
            await deliveries.forget_erased(db, gone)
    conversations = [d.event for d in batch if isinstance(d.event, ConversationErased)]
    said = [*speakers, *(name for one in conversations for name in one.messages)]
    if said and (gone := await conversation_citizens.gone_by_themselves(db, said)):
        # Their pages stay, without words: there it is said that other conversations are still to be erased.
        await hotline_store.forget_erased(db, gone)
        await mails.forget_threads(db, gone)
        await public_talk_store.forget_talks(db, gone)
        await deliveries.forget_erased(db, gone)
    if conversations:
        names = sorted({name for one in conversations for name in names_of(one)})
        await history_store.forget_words_in(db, names)
        await service_request_store.forget_in(db, {name for one in conversations for name in one.cases})
    if erased:
        await history_store.forget_words(db, erased)
        await service_request_store.forget_erased(db, erased)


def _part(event: Event) -> MessageRegistered | None:
    return event if isinstance(event, MessageRegistered) and event.part_of is not None else None


def _new_parts(wholes: Mapping[str, str], known: Mapping[str, CaseState]) -> dict[str, CaseState]:
    """Parts of known messages that nothing was heard of yet."""
    return {
        name: CaseState(name, reference_of(name), known[whole].begun_at)
        for name, whole in wholes.items()
        if whole in known and name not in known
    }


def _outcome(event: Event) -> Outcome | None:
    """What became of a message, by intake's word."""
    if isinstance(event, MessageRegistered | MessageAdded):
        return Outcome(event.message_id, "registered", event.case_id)
    if isinstance(event, SupportGiven):
        return Outcome(event.message_id, "registered", event.case_id)
    if isinstance(event, VerdictGiven):
        return Outcome(event.message_id, "registered", event.case_id) if event.message_id is not None else None
    if isinstance(event, VoiceNoted):
        return Outcome(event.message_id, event.state, None, proposal=event.proposal)
    if isinstance(event, RequestNoted):
        return Outcome(event.message_id, event.state, None)
    if isinstance(event, MessageRefused):
        return Outcome(event.message_id, "refused", None, event.reason, until=event.until, call=event.call)
    return None


def _after(
    before: dict[str, CaseState], registered: Sequence[tuple[Outcome, datetime]], steps: Sequence[Delivery]
) -> dict[str, CaseState]:
    """The cases after a batch; cases that nobody over HTTP may ask for are left out."""
    after = dict(before)
    for outcome, time in registered:
        if outcome.case_id is not None:
            case = after.get(outcome.case_id) or CaseState(outcome.case_id, reference_of(outcome.case_id))
            after[case.case_id] = case_state.registered(case, time)
    for step in steps:
        known = after.get(step.key)
        if known is None:
            continue
        if isinstance(step.event, region.CaseEvent):
            after[known.case_id] = followed = case_state.follow(known, step.event, step.envelope.time)
            if followed.into_case is not None and followed.into_case not in after:
                after[followed.into_case] = CaseState(followed.into_case, reference_of(followed.into_case))
        elif isinstance(step.event, MessageSplit):
            after[known.case_id] = case_state.divided(known, step.envelope.time)
        elif isinstance(step.event, ThanksReceived):
            after[known.case_id] = case_state.thanked(known, step.envelope.time)
        else:
            after[known.case_id] = case_state.declined(known, step.envelope.time)
    return after
