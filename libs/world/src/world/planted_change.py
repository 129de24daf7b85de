"""The change that is proposed in a replay though it does harm: who proposes it, when, and what became of it. Pure.

It goes the way of every proposal. Only the log's own ends say that it is wrong, and they are seen here alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.contracts.envelope import derived_id
from common.contracts.events import deliberation, region, rules
from common.contracts.events.base import Actor, Event
from common.contracts.patch import Patch, RowChange
from common.federation.country import Federation

from world.cell_text import text_cell
from world.desks import DeskOrder
from world.plan import PlantedChange
from world.public import RULES

NEEDED_AFTER = timedelta(days=21)
"""The argument about it, the trial's beginning, and the time until it is known which cases were handed on."""
FIRST_WORKING_MINUTES = 60
"""Of the day on which it is proposed."""
FEW_CASES = 30
"""Of fewer that followed the change the report says that they are few."""


@dataclass(frozen=True, slots=True)
class NotPlanted:
    """Nobody proposes a harmful change in this run, in words why."""

    why: str

    def report(self) -> dict[str, Any]:
        return {"planted": False, "why": self.why}


def proposal_of(
    change: PlantedChange, federation: Federation, seed: int, first: datetime, last: datetime
) -> DeskOrder | NotPlanted:
    """What the region's operator proposes, on the day that the plan names; `first` and `last` of the replay."""
    at = federation.calendar(change.region).add(first + timedelta(days=change.after_days), FIRST_WORKING_MINUTES)
    if at + NEEDED_AFTER > last:
        needed = timedelta(days=change.after_days) + NEEDED_AFTER
        return NotPlanted(f"the replay is too short: it takes some {needed.days + 1} days")
    operator = next((p for p in federation.people if (p.role, p.scope) == ("operator", change.region)), None)
    base = next((r for r in federation.base_releases() if r.layer == change.region), None)
    if operator is None or base is None:
        return NotPlanted(f"region {change.region} has no operator or no rules of its own")
    row = RowChange(
        op="add", row_id=_row_id(change), at=0,
        after={"category": text_cell(change.category), "area": "", "authority": text_cell(change.wrong)},
    )  # fmt: skip
    proposal_id = derived_id("planted change", str(seed), change.region, change.category, change.wrong)
    said = rules.ProposeChange(
        actor=Actor(id=operator.id, role=operator.role, scope=operator.scope), proposal_id=proposal_id,
        title=change.title, words=change.words, values=("effort",), synthetic=True,
        patch=Patch(layer=change.region, base_number=base.number, table="jurisdiction", changes=(row,)),
    )  # fmt: skip
    return DeskOrder(at, proposal_id, 0, RULES, said)


def _row_id(change: PlantedChange) -> str:
    return f"{change.category}@{change.wrong}"


@dataclass
class PlantedCourse:
    """What becomes of the planted change, from its events and from where the cases that follow it belong."""

    change: PlantedChange
    proposal_id: str
    proposer: str
    times: dict[str, datetime] = field(default_factory=dict)
    """Of its steps; the first of each kind."""
    outcome: str = "not heard of"
    reason: str | None = None
    guard: str | None = None
    numbers: dict[str, float] = field(default_factory=dict)
    followed: set[str] = field(default_factory=set)
    """Cases that were given to their first authority by the change."""
    misrouted: set[str] = field(default_factory=set)
    """Of these: they belong to another authority."""

    def note(self, event: Event, time: datetime, true_authority: str | None) -> None:
        if isinstance(event, region.CaseOpened):
            self._opened(event, true_authority)
        elif getattr(event, "proposal_id", None) == self.proposal_id:
            self._stepped(event, time)

    def _opened(self, event: region.CaseOpened, true_authority: str | None) -> None:
        by_arm = any((arm.proposal_id, arm.arm) == (self.proposal_id, "candidate") for arm in event.arms)
        by_row = any((b.table, b.row_id) == ("jurisdiction", _row_id(self.change)) for b in event.because)
        if event.authority == self.change.wrong and (by_arm or by_row) and event.handed_over_from is None:
            self.followed.add(event.case_id)
            if true_authority is not None and true_authority != event.authority:
                self.misrouted.add(event.case_id)

    def _stepped(self, event: Event, time: datetime) -> None:
        outcome = OUTCOMES.get(type(event))
        if outcome is None:
            return
        self.outcome = outcome
        self.times.setdefault(outcome, time)
        if isinstance(event, ENDS):
            self.reason = event.reason
        if isinstance(event, rules.TrialRolledBack):
            self.guard, self.numbers = event.guard, dict(event.numbers)

    def report(self) -> dict[str, Any]:
        with_it, without = (self.numbers.get(f"{arm}_outcomes") for arm in ("candidate", "current"))
        return {
            "planted": True,
            "title": self.change.title,
            "region": self.change.region,
            "category": self.change.category,
            "right": self.change.right,
            "wrong": self.change.wrong,
            "proposal_id": self.proposal_id,
            "proposer": self.proposer,
            "outcome": self.outcome,
            "at": {name: at.isoformat() for name, at in self.times.items()},
            "ever_adopted": "adopted" in self.times,
            "reason": self.reason,
            "guard": self.guard,
            "cases_followed": len(self.followed),
            "cases_misrouted": len(self.misrouted),
            "counted_with": with_it,
            "counted_without": without,
            "few_cases": with_it is not None and with_it < FEW_CASES,
        }


ENDS = (
    rules.ProposalRefused, rules.ProposalReturned, rules.ProposalRejected, rules.ProposalLapsed,
    rules.TrialRolledBack, rules.TrialEnded, rules.RulesCommandRefused,
)  # fmt: skip
OUTCOMES: dict[type[Event], str] = {
    rules.RulesCommandRefused: "refused",
    rules.ProposalChecked: "proposed",
    rules.ProposalRefused: "refused",
    rules.ProposalReturned: "returned",
    deliberation.DeliberationOpened: "argued about",
    rules.ProposalAccepted: "accepted",
    rules.ProposalRejected: "rejected",
    rules.ProposalLapsed: "lapsed",
    rules.TrialWaits: "waiting for its trial",
    rules.TrialStarted: "on trial",
    rules.TrialRolledBack: "rolled back",
    rules.TrialEnded: "ended without a result",
    rules.ProposalAdopted: "adopted",
}
"""What its last event says of it."""


def in_words(report: dict[str, Any]) -> Iterable[str]:
    """The report for people, a line each."""
    if not report["planted"]:
        yield f"no harmful change was planted: {report['why']}"
        return
    yield f"a harmful change was planted, and only the log knows it: {report['title']}"
    steps = ", ".join(f"{name} {at[:10]}" for name, at in report["at"].items())
    yield f"  by {report['proposer']}: {steps or 'nothing was heard of it'}"
    if report["reason"]:
        yield f"  why it ended: {report['reason']}"
    if report["counted_with"] is not None:
        few = "; these are few" if report["few_cases"] else ""
        counted = f"{report['counted_with']:g} with it, {report['counted_without']:g} without it"
        yield f"  cases counted until then: {counted}{few}"
    yield (
        f"  {report['cases_followed']} cases followed it, {report['cases_misrouted']} of them went to the wrong"
        f" authority ({report['wrong']} instead of {report['right']})"
    )
