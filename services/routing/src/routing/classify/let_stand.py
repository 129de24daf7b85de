"""Which cases people let stand as they were placed: answered, and for some time after nobody found fault. Pure.

No order corrects a category, so any sign of another view counts against a case: it was passed on, disputed, declined,
withdrawn, or joined to another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from operator import attrgetter

from common.contracts.events.region import (
    CaseAnswered,
    CaseDeclined,
    CaseEvent,
    CaseJoined,
    CaseReopened,
    CaseTransferred,
    CaseWithdrawn,
    DisputeRaised,
)
from common.contracts.frozen import value

CORRECTED_WITHIN = timedelta(days=14)
"""From the answer; who would find fault has done so by then."""
DOUBTS: Collection[type[CaseEvent]] = (CaseTransferred, DisputeRaised, CaseDeclined, CaseWithdrawn, CaseJoined)
DOUBT_TYPES = frozenset(one.type for one in DOUBTS)
TYPES = DOUBT_TYPES | {CaseAnswered.type, CaseReopened.type}
"""Wire types of what is looked at."""


@value
class CaseFact:
    """What a region told of a case: the wire type, and when."""

    case_id: str
    kind: str
    time: datetime


def let_stand(facts: Iterable[CaseFact], now: datetime) -> frozenset[str]:
    """Ids of cases; one that is reopened counts from its next answer. Facts of one time are in their order."""
    answered: dict[str, datetime] = {}
    doubted: set[str] = set()
    for fact in sorted(facts, key=attrgetter("time")):
        if fact.kind in DOUBT_TYPES:
            doubted.add(fact.case_id)
        elif fact.kind == CaseReopened.type:
            answered.pop(fact.case_id, None)
        elif fact.kind == CaseAnswered.type:
            answered.setdefault(fact.case_id, fact.time)
    return frozenset(
        case_id for case_id, at in answered.items() if case_id not in doubted and at + CORRECTED_WITHIN <= now
    )
