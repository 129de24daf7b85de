"""At a tick: what waited is taken in the order of time and id, terms end, and citizens are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events import archive, intake, rules
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.deliberation import Burst
from common.contracts.frozen import value
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import Buffered
from common.messaging.failures import TransientError
from common.rulebook import NATIONAL
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import ReleaseMissing

from deliberation import case_store, groups, idea_news, judgement_store, news, store, telling, telling_store
from deliberation.bursts import bursts
from deliberation.concerned import Touched
from deliberation.counting import Counting, proposal_named
from deliberation.course import checked, ending, is_due, opening, withdrawal
from deliberation.group_finder import GroupFinder
from deliberation.model import Deliberation
from deliberation.news import KINDS, OF_IDEAS
from deliberation.proposals import Proposals
from deliberation.pseudonyms import Pseudonyms
from deliberation.surges import surges
from deliberation.terms import asked, consent

PROCEEDINGS = "deliberation.proceedings"
FACTS: tuple[type[Event], ...] = (archive.ProposalBacktested, intake.VoiceGiven, *OF_IDEAS, *KINDS)
"""What waits for its tick."""
EVENTS = {kind.type: kind for kind in FACTS}
STEPS = {kind: place for place, kind in enumerate(KINDS)}
"""In which order a proposal comes to its states: several may be said at one time, and are told in this order."""


@value
class AtOnce:
    """How much one transaction does, so that it needs some 200 MB. What is left goes on with the next batch, whatever
    that brings, and at the latest with the next tick."""

    voices: int = 20_000
    told: int = 10_000


@value
class Fact:
    """What waited: its record, dated the tick's end, since that is when it is judged; and what it says."""

    record: Buffered
    cause: Envelope
    event: Event


@value
class Taken:
    """A tick and what it takes. All that happened before `horizon` is taken with it, or was before."""

    cause: Envelope
    now: datetime
    horizon: datetime
    facts: tuple[Fact, ...]
    whole: bool
    """Whether nothing of the tick is left for another transaction."""


