"""How a case stands for its citizen: until when an answer is due by the standard, and whether it is late. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from common.contracts.case_life import ANSWERED, CLOSED, OPEN
from common.contracts.events import region
from common.contracts.events.intake import SupportGiven
from common.contracts.events.routing import DuplicateDecided, DuplicateSuggested
from common.contracts.frozen import value

from channels.adapters.citizen_page.story import choices_of
from channels.case_history import HistoryEntry

Timing = Literal["not_known", "running", "late", "stands", "answered_in_time", "answered_late", "ended", "elsewhere"]

STARTS = frozenset(
    event.type
    for event in (
        region.CaseOpenedSummary, region.WorkStarted, region.CaseTransferred, region.CaseExtended, region.CaseWaitEnded,
        region.MessageJoined, region.CaseReopened,
    )
)  # fmt: skip
"""Steps whose `due_at`, where they have one, is the deadline from there on."""


@value
class Standing:
    timing: Timing
    due_at: datetime | None = None
    question: HistoryEntry | None = None
    """That waits for a reply."""
    answer: HistoryEntry | None = None
    """The last one that was given, where the case was not opened again since."""
    choices: tuple[str, ...] = ()
    """Categories of which the citizen is asked to say one."""
    may_be_known: HistoryEntry | None = None
    """The question whether it is the same as an earlier case, while it waits for an answer."""


def standing(state: str | None, entries: Sequence[HistoryEntry], now: datetime) -> Standing:
    """`entries` are those of the case alone, in their order."""
    due_at = missed = answer = question = None
    late_answer = stopped = False
    for entry in entries:
        if entry.kind in STARTS and entry.due_at is not None:
            due_at, stopped = entry.due_at, False
        match entry.kind:
            case region.CaseOverdue.type:
                missed = entry.due_at
            case region.CaseOverdueWithdrawn.type:
                missed, late_answer = None, False
            case region.CitizenAsked.type:
                question = entry
            case region.CitizenReached.type:
                stopped = True
            case region.CaseAnswered.type:
                answer, late_answer = entry, entry.on_time is False
            case region.CaseReopened.type:
                answer = None
        if entry.kind in MOVES_ON:
            question = None
    if state == "waiting" and question is not None:
        timing: Timing = "stands" if stopped else _running(due_at, missed, now)
        return Standing(timing, due_at, question)
    if state in ANSWERED:
        return Standing("answered_late" if late_answer else "answered_in_time", due_at, None, answer)
    if state == "joined":
        return Standing("elsewhere")
    if state in CLOSED:
        return Standing("ended")
    choices = next((choices_of(e) for e in reversed(entries) if choices_of(e)), ())
    return Standing(
        _running(due_at, missed, now), due_at, choices=choices if state == "registered" else (),
        may_be_known=_suggested(entries) if state in OPEN else None,
    )  # fmt: skip


def _suggested(entries: Sequence[HistoryEntry]) -> HistoryEntry | None:
    """The last suggestion that nobody has spoken on yet."""
    found = None
    for entry in entries:
        if entry.kind == DuplicateSuggested.type:
            found = entry
        elif entry.kind in (DuplicateDecided.type, SupportGiven.type):
            found = None
    return found


def under_another(lead: str | None, shared: Sequence[HistoryEntry], now: datetime) -> Standing:
    """Of a case that goes on under another: the answer of that one, whose state is `lead`."""
    return Standing("elsewhere", answer=standing(lead, shared, now).answer)


MOVES_ON = frozenset(
    event.type
    for event in (region.WorkStarted, region.CaseWaitEnded, region.CaseAnswered, region.CaseDeclined)
)  # fmt: skip
"""After these no reply is waited for."""


def _running(due_at: datetime | None, missed: datetime | None, now: datetime) -> Timing:
    if due_at is None:
        return "not_known"
    return "late" if missed == due_at or now > due_at else "running"
