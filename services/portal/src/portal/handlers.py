"""Topics to views: load, fold, save, a batch at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import asyncpg
from common.delivery import Delivery, Emit
from common.events.base import Event
from common.events.clock import TimePassed
from common.events.rules import StepRecorded

from portal import store, tally
from portal.views import CASE_TYPES, ITEM_TYPES, CaseView, case_of, fold_case, fold_item, item_key
from portal.watchers import Changes

WITH_REGION = frozenset(kind for kind in CASE_TYPES if "region" in kind.model_fields)
"""A missing field of a model is dear to ask for."""


class PortalHandler:
    """Builds the read side; publishes nothing."""

    types: frozenset[type[Event]] = CASE_TYPES | ITEM_TYPES | {TimePassed, StepRecorded}

    def __init__(self, changes: Changes, zone: ZoneInfo) -> None:
        self._changes = changes
        self._zone = zone

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        await self._cases(batch, db)
        await self._items(batch, db)
        links = [d.event for d in batch if isinstance(d.event, StepRecorded)]
        if links:
            await store.add_links(db, [(e.number, e.step, e.proposal_id, e.at, e.hash, e.previous) for e in links])
        ticks = [d.event.until for d in batch if isinstance(d.event, TimePassed)]
        if ticks:
            await store.set_clock(db, max(ticks))
        await self._changes.tell()
        return []

    async def _cases(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
        mine = [(case_id, d) for d in batch if type(d.event) in CASE_TYPES and (case_id := case_of(d)) is not None]
        if not mine:
            return
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
        await store.save_cases(db, changed.values())
        await store.move_tallies(db, tally.moved((views.get(name), view) for name, view in changed.items()))
        await store.append_events(db, mine)
        await store.count_days(db, dict(counts))  # type: ignore[arg-type]

    async def _items(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
        keyed = [(key, d) for d in batch if (key := item_key(d.event)) is not None]
        if not keyed:
            return
        items = await store.load_items(db, sorted({key for key, _ in keyed}))
        for key, delivery in keyed:
            item = fold_item(items.get(key), delivery.event, delivery.envelope.time, delivery.envelope.causation_id)
            if item is not None:
                items[key] = item
        await store.save_items(db, items.values())
