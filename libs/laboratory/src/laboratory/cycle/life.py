"""The life of one proposal in a run, as it is told afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from common.contracts.events import deliberation, rules
from common.contracts.events.base import Event

from laboratory.logged_case import Cell

STAGES: dict[type[Event], str] = {
    rules.RulesCommandRefused: "held back",
    rules.ProposalRefused: "refused",
    rules.ProposalChecked: "checked",
    deliberation.DeliberationOpened: "in deliberation",
    rules.ProposalAccepted: "accepted",
    rules.TrialWaits: "waits for another trial",
    rules.TrialStarted: "on trial",
    rules.ProposalAdopted: "adopted",
    rules.ProposalRejected: "rejected",
    rules.ProposalReturned: "returned",
    rules.ProposalWithdrawn: "withdrawn",
    rules.ProposalLapsed: "lapsed",
    rules.TrialRolledBack: "rolled back",
    rules.TrialEnded: "without a result",
    rules.ReviewFell: "review due",
    rules.ChangeReversed: "reversed",
}
"""Where a proposal stands after an event."""
WHY = ("code", "guard", "reason")
"""Fields of events that say why, the most general one first."""
LONGEST_WHY = 120


class Limit(NamedTuple):
    """Another deadline for a category, in working minutes."""

    category: str
    before: int
    after: int


@dataclass
class Life:
    """`cells`: those that it names, each with whom it is to go to."""

    proposal_id: str
    author: str
    table: str
    layer: str
    title: str
    made_at: datetime
    cells: tuple[tuple[Cell, str], ...]
    expected: float | None = None
    steps: list[tuple[datetime, str, str]] = field(default_factory=list)
    """When it came to which stage, and why."""
    verdict: str | None = None
    """Of its forecast, at its review."""
    measure: str = ""
    limit: Limit | None = None
    taken_up_by: str | None = None
    """The wider proposal that was tried in its place."""

    @property
    def stage(self) -> str:
        return self.steps[-1][1] if self.steps else "proposed"

    def stage_at(self, moment: datetime) -> str:
        """Where it stood then."""
        return next((stage for at, stage, _ in reversed(self.steps) if at <= moment), "proposed")

    def came_to(self, stage: str) -> datetime | None:
        """When it first came there."""
        return next((at for at, one, _ in self.steps if one == stage), None)

    def follow(self, event: Event, at: datetime) -> None:
        """Take an event about it."""
        if isinstance(event, rules.RulesCommandRefused) and event.command != rules.ProposeChange.type:
            return
        if isinstance(event, rules.ChangeReviewed):
            self.steps.append((at, event.outcome, ""))
        elif (stage := STAGES.get(type(event))) is not None:
            why = next((said for name in WHY if (said := getattr(event, name, None))), "")
            # After a colon stand the numbers of the one proposal.
            self.steps.append((at, stage, str(why).partition(":")[0][:LONGEST_WHY]))


def limit_of(command: rules.ProposeChange) -> Limit | None:
    """What a loop's proposal about a deadline shows."""
    shown = command.evidence
    if command.patch.table != "deadline" or not {"category", "limit", "proposed"} <= shown.keys():
        return None
    return Limit(str(shown["category"]), int(shown["limit"]), int(shown["proposed"]))


def cells_of(command: rules.ProposeChange) -> tuple[tuple[Cell, str], ...]:
    """The cells that a proposal about jurisdiction shows, with whom it names."""
    shown = command.evidence.get("cells", ())
    return tuple(((c["category"], c["area"]), c["target"]) for c in shown if "target" in c)
