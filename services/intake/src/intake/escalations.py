"""What citizens are told of delays, and what of it was wrong because the clock was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.contracts.frozen import value


@value
class ToldEscalation:
    """A notice that told a citizen of a level of the ladder."""

    case_id: str
    level: int
    notice_id: str


@value
class WrongTime:
    """Ticks that ended after `right`, up to `wrong_until`, were taken back; the broker took that word at
    `appended_at`."""

    right: datetime
    wrong_until: datetime
    appended_at: datetime


class Escalations:
    """Of one batch."""

    def __init__(self, wrong_time: WrongTime | None, earlier: Iterable[ToldEscalation]) -> None:
        """`earlier` was told in earlier batches and is withdrawn in this one."""
        self._wrong_time = wrong_time
        self._earlier: dict[str, list[ToldEscalation]] = {}
        for one in earlier:
            self._earlier.setdefault(one.case_id, []).append(one)
        self._now: list[ToldEscalation] = []

    @property
    def told_now(self) -> Sequence[ToldEscalation]:
        """In this batch, and not withdrawn in it."""
        return self._now

    def premature(self, said_at: datetime, appended_at: datetime | None) -> bool:
        """Whether an escalation came of a tick that is taken back already: nobody need be told, its withdrawal is on
        its way."""
        known = self._wrong_time
        if known is None or appended_at is None:
            return False
        return known.right < said_at <= known.wrong_until and appended_at <= known.appended_at

    def told(self, event: CaseEscalated, notice_id: str) -> None:
        self._now.append(ToldEscalation(event.case_id, event.level, notice_id))

    def withdraw(self, event: CaseEscalationWithdrawn) -> tuple[set[str], tuple[str, ...]]:
        """Ids of notices of this batch that need not be said, and of those said before."""
        unsaid = {t.notice_id for t in self._now if t.case_id == event.case_id and t.level in event.withdrawn}
        self._now = [t for t in self._now if t.notice_id not in unsaid]
        return unsaid, tuple(t.notice_id for t in self._earlier.pop(event.case_id, ()))