class Ticks:
    def __init__(self, book: ReleaseBook, names: Pseudonyms, at_once: AtOnce, finder: GroupFinder) -> None:
        self._book = book
        self._finder = finder
        self._at_once = at_once
        self._counting = Counting(names)
        self.unfinished: Delivery | None = None
        """The last tick, where something of it is left to do. Only a hint: the next tick does what is left all the
        same."""

    async def take(self, db: asyncpg.Connection, tick: Delivery) -> Taken:
        event = tick.event
        assert isinstance(event, TimePassed)
        records = await tick_buffer.take(db, event.until)
        now, left = event.until, _beyond(records, self._at_once.voices)
        await tick_buffer.keep(db, left)
        self.unfinished = tick if left else None
        taken = records[: len(records) - len(left)]
        horizon = left[0].envelope.time if left else now
        facts = sorted((_fact(record, now) for record in taken), key=_said)
        return Taken(tick.envelope, now, horizon, tuple(facts), not left)

    async def load(self, db: asyncpg.Connection, taken: Sequence[Taken], named: Sequence[str]) -> Proposals:
        """All that some ticks and commands are about, locked in one order."""
        names = {name for name in named if name}
        for one in taken:
            for fact in one.facts:
                if isinstance(fact.event, intake.VoiceGiven):
                    names |= _both(proposal_named(fact.event)[0])
                else:
                    names.add(str(getattr(fact.event, "proposal_id", "")))
        until = max((one.horizon for one in taken), default=None)
        return Proposals(await store.load(db, names, until) if names or until is not None else ())

    async def go(self, db: asyncpg.Connection, tick: Delivery, taken: Taken, proposals: Proposals) -> list[Emit]:
        emits = await self._publish_groups(db, taken, proposals)
        voices: list[Fact] = []
        early: list[Fact] = []
        ready: dict[str, Fact] = {}
        for fact in taken.facts:
            if isinstance(fact.event, intake.VoiceGiven):
                voices.append(fact)
                continue
            # Voices that came before a step of the proposal's life are counted before it.
            if voices:
                emits += await self._count(db, voices, proposals, taken.now)
                voices = []
            if isinstance(fact.event, archive.ProposalBacktested):
                early.append(fact)
            else:
                emits += await self._step(db, fact, proposals, taken.now)
        emits += await self._count(db, voices, proposals, taken.now)
        for fact in early:
            name = str(getattr(fact.event, "proposal_id", ""))
            if proposals.find(name) is not None:
                ready[name] = fact
        # The check and the backtest come on different topics: one that is not known here yet is waited for.
        await tick_buffer.keep(db, [f.record for f in early if f.record.key not in ready])
        for name, fact in sorted(ready.items()):
            emits += await self._open(db, fact.cause, proposals, name, taken.now)
        for due in proposals.all():
            if is_due(due, taken.horizon):
                emits += await self._end(db, due, taken, proposals)
        if taken.whole:
            for one in proposals.all():
                if (after := groups.asked(one, taken.now)) is not one:
                    proposals.put(after)
        told = await telling.tell(db, proposals, taken.now, self._at_once.told)
        if len(told) == self._at_once.told:
            self.unfinished = tick
        return emits + told

    async def _count(
        self, db: asyncpg.Connection, voices: Sequence[Fact], proposals: Proposals, now: datetime
    ) -> list[Emit]:
        given = [(f.cause, f.event) for f in voices if isinstance(f.event, intake.VoiceGiven)]
        return await self._counting.count(db, given, proposals, now)

    async def _step(self, db: asyncpg.Connection, fact: Fact, proposals: Proposals, now: datetime) -> list[Emit]:
        """A step of a proposal's life at `rules`."""
        event, name = fact.event, str(getattr(fact.event, "proposal_id", ""))
        known = proposals.find(name)
        if isinstance(event, rules.ProposalChecked):
            if known is not None:
                return []
            made = checked(event, await proposals.new_reference(db, name))
            proposals.put(made)
            return await idea_news.checked(db, event, made.reference, fact.cause, now)
        emits = await idea_news.freed(db, event, fact.cause, now)
        if known is None or type(event) not in KINDS:
            return emits
        if known.stage == "checked":
            # Decided or taken back before its backtest was heard: nothing is left to argue about.
            proposals.put(replace(known, stage="unasked"))
            known = replace(known, stage="unasked")
        if isinstance(event, rules.ProposalWithdrawn):
            step = withdrawal(known, await store.tallies(db, name), await _bursts(db, name), now)
            proposals.put(step.deliberation)
            if step.event is not None:
                emits.append(Emit(PROCEEDINGS, name, step.event, fact.cause, now))
        # What its own closing has said is said once.
        said_already = isinstance(event, rules.ProposalLapsed) and known.stage == "lapsed"
        if not said_already and (told := news.news(event)) is not None:
            await telling_store.queue(db, name, told, fact.cause)
        return emits

    async def _open(
        self, db: asyncpg.Connection, cause: Envelope, proposals: Proposals, name: str, now: datetime
    ) -> list[Emit]:
        """A proposal that was checked and backtested."""
        known = proposals.find(name)
        if known is None or known.stage != "checked":
            return []
        try:
            rulebook, nation = self._book.in_force(known.layer, now), self._book.in_force(NATIONAL, now)
        except ReleaseMissing as error:
            raise TransientError(str(error)) from error
        passes = None
        if not known.needs_person:
            passes = consent(rulebook, known.patch, known.loop, now, await store.revoked(db))
        terms = asked(nation, known.patch) if passes is None else None
        concerned = await _concerned(db, known) if terms is not None else []
        step = opening(known, passes, terms, now, len(concerned))
        proposals.put(step.deliberation)
        if step.event is None:
            return []
        after = step.deliberation
        if after.terms is not None and after.until is not None:
            told = concerned[: after.terms.told_at_most]
            if known.author_citizen is not None and known.author_citizen not in told:
                told = [*told, known.author_citizen]
            facts = {"until": after.until.isoformat(), "words": known.words[: news.MOST_CHARACTERS]}
            await telling_store.queue(db, name, news.News("opened", facts), cause, told)
        return [Emit(PROCEEDINGS, name, step.event, cause, now, release=rulebook.release)]

    async def _publish_groups(self, db: asyncpg.Connection, taken: Taken, proposals: Proposals) -> list[Emit]:
        """What earlier ticks asked for."""
        emits: list[Emit] = []
        for one in proposals.all():
            if one.groups_asked is None or not groups.are_to_come(one, taken.now):
                continue
            name = one.proposal_id
            found = await self._finder.found(db, name, one.groups_asked.number)
            after, event = groups.published(one, found, await judgement_store.voice_ids(db, name, groups.named(found)))
            proposals.put(after)
            emits.append(Emit(PROCEEDINGS, name, event, taken.cause, taken.now, correlation_id=name))
        return emits

    async def _end(self, db: asyncpg.Connection, due: Deliberation, taken: Taken, proposals: Proposals) -> list[Emit]:
        if groups.are_awaited(due):
            return []
        name, cause, now = due.proposal_id, taken.cause, taken.now
        counts, told = await store.tallies(db, name), await _bursts(db, name)
        last_chance = due.latest is not None and due.latest < taken.horizon
        without = await store.tallies_without(db, name, told) if told else None
        step = ending(
            due, counts, told, now, last_chance=last_chance, group_aware=due.least_support, without=without
        )  # fmt: skip
        if step.deliberation.stage != due.stage:
            proposals.put(step.deliberation)
        if step.event is None:
            return []
        await telling_store.queue(db, name, news.closed(step.event), cause)
        return [Emit(PROCEEDINGS, name, step.event, cause, now, correlation_id=name)]


async def _bursts(db: asyncpg.Connection, name: str) -> tuple[Burst, ...]:
    """Of one channel in minutes, and of the other strangers in hours."""
    quick = bursts(await store.minutes(db, name))
    return *quick, *surges(await store.strangers_by_hour(db, name, quick))


async def _concerned(db: asyncpg.Connection, proposal: Deliberation) -> list[str]:
    """Citizens with open cases that a change touches, in order."""
    touched = Touched(proposal.patch)
    if not touched:
        return []
    kinds = [kind for kind in await case_store.kinds(db) if kind in touched]
    return await case_store.citizens(db, kinds) if kinds else []


def _fact(record: Buffered, until: datetime) -> Fact:
    event = EVENTS[record.envelope.type].model_validate_json(record.body)
    return Fact(record, replace(record.envelope, time=until), event)


def _said(fact: Fact) -> tuple[datetime, int]:
    return fact.record.envelope.time, STEPS.get(type(fact.event), -1)


def _both(name: str | None) -> set[str]:
    """A name as it stands, and as a reference is written."""
    return set() if name is None else {name, name.upper()}


def _beyond(records: Sequence[Buffered], most: int) -> Sequence[Buffered]:
    """What follows so many voices: a voice and all after it."""
    voices = 0
    for place, record in enumerate(records):
        voices += record.envelope.type == intake.VoiceGiven.type
        if voices > most:
            return records[place:]
    return ()
