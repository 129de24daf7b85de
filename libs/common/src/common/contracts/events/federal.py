"""What the federal centre does: escalations up the ladder, and directives to regions."""

from __future__ import annotations

from typing import ClassVar, Literal

from common.contracts.events.base import Because, Event, Instant
from common.contracts.trial import ArmDrawn


class CaseEscalated(Event):
    """A case climbed to a level of the ladder because its time ran out."""

    type: ClassVar[str] = "federal.case.escalated.v1"

    case_id: str
    region: str | None
    """None while nobody holds the case (it waits in triage)."""
    authority: str | None
    level: int
    to: Literal["authority_head", "regional_head", "federal"]
    due_at: Instant
    because: tuple[Because, ...] = ()
    arms: tuple[ArmDrawn, ...] = ()
    """Of the trials that concern the decision."""


class CaseEscalationWithdrawn(Event):
    """The clock was wrong: the case had not climbed above `level` (0: not at all)."""

    type: ClassVar[str] = "federal.case.escalation_withdrawn.v1"

    case_id: str
    region: str | None
    authority: str | None
    level: int
    withdrawn: tuple[int, ...]
    """The levels that are taken back, lowest first."""
    due_at: Instant
    reason: str


class DirectiveIssued(Event):
    """The centre's order to a region about one case; it never edits the case itself."""

    type: ClassVar[str] = "federal.directive.issued.v1"

    directive_id: str
    case_id: str
    region: str
    demand: str
    answer_by: Instant


class DirectiveWithdrawn(Event):
    """The clock was wrong: the order should not have been given yet, and binds nobody."""

    type: ClassVar[str] = "federal.directive.withdrawn.v1"

    directive_id: str
    case_id: str
    region: str
    reason: str


class DirectiveClosed(Event):
    """The region did what was asked; how long it took is on the record."""

    type: ClassVar[str] = "federal.directive.closed.v1"

    directive_id: str
    case_id: str
    region: str
    text: str
    on_time: bool
