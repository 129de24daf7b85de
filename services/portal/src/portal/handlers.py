"""Topics to views: load, fold, save, a batch at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.base import Event
from common.contracts.events.clock import RECORDS_AHEAD, TimeCorrected, TimePassed
from common.contracts.events.intake import CitizenErased, ConversationErased
from common.contracts.events.rules import StepRecorded
from common.contracts.frozen import value
from common.messaging.erased_citizens import erased_among, erased_of, let_one_erase

from portal import area_counters, erasure_store, store, voice_store, withdrawals
from portal.case_fold import CASE_TYPES, CaseView, case_of, fold_case
from portal.change_signal import tell
from portal.erasures import NAMELESS, item_without_words, named_in
from portal.item_fold import ITEM_TYPES, Item, fold_item, item_key
from portal.subjects import case_subject, subjects_of
from portal.voice_store import VOICE_TYPES

WITH_REGION = frozenset(kind for kind in CASE_TYPES if "region" in kind.model_fields)
"""A missing field of a model is dear to ask for."""
WITH_CITIZEN = ("triage", "idea")
"""Kinds of items that hold a citizen's words."""


@value
class Named:
    """Whom a batch names in the histories of cases, and where it tells of a citizen's words without a name."""

    citizen_at: frozenset[tuple[str, str, datetime]]
    """Case, citizen, time of the event."""
    nameless: Mapping[str, datetime]
    """By case the time of the first such event."""

    @classmethod
    def of(cls, told: Sequence[tuple[str, Delivery]]) -> Named:
        nameless: dict[str, datetime] = {}
        for case_id, delivery in told:
            if delivery.envelope.type in NAMELESS:
                nameless[case_id] = min(delivery.envelope.time, nameless.get(case_id, delivery.envelope.time))
        named = ((case_id, one, d.envelope.time) for case_id, d in told for one in named_in(d.raw))
        return cls(frozenset(named), nameless)

    def citizens(self) -> set[str]:
        return {citizen for _, citizen, _ in self.citizen_at}

    def first_said(self) -> dict[str, datetime]:
        """By case the time of the first event that names a citizen, or tells of a citizen's words without a name."""
        first = dict(self.nameless)
        for case_id, _, time in self.citizen_at:
            first[case_id] = min(time, first.get(case_id, time))
        return first

    def said_before(self, erased: Mapping[str, datetime]) -> set[str]:
        """Cases in which somebody said something before their erasure."""
        return {case_id for case_id, one, time in self.citizen_at if one in erased and time <= erased[one]}


