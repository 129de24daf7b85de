"""What happens to cases."""

from __future__ import annotations

from typing import Any, Literal

from common.contracts.envelope import Envelope
from common.contracts.events import region
from common.contracts.events.base import Event, Instant
from common.contracts.trial import ArmDrawn

from reflex.facts.fact import TABLES_OF_ROWS, Fact, Point


class CaseFact(Fact):
    """Something that happened to a case."""

    case_id: str
    region: str
    authority: str
    """Who has the case after it."""


class CaseOpened(CaseFact):
    """A case was given to its first authority in a region."""

    event = region.CaseOpenedForLoops

    type: Literal["region.case.opened.v1"] = "region.case.opened.v1"
    category: str
    area: str
    """The district."""
    point: Point | None = None
    channel: str
    priority: int
    received_at: Instant
    due_at: Instant
    by_hand: bool = False
    """Placed by a person."""
    authority_by_rules: str | None = None
    """Who the rules name for a case that a person placed in triage, if the person left that to them or was shown it."""
    handed_over_from: str | None = None
    """The region that had it before."""
    arms: tuple[ArmDrawn, ...] = ()
    """Of the trials that concerned its assignment."""
    rows: tuple[str, ...] = ()
    """The rows that decided who has it and until when, `table|layer|row`: of each table the last one."""

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        found, place = super().values(event, envelope), event.place  # type: ignore[attr-defined]
        rows = {row.table: f"{row.table}|{row.layer}|{row.row_id}" for row in event.because}  # type: ignore[attr-defined]
        if decided := [rows[table] for table in TABLES_OF_ROWS if table in rows]:
            found["rows"] = decided
        arms = found.pop("arms")
        if arms:
            found["arms"] = [arm.model_dump(exclude_none=True) for arm in arms]
        if place.lat is not None and place.lon is not None:
            found["point"] = (place.lat, place.lon)
        return found


class CaseTransferred(CaseFact):
    """Another authority has the case; with `to_region` it left the region."""

    event = region.CaseTransferred

    type: Literal["region.case.transferred.v1"] = "region.case.transferred.v1"
    from_authority: str
    to_region: str | None = None


class CaseJoined(CaseFact):
    """The case was a duplicate of another."""

    event = region.CaseJoined

    type: Literal["region.case.joined.v1"] = "region.case.joined.v1"
    into_case: str


class WorkStarted(CaseFact):
    event = region.WorkStarted

    type: Literal["region.case.work_started.v1"] = "region.case.work_started.v1"


class CaseAnswered(CaseFact):
    event = region.CaseAnswered

    type: Literal["region.case.answered.v1"] = "region.case.answered.v1"
    worked_minutes: int | None = None
    """Working minutes that the answer took, without those that the clock stood still."""


class CitizenReached(CaseFact):
    """A question reached the citizen: the clock stops."""

    event = region.CitizenReached

    type: Literal["region.case.citizen_reached.v1"] = "region.case.citizen_reached.v1"


class CaseDeclined(CaseFact):
    """It will not be answered, on a legal ground."""

    event = region.CaseDeclined

    type: Literal["region.case.declined.v1"] = "region.case.declined.v1"


class CaseWithdrawn(CaseFact):
    event = region.CaseWithdrawn

    type: Literal["region.case.withdrawn.v1"] = "region.case.withdrawn.v1"


class CaseConfirmed(CaseFact):
    event = region.CaseConfirmed

    type: Literal["region.case.confirmed.v1"] = "region.case.confirmed.v1"
    rating: int | None = None


class CaseReopened(CaseFact):
    """The citizen did not agree with the answer."""

    event = region.CaseReopened

    type: Literal["region.case.reopened.v1"] = "region.case.reopened.v1"
    rating: int | None = None
    due_at: Instant | None = None
    """The new deadline."""


class CaseRated(CaseFact):
    event = region.CaseRated

    type: Literal["region.case.rated.v1"] = "region.case.rated.v1"
    rating: int


class CaseExtended(CaseFact):
    """It may be answered until `due_at`."""

    event = region.CaseExtended

    type: Literal["region.case.extended.v1"] = "region.case.extended.v1"
    due_at: Instant


class CaseOverdue(CaseFact):
    """The deadline `due_at` passed."""

    event = region.CaseOverdue

    type: Literal["region.case.overdue.v1"] = "region.case.overdue.v1"
    due_at: Instant


class CaseOverdueWithdrawn(CaseFact):
    """The deadline `due_at` had not passed when it was said to be missed."""

    event = region.CaseOverdueWithdrawn

    type: Literal["region.case.overdue_withdrawn.v1"] = "region.case.overdue_withdrawn.v1"
    due_at: Instant
