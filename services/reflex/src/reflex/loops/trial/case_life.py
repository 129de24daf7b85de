"""What happens to a watched case, and the measures that it plans for later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from reflex.facts import (
    CaseAnswered,
    CaseConfirmed,
    CaseDeclined,
    CaseFact,
    CaseOverdue,
    CaseOverdueWithdrawn,
    CaseRated,
    CaseReopened,
    CaseTransferred,
    CaseWithdrawn,
)
from reflex.loops.trial.settings import SettingsAt
from reflex.loops.trial.watched_case import WatchedCase, WatchedCases
from reflex.sortable_times import text_of


class CaseLife:
    """Facts of a case come in order of time."""

    def __init__(self, settings: SettingsAt, cases: WatchedCases) -> None:
        self._settings = settings
        self._cases = cases
        self._moves: dict[type[CaseFact], Callable[[WatchedCase, Any], None]] = {
            CaseTransferred: self._transferred,
            CaseAnswered: self._answered,
            CaseDeclined: self._finished,
            CaseWithdrawn: self._finished,
            CaseConfirmed: self._rated,
            CaseRated: self._rated,
            CaseReopened: self._reopened,
            CaseOverdue: self._overdue,
            CaseOverdueWithdrawn: self._not_overdue,
        }

    def take(self, case: WatchedCase, fact: CaseFact) -> None:
        self._moves[type(fact)](case, fact)

    def _transferred(self, case: WatchedCase, fact: CaseTransferred) -> None:
        case.moved, case.holder = True, fact.authority
        if fact.to_region:
            # How it goes on is another region's.
            for measure in ("overdue", "open_age", "slower"):
                case.due.pop(measure, None)
            if not case.due:
                self._cases.drop(case.case_id)

    def _answered(self, case: WatchedCase, fact: CaseAnswered) -> None:
        self._finished(case, fact)
        if not case.answered:
            case.answered = True
            settings = self._settings(fact.at)
            self._cases.plan(case, "reopened", text_of(fact.at + timedelta(days=settings.reopened_days)))
            self._cases.plan(case, "rating", text_of(fact.at + timedelta(days=settings.rating_days)))

    def _finished(self, case: WatchedCase, fact: CaseFact) -> None:
        case.finished, case.done = case.finished or text_of(fact.at), True

    def _rated(self, case: WatchedCase, fact: CaseRated | CaseConfirmed | CaseReopened) -> None:
        if case.poor is None and fact.rating is not None:
            case.poor = fact.rating <= self._settings(fact.at).poor_rating

    def _reopened(self, case: WatchedCase, fact: CaseReopened) -> None:
        self._rated(case, fact)
        case.reopened, case.done = True, False

    def _overdue(self, case: WatchedCase, fact: CaseOverdue) -> None:
        case.missed = case.missed or text_of(fact.due_at)

    def _not_overdue(self, case: WatchedCase, fact: CaseOverdueWithdrawn) -> None:
        if case.missed == text_of(fact.due_at):
            case.missed = ""
