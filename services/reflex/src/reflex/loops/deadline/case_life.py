"""What happens to watched cases: they are answered, reopened, passed on, or turn out to say nothing of the limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from reflex.facts import (
    CaseAnswered,
    CaseDeclined,
    CaseFact,
    CaseJoined,
    CaseReopened,
    CaseTransferred,
    CaseWithdrawn,
    CitizenReached,
    Fact,
)
from reflex.loops.deadline.watched import WatchedCase, WatchedCases

NO_CASE_OF_ITS_OWN = (CaseJoined, CaseDeclined, CaseWithdrawn)
KINDS = (CaseAnswered, CaseReopened, CaseTransferred, CitizenReached, *NO_CASE_OF_ITS_OWN)
"""The facts that matter here."""
Clock = Callable[[str, datetime], int]
"""(region, moment) to working minutes from the calendar's beginning until then."""


def clocks_of(cases: Iterable[WatchedCase], clock: Clock, now: datetime) -> dict[str, int]:
    """Working minutes from the calendar's beginning until now, of the regions that have cases."""
    return {region: clock(region, now) for region in {case.region for case in cases}}


class CaseLife:
    """Facts of a case come in order of time."""

    def __init__(self, cases: WatchedCases, clock: Clock, reopened_days: Callable[[datetime], int]) -> None:
        self._cases = cases
        self._clock = clock
        self._reopened_days = reopened_days
        self._moves: dict[type[Fact], Callable[[WatchedCase, Any], bool]] = {
            CaseAnswered: self._answered,
            CaseReopened: self._reopened,
            CaseTransferred: self._transferred,
            CitizenReached: self._asked,
            **dict.fromkeys(NO_CASE_OF_ITS_OWN, self._gone),
        }

    def take(self, case: WatchedCase, fact: CaseFact) -> bool:
        """False where the fact changes nothing."""
        return self._moves[type(fact)](case, fact)

    def _answered(self, case: WatchedCase, fact: CaseAnswered) -> bool:
        if case.spent is not None:
            return False
        if case.first is None and fact.worked_minutes is not None:
            case.spent = fact.worked_minutes
        else:
            case.spent = case.age(self._clock(case.region, fact.at))
        if case.first is None:
            case.first, case.answered = case.spent, fact.at.isoformat()
        return True

    def _reopened(self, case: WatchedCase, fact: CaseReopened) -> bool:
        """So late that it is another matter, a reopening leaves the answer as it is."""
        if case.spent is None:
            return False
        days = timedelta(days=self._reopened_days(fact.at))
        if not case.reopened and fact.at - datetime.fromisoformat(case.answered) > days:
            return False
        case.spent, case.reopened = None, case.reopened or fact.at.isoformat()
        return True

    def _transferred(self, case: WatchedCase, fact: CaseTransferred) -> bool:
        if fact.to_region is not None:
            self._cases.drop(case.case_id)
        case.authority = fact.authority
        return True

    def _asked(self, case: WatchedCase, fact: CitizenReached) -> bool:
        if case.stood is None:
            case.stood = case.age(self._clock(case.region, fact.at))
        return True

    def _gone(self, case: WatchedCase, fact: CaseFact) -> bool:
        self._cases.drop(case.case_id)
        return True
