"""How the case of a posted message stands, by what topics say of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from common.contracts.case_life import ANSWERED, CLOSED
from common.contracts.events.region import CaseEvent, CaseJoined, CaseOpenedSummary
from common.contracts.frozen import value
from common.contracts.outside_status import OutsideStatus, Why, closed_by, outside_status

ENDED: frozenset[str] = (ANSWERED | CLOSED) - {"joined"}
"""States in which nobody owes the citizen an answer; a joined case waits for that of the one it goes on under."""


@value
class CaseState:
    """One case as its citizen may know it."""

    case_id: str
    reference: str
    begun_at: datetime | None = None
    state: str | None = None
    """`registered`, a region's word for it, or None: nothing is known of such a case yet."""
    region: str | None = None
    """Which region has it."""
    changed_at: datetime | None = None
    into_case: str | None = None
    """The case it goes on under, once it was joined."""
    closed_by: Why | None = None
    """Why it is closed, where the state does not say it."""

    @property
    def outside(self) -> OutsideStatus:
        """Open, or closed and why."""
        return outside_status(self.state, self.closed_by)


def registered(case: CaseState, time: datetime) -> CaseState:
    """A message opened it, or joined it; what is known of it already stands."""
    return case if case.state is not None else replace(case, state="registered", changed_at=time)


def declined(case: CaseState, time: datetime) -> CaseState:
    """A person refused it in triage: no region gets it."""
    return case if case.region is not None else replace(case, state="declined", changed_at=time, closed_by="not_taken")


def thanked(case: CaseState, time: datetime) -> CaseState:
    """It says thanks and asks for nothing: no region gets it."""
    return case if case.region is not None else replace(case, state="thanked", changed_at=time, closed_by=None)


def divided(case: CaseState, time: datetime) -> CaseState:
    """A person divided its message: each part is a case of its own."""
    return case if case.region is not None else replace(case, state="divided", changed_at=time, closed_by=None)


def follow(case: CaseState, event: CaseEvent, time: datetime) -> CaseState:
    """What a region said. Topics of two regions are read in any order: once a region has opened the case, late words of
    the one before are passed over."""
    opens = isinstance(event, CaseOpenedSummary)
    if case.region is not None and event.region != case.region:
        late = case.changed_at is not None and time < case.changed_at
        if late or not opens:
            return case
    into_case = event.into_case if isinstance(event, CaseJoined) else case.into_case
    return replace(
        case, state=event.state, region=event.region, changed_at=time, into_case=into_case, closed_by=closed_by(event)
    )
