"""The clock of a case's answer: when it stops, goes on and starts anew, what it has used up, and its deadline. Pure.

It counts working minutes of the region's calendar. Which commands and facts do what to it stands in the table of a
case's life (`common.contracts.case_life`, column `clock`); here is how. Nothing else stops it: neither an edit, a
transfer nor a deferral.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from common.contracts.case_life import clock_stands
from common.contracts.events import region
from common.contracts.events.clock import RECORDS_AHEAD

from regional.case import Case, CaseDecision, CaseEvent, RegionContext
from regional.transition import Transition

NOT_WAITING: dict[str, Any] = {
    "waiting_since": None, "resumes_as": None, "question": "", "asked_at": None, "remind_at": None,
    "wait_ends_at": None,
}  # fmt: skip
"""Fields of a case that waits no more."""


def stop(step: Transition) -> None:
    """The clock stands still from now on."""
    step.to(waiting_since=step.now)


def stopped_minutes(step: Transition) -> int:
    """How long the clock has stood still until now."""
    since = step.case.waiting_since
    return 0 if since is None else max(0, step.context.calendar.minutes_between(since, step.now))


def go_on(step: Transition, *, replied: bool) -> datetime:
    """The case waits no more; returns its deadline, later by the time that the clock stood still."""
    case, stopped = step.case, stopped_minutes(step)
    # A deadline that had already passed when the clock stopped stays where it is.
    moves = not case.overdue and clock_stands(case.waiting_since, case.due_at)
    due_at = step.context.calendar.add(case.due_at, stopped) if moves else case.due_at
    step.to(
        due_at=due_at,
        **NOT_WAITING,
        vain_minutes=0 if replied else case.vain_minutes + stopped,
        waited_minutes=case.waited_minutes + stopped,
        held_waited=case.held_waited + stopped,
    )
    return due_at


def started_anew(step: Transition) -> dict[str, Any]:
    """Fields of a case whose new answer has a clock of its own; the first deadline's result stands on the record."""
    return {
        "due_at": step.context.calendar.add(step.now, step.case.answer_minutes),
        "clock_started": step.now,
        "held_since": step.now,
        "overdue": False,
        "overdue_at": None,
        "waited_minutes": 0,
        "held_waited": 0,
    }


def extend(step: Transition) -> datetime:
    """Once a case: the deadline is later by the minutes that the standard allows; returns it."""
    due_at = step.context.calendar.add(step.case.due_at, step.case.extension_minutes)
    step.to(due_at=due_at, extended=True)
    return due_at


def held_minutes(step: Transition) -> int:
    """How long the present authority has had the case, without the time that the clock stood still."""
    case = step.case
    return max(0, step.context.calendar.minutes_between(case.held_since, step.now) - case.held_waited)


def end(step: Transition) -> int:
    """The answer is given: returns the minutes that it took, without those that the clock stood still."""
    case, stopped = step.case, step.case.waited_minutes + stopped_minutes(step)
    step.to(waited_minutes=stopped)
    return max(0, step.context.calendar.minutes_between(case.clock_started, step.now) - stopped)


def _reply_moments(case: Case, context: RegionContext, since: datetime) -> dict[str, Any]:
    """Until when a reply is waited for from `since` on, and when the citizen is reminded of the question."""
    left = max(1, case.term_minutes - case.vain_minutes)
    remind_at = None if case.remind_at is None else context.calendar.add(since, case.remind_minutes)
    return {"wait_ends_at": context.calendar.add(since, left), "remind_at": remind_at}


def report_overdue(case: Case, context: RegionContext, until: datetime, *, inclusive: bool = True) -> CaseDecision:
    """CaseOverdue with the deadline's own time, if it passed by `until`; once a deadline."""
    fires = case.fires_at
    if fires is None or fires > until or (fires == until and not inclusive):
        return CaseDecision(case)
    at = max(fires, case.last_at)
    event = region.CaseOverdue(
        case_id=case.case_id, region=context.region, authority=case.authority, actor="clock", state=case.state,
        synthetic=case.synthetic, due_at=fires,
    )  # fmt: skip
    return CaseDecision(replace(case, overdue=True, overdue_at=at, last_at=at), (CaseEvent(event, at),))


def take_back(case: Case, context: RegionContext, right: datetime, now: datetime, reason: str) -> CaseDecision:
    """The case as if no tick had ended after `right`; said at `now`. The same case when no such tick touched it.

    A deadline after `right` is not missed. What people did while the clock was wrong stays done, but not at a time that
    has not come: moments further ahead than records may be of their tick become `now`, and an answer owed since such a
    moment is due from `now`.
    """
    wrongly = case.overdue and case.due_at > right
    changes: dict[str, Any] = {
        name: now
        for name in ("clock_started", "held_since", "waiting_since")
        if (moment := getattr(case, name)) is not None and moment > now + RECORDS_AHEAD
    }
    if wrongly:
        changes |= {"overdue": False, "overdue_at": None, "last_at": min(case.last_at, right)}
    elif case.last_at > now + RECORDS_AHEAD:
        changes["last_at"] = now
    if "clock_started" in changes:
        changes["due_at"] = context.calendar.add(now, case.answer_minutes)
    if not changes:
        return CaseDecision(case)
    case, before = replace(case, **changes), case
    if "waiting_since" in changes:
        case = replace(case, **_reply_moments(case, context, now))
    if not wrongly and case.due_at == before.due_at:
        return CaseDecision(case)
    event = region.CaseOverdueWithdrawn(
        case_id=case.case_id, region=context.region, authority=case.authority, actor="clock", state=case.state,
        synthetic=case.synthetic, due_at=case.due_at, reported_at=before.overdue_at, reason=reason,
    )  # fmt: skip
    return CaseDecision(case, (CaseEvent(event, now),))
