"""What citizens are told of delays, and what of it was wrong because the clock was."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.messaging.clock import last_tick
from common.messaging.clock.last_tick import Correction

from intake import store
from intake.store import ToldEscalation


class Escalations:
    """Of one batch."""

    def __init__(self, corrected: Correction | None, earlier: Sequence[ToldEscalation]) -> None:
        """`earlier` was told in earlier batches and is withdrawn in this one."""
        self._corrected = corrected
        self._earlier: dict[str, list[ToldEscalation]] = {}
        for one in earlier:
            self._earlier.setdefault(one.case_id, []).append(one)
        self._now: list[ToldEscalation] = []

    @classmethod
    async def of(cls, batch: Sequence[Delivery], db: asyncpg.Connection) -> Escalations:
        corrected, earlier = None, list[ToldEscalation]()
        if any(isinstance(d.event, CaseEscalated) for d in batch):
            corrected = await last_tick.correction(db)
        withdrawn = [d.event for d in batch if isinstance(d.event, CaseEscalationWithdrawn)]
        if withdrawn:
            levels = {(event.case_id, level) for event in withdrawn for level in event.withdrawn}
            earlier = await store.untell_escalations(db, levels)
        return cls(corrected, earlier)

    def premature(self, delivery: Delivery) -> bool:
        """Whether an escalation came of a tick that is taken back already: nobody need be told, its withdrawal is on
        its way."""
        known, event = self._corrected, delivery.event
        if known is None or not isinstance(event, CaseEscalated) or delivery.appended_at is None:
            return False
        return known.until < delivery.envelope.time <= known.wrong_until and delivery.appended_at <= known.appended_at

    def told(self, event: CaseEscalated, notice: Emit) -> None:
        if notice.id is not None:
            self._now.append(ToldEscalation(event.case_id, event.level, notice.id))

    def withdraw(self, event: CaseEscalationWithdrawn) -> tuple[set[str], tuple[str, ...]]:
        """Ids of notices of this batch that need not be said, and of those said before."""
        unsaid = {t.notice_id for t in self._now if t.case_id == event.case_id and t.level in event.withdrawn}
        self._now = [t for t in self._now if t.notice_id not in unsaid]
        return unsaid, tuple(t.notice_id for t in self._earlier.pop(event.case_id, ()))

    async def save(self, db: asyncpg.Connection) -> None:
        await store.tell_escalations(db, self._now)
