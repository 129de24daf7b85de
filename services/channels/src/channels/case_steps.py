"""Which steps of a case its citizen is shown at a time, and by which it is known how it stands. Pure.

A case that was joined to another goes on with what the region of that one does from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from common.contracts.events import region
from common.contracts.events.intake import SupportGiven
from common.contracts.events.routing import ClarificationAsked, DuplicateDecided, DuplicateSuggested
from common.contracts.frozen import value

from channels.case_history import OWN_WORDS, HistoryEntry, order_of

DECIDING = frozenset(
    kind.type
    for kind in (
        region.CaseOpenedSummary, region.WorkStarted, region.CaseTransferred, region.CaseExtended, region.CaseWaitEnded,
        region.MessageJoined, region.CaseReopened, region.CaseOverdue, region.CaseOverdueWithdrawn, region.CitizenAsked,
        region.CitizenReached, region.CaseAnswered, region.CaseDeclined, region.CaseJoined, ClarificationAsked,
        DuplicateSuggested, DuplicateDecided, SupportGiven,
    )
)  # fmt: skip
"""Kinds whose last step, and the last that has a deadline, say how a case stands, however long ago that was."""


@value
class CaseSteps:
    """Of one case, each in its order."""

    known: Sequence[HistoryEntry]
    """Its own, as far as they decide how it stands or are shown."""
    lead: Sequence[HistoryEntry]
    """The same of the case that it goes on under, since it does."""
    shown: Sequence[HistoryEntry]
    """The newest of both."""
    older: str | None
    """The step before which there are more; None where there are none."""


def joined_at(own: Iterable[HistoryEntry], into_case: str | None) -> datetime | None:
    """Since when a case goes on under this one."""
    joins = (e for e in own if e.kind == region.CaseJoined.type and e.other == into_case)
    return next((e.at for e in joins), None) if into_case is not None else None


def newest(
    own: Sequence[HistoryEntry], lead: Sequence[HistoryEntry], most: int
) -> tuple[list[HistoryEntry], str | None]:
    """Of what was read, one step more than `most` of each, what is shown; and before which step there are more."""
    both = [*own, *lead]
    shown = both[-most:]
    return shown, shown[0].event_id if len(both) > most else None


def steps_of(
    case_id: str, into_case: str | None, read: Mapping[str, Sequence[HistoryEntry]],
    deciding: Mapping[str, Sequence[HistoryEntry]], most: int,
) -> CaseSteps:  # fmt: skip
    """`read` and `deciding` hold steps by their case: the newest, and those that decide."""
    own = _ordered(read.get(case_id, ()), ())
    known = _ordered(own, deciding.get(case_id, ()))
    since, leads, lead_known = joined_at(known, into_case), list[HistoryEntry](), list[HistoryEntry]()
    if since is not None and into_case is not None:
        leads = of_lead(_ordered(read.get(into_case, ()), ()), since)
        lead_known = of_lead(_ordered(leads, deciding.get(into_case, ())), since)
    shown, older = newest(own[-most - 1 :], leads[-most - 1 :], most)
    return CaseSteps(known, lead_known, shown, older)


def of_lead(entries: Iterable[HistoryEntry], since: datetime) -> list[HistoryEntry]:
    """What its region did since; nobody else's words."""
    return [e for e in entries if e.kind not in OWN_WORDS and e.at >= since]


def _ordered(some: Iterable[HistoryEntry], more: Iterable[HistoryEntry]) -> list[HistoryEntry]:
    return sorted({e.event_id: e for e in (*some, *more)}.values(), key=order_of)
