"""What is known of a batch of records, and what is to be saved of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.channel import MessageReceived
from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.contracts.events.region import CaseJoined
from common.contracts.events.routing import DuplicateSuggested, MessageSplit
from common.messaging.clock import last_tick

from intake import (
    held_store,
    key_store,
    known_store,
    standing_store,
    store,
)
from intake.citizen_keys import CitizenKeys
from intake.course import Course, course_of_edit
from intake.day_limit import SaidToday
from intake.domain import Incoming
from intake.escalations import Escalations, ToldEscalation, WrongTime
from intake.held_store import HeldMessage
from intake.link_store import NO_LINKS, Links
from intake.may_be_known import AskedWhether
from intake.other_addresses import GivenThere
from intake.standing import Standing
from intake.store import KeptConversation, Message
from intake.telling import Told
from intake.voice_handler import Voices

TOLD = Told | CaseEscalationWithdrawn | DuplicateSuggested
"""What is told about a case."""


@dataclass
class Batch:
    """What is known of one batch, and what is to be saved of it."""

    threads: dict[bytes, list[KeptConversation]]
    """The cases of each conversation, in the order in which they were opened."""
    living: Mapping[str, str]
    """Under which case those of these go on that were joined to another."""
    standings: dict[str, Standing]
    cases: Mapping[str, KeptConversation]
    supporters: Mapping[str, Sequence[KeptConversation]]
    """Conversations whose cases were joined to a case."""
    escalations: Escalations
    voices: Voices
    begun: list[KeptConversation] = field(default_factory=list)
    moved: dict[str, Standing] = field(default_factory=dict)
    """How cases stand that others have said something new of."""
    messages: list[Message] = field(default_factory=list)
    spoken: dict[bytes, datetime] = field(default_factory=dict)
    """When somebody spoke last in a conversation that was begun before."""
    questions: dict[str, datetime] = field(default_factory=dict)
    """When the region asked, by the notice that puts its question."""
    requests: list[tuple[Incoming, bytes, datetime]] = field(default_factory=list)
    """What citizens ask about themselves, and codes that link their channels: in which conversation, and when."""
    links: Links = NO_LINKS
    asked: dict[str, AskedWhether] = field(default_factory=dict)
    """Of cases that may be known ones the questions that wait for an answer."""
    newly_asked: dict[str, AskedWhether] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    """Cases of which it is said, or was in what the batch brings, whether they are known."""
    said: dict[str, str] = field(default_factory=dict)
    """Of the batch's own messages, and of those that some are said instead of, which case each is about."""
    held: dict[bytes, list[HeldMessage]] = field(default_factory=dict)
    """What waits in each conversation until its citizen says which case it is about."""
    held_now: dict[str, HeldMessage] = field(default_factory=dict)
    let_go: list[str] = field(default_factory=list)
    """Which waited before the batch and wait no longer."""
    languages: dict[bytes, str] = field(default_factory=dict)
    """Of conversations whose citizens are answered in another language from now on."""
    others: dict[bytes, GivenThere] = field(default_factory=dict)
    """Other addresses that were given in a conversation, the last ones."""
    days: dict[tuple[bytes, date], SaidToday] = field(default_factory=dict)
    """What was said in each conversation on each day, where that is limited."""
    days_changed: dict[tuple[bytes, date], SaidToday] = field(default_factory=dict)
    emits: list[Emit] = field(default_factory=list)

    def spoken_at(self, cases: Sequence[KeptConversation]) -> datetime | None:
        """When somebody spoke last in the conversation of these cases; None where that is not known."""
        times = [at for one in cases for at in (one.begun_at, one.spoken_at) if at is not None]
        here = self.spoken.get(cases[-1].thread) if cases else None
        return max([*times, *([here] if here is not None else [])], default=None)

    def answer_in(self, language: str, thread: bytes) -> None:
        """From now on a conversation's citizen is answered in this language."""
        self.languages[thread] = language
        if thread in self.threads:
            self.threads[thread] = [replace(one, language=language) for one in self.threads[thread]]
        if thread in self.voices.conversations:
            self.voices.conversations[thread] = replace(self.voices.conversations[thread], language=language)
        own = {name: replace(one, language=language) for name, one in self.cases.items() if one.thread == thread}
        self.cases = {**self.cases, **own}

    def settle(self, case_id: str) -> None:
        """Nobody is waited for any more to say whether the case is a known one."""
        self.asked.pop(case_id, None)
        self.newly_asked.pop(case_id, None)
        self.settled.add(case_id)

    def waiting_for(
        self, case_id: str, speaker: str | None
    ) -> tuple[KeptConversation | None, Sequence[KeptConversation]]:  # fmt: skip
        """Who is told first of what happens to a case: whoever of those waiting for it spoke, else its own citizen
        (None where they were erased); and who else waits for it."""
        first, joined = self.cases.get(case_id), self.supporters.get(case_id, ())
        everybody = [*joined] if first is None else [first, *joined]
        if speaker is not None:
            first = next((one for one in everybody if one.citizen == speaker), first)
        return first, [one for one in everybody if one is not first]

    def edit_of(self, incoming: Incoming, cases: Sequence[KeptConversation]) -> Course | None:
        """The course of a message that is said instead of an earlier one of its conversation; None for any other."""
        event = incoming.event
        if isinstance(event, MessageReceived):
            for replaced in incoming.earlier:
                case = next((one for one in cases if one.case_id == self.said.get(replaced)), None)
                if case is not None:
                    return course_of_edit(event, replaced, case, self.living, self.standings)
        return None