class PortalHandler:
    """Builds the read side; publishes nothing."""

    types: frozenset[type[Event]] = CASE_TYPES | ITEM_TYPES | VOICE_TYPES | {
        CitizenErased, ConversationErased, TimePassed, TimeCorrected, StepRecorded,
    }  # fmt: skip

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        erased = [d.event for d in batch if isinstance(d.event, CitizenErased)]
        conversations = [d.event for d in batch if isinstance(d.event, ConversationErased)]
        await let_one_erase(db, erasing=bool(erased or conversations))
        named = await self._cases(batch, db)
        await self._items(batch, db)
        await voice_store.keep(db, [d for d in batch if type(d.event) in VOICE_TYPES])
        links = [d.event for d in batch if isinstance(d.event, StepRecorded)]
        if links:
            await store.add_links(db, [(e.number, e.step, e.proposal_id, e.at, e.hash, e.previous) for e in links])
        for delivery in batch:
            if isinstance(delivery.event, TimePassed):
                await store.set_clock(db, delivery.event.until)
            elif isinstance(delivery.event, TimeCorrected):
                await store.correct_clock(db, delivery.event.until)
                await store.withdraw_warnings(db, delivery.envelope.time + RECORDS_AHEAD)
        changed = await self._erase(erased, conversations, named, db)
        await tell(db, changed | {name for delivery in batch for name in subjects_of(delivery)})
        return []

    async def _erase(
        self, erased: Sequence[CitizenErased], conversations: Sequence[ConversationErased], named: Named,
        db: asyncpg.Connection,
    ) -> set[str]:  # fmt: skip
        """Forget the words of erased citizens, those too that are read only after the word of the erasure; returns the
        subjects that change. Cases in which nothing of that kind came are not looked at."""
        cases = await erasure_store.erase(db, erased) if erased else set()
        if conversations:
            cases |= await erasure_store.erase_conversations(db, conversations)
        before = await erased_among(db, named.citizens())
        late = named.said_before(before) | await erasure_store.of_erased(db, named.first_said())
        if cases or late:
            await erasure_store.redact(db, cases | late)
        return {case_subject(case_id) for case_id in cases} | ({"idea", "triage"} if erased or conversations else set())

    async def _cases(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> Named:
        """Returns whom the batch names in the histories of cases."""
        mine = [(case_id, d) for d in batch if type(d.event) in CASE_TYPES and (case_id := case_of(d)) is not None]
        named = Named.of(mine)
        if not mine:
            return named
        views: dict[str, CaseView] = await store.load_cases(db, sorted({case_id for case_id, _ in mine}))
        changed: dict[str, CaseView] = {}
        counts: Counter[tuple[object, str, str]] = Counter()
        for case_id, delivery in mine:
            view = fold_case(changed.get(case_id) or views.get(case_id), delivery.event, delivery.envelope.time)
            if view is not None:
                changed[case_id] = view
            region = (getattr(delivery.event, "region", None) or "") if type(delivery.event) in WITH_REGION else ""
            day = delivery.envelope.time.astimezone(self._zone).date()
            counts[(day, region, delivery.envelope.type)] += 1
        await store.append_events(db, mine)
        await erasure_store.note_citizens(db, {(case_id, citizen) for case_id, citizen, _ in named.citizen_at})
        withdrawn = [(case_id, d) for case_id, d in mine if type(d.event) in withdrawals.TYPES]
        if withdrawn:
            await self._take_back(withdrawn, changed, counts, db)
        await store.save_cases(db, changed.values())
        await store.move_tallies(db, area_counters.moved((views.get(name), view) for name, view in changed.items()))
        await store.count_days(db, dict(counts))  # type: ignore[arg-type]
        return named

    async def _take_back(
        self,
        withdrawn: Sequence[tuple[str, Delivery]],
        changed: dict[str, CaseView],
        counts: Counter[tuple[object, str, str]],
        db: asyncpg.Connection,
    ) -> None:
        """What these events take back counts no more, in no case's view and on no day."""
        types = [kind.type for kind in withdrawals.TYPES | withdrawals.ABOUT]
        rows = await store.revocable(db, sorted({case_id for case_id, _ in withdrawn}), types)
        gone = withdrawals.taken_back(rows, {d.envelope.id for _, d in withdrawn})
        await store.take_back(db, gone)
        for row in rows:
            if row.arrival in gone:
                day = row.time.astimezone(self._zone).date()
                counts[(day, row.data.get("region") or "", row.type)] -= 1
        histories: dict[str, list[withdrawals.Told]] = {}
        for row in rows:
            histories.setdefault(row.case_id, []).append(row)
        for case_id in {case_id for case_id, _ in withdrawn} & changed.keys():
            changed[case_id] = withdrawals.without(changed[case_id], histories.get(case_id, []), gone)

    async def _items(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
        keyed = [(key, d) for d in batch if (key := item_key(d.event)) is not None]
        if not keyed:
            return
        items = await store.load_items(db, sorted({key for key, _ in keyed}))
        moves = Counter({key: -count for key, count in _states(items).items()})
        for key, delivery in keyed:
            item = fold_item(items.get(key), delivery.event, delivery.envelope.time, delivery.envelope.causation_id)
            if item is not None:
                items[key] = item
        moves.update(_states(items))
        await store.save_items(db, await self._without_erased(items, db))
        await store.count_items(db, moves)

    async def _without_erased(self, items: Mapping[tuple[str, str], Item], db: asyncpg.Connection) -> list[Item]:
        citizens = {item.data.get("citizen", "") for (kind, _), item in items.items() if kind in WITH_CITIZEN}
        names = {name for kind, name in items if kind in WITH_CITIZEN}
        erased = await erased_of(db, citizens, names)
        return [
            replace(item, data=item_without_words(name, item.data, erased)) if erased and kind in WITH_CITIZEN else item
            for (kind, name), item in items.items()
        ]


def _states(items: Mapping[tuple[str, str], Item]) -> Counter[tuple[str, str]]:
    """How many of the kinds that are counted are in each state."""
    return Counter((kind, item.state) for (kind, _), item in items.items() if kind in store.COUNTED)
