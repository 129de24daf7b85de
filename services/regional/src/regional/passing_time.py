"""What time alone does to a case: its deadline passes, its citizen is reminded, waiting for a reply ends. Pure."""

from __future__ import annotations

from datetime import datetime

from regional import waiting
from regional.answer_clock import report_overdue
from regional.case import Case, CaseDecision, CaseEvent, RegionContext

STEPS = {"reminder": waiting.remind, "reply_term": waiting.end}


def pass_moment(case: Case, context: RegionContext, until: datetime, *, inclusive: bool = True) -> CaseDecision:
    """The next moment of the case, with its own time, if it came by `until`; the same case when it did not."""
    coming = case.next_moment
    if coming is None or coming[0] > until or (coming[0] == until and not inclusive):
        return CaseDecision(case)
    at, passed = coming
    if passed == "deadline":
        return report_overdue(case, context, until, inclusive=inclusive)
    return STEPS[passed](case, context, max(at, case.last_at))


def pass_time(case: Case, context: RegionContext, until: datetime, *, inclusive: bool = True) -> CaseDecision:
    """All that came by `until`, in order."""
    said: list[CaseEvent] = []
    while True:
        decision = pass_moment(case, context, until, inclusive=inclusive)
        said += decision.events
        if decision.case is None or decision.case is case:
            return CaseDecision(case, tuple(said))
        case = decision.case