async def _held_cases(
    cases: dict[str, KeptConversation], divided: set[str], keys: CitizenKeys, db: asyncpg.Connection
) -> dict[str, KeptConversation]:  # fmt: skip
    """The cases with those of these read again once their citizens' keys are held: whoever was erased until then has
    none."""
    await key_store.hold_for(db, keys, {cases[name].citizen for name in divided if name in cases})
    return {name: kept for name, kept in cases.items() if name not in divided} | await store.by_case(db, divided)


async def load(
    batch: Sequence[Delivery], threads: set[bytes], voices: Voices, keys: CitizenKeys, db: asyncpg.Connection,
    since: datetime | None = None,
) -> Batch:  # fmt: skip
    """`since`: until when what was asked is forgotten."""
    told = {d.event.case_id for d in batch if isinstance(d.event, TOLD)}
    corrected, earlier = None, list[ToldEscalation]()
    if any(isinstance(d.event, CaseEscalated) for d in batch):
        corrected = await last_tick.correction(db)
    withdrawn = {
        (d.event.case_id, level)
        for d in batch
        if isinstance(d.event, CaseEscalationWithdrawn)
        for level in d.event.withdrawn
    }
    if withdrawn:
        earlier = await store.untell_escalations(db, withdrawn)
    wrong_time = None
    if corrected is not None:
        wrong_time = WrongTime(corrected.until, corrected.wrong_until, corrected.appended_at)
    await store.join_cases(db, {e.case_id: e.into_case for d in batch if isinstance(e := d.event, CaseJoined)})
    begun = await store.by_thread(db, threads)
    held = await held_store.of_threads(db, threads) if threads else {}
    await key_store.hold(db, keys, [one.key_id for one in chain(*held.values())])
    own = {c.case_id for c in chain(*begun.values())}
    living = await standing_store.living(db, own) if own else {}
    moving = {d.event.case_id for d in batch if isinstance(d.event, Told)}
    suggested = [d.event for d in batch if isinstance(d.event, DuplicateSuggested)]
    moving |= {name for one in suggested for name in (one.case_id, one.other_case)}
    known = own | set(living.values()) | moving
    standings = await standing_store.standings(db, known) if known else {}
    others = [c.citizen for c in chain(*begun.values())] + [c.citizen for c in voices.conversations.values()]
    await key_store.hold_for(db, keys, others)
    cases = await store.by_case(db, told) if told else {}
    divided = {d.event.case_id for d in batch if isinstance(d.event, MessageSplit)}
    if divided:
        cases = await _held_cases(cases, divided, keys, db)
    supporters = await store.joined_to(db, told) if told else {}
    await key_store.hold(db, keys, [c.key_id for c in (*cases.values(), *chain(*supporters.values()))])
    return Batch(
        asked=await known_store.asked(db, own, since) if own else {},
        threads=begun,
        living=living,
        standings=standings,
        # Whose key is destroyed is told nothing.
        cases={case_id: kept for case_id, kept in cases.items() if keys.opens(kept.key_id)},
        supporters={case_id: [c for c in all_of if keys.opens(c.key_id)] for case_id, all_of in supporters.items()},
        escalations=Escalations(wrong_time, earlier),
        voices=voices,
        held=held,
    )
