"""How authorities answer prevention orders, and what came of the orders. Pure, from a seeded model, marked synthetic.

No log says why a problem came again or what was done about it, so an answer changes nothing of what comes later: the
look afterwards tells what the log's own reports did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

from common.contracts.events.base import Actor, Event
from common.contracts.events.reflex.prevention import (
    AnswerPrevention,
    PreventionAnswered,
    PreventionOrdered,
    PreventionOverdue,
    PreventionReviewed,
    RootCause,
)

from world.desks import DeskOrder
from world.log_requests import Chance

TOPIC = "reflex.commands"
ANSWERS, REFUSES = 0.6, 0.15
"""Shares of the orders: an authority names a cause and what it did, or says why it does nothing. The term of the rest
passes."""
FIRST_DAY, LAST_DAY = 3, 40
"""After the order an authority answers between these days; the term is 30 days unless the rules say another."""
REFUSAL = "Nothing was done."
"""What an authority that refuses says it did."""
DONE: dict[RootCause, tuple[str, str]] = {
    "wear": ("The part is worn out and fails again after each repair.", "It was replaced."),
    "poor_repair": ("The last repair covered the defect and did not remove it.", "It was opened and repaired anew."),
    "design": ("The place is made so that it happens again.", "A change of the place is ordered from engineering."),
    "outside": ("Works by others damage it again and again.", "The others were told to put it right."),
    "upkeep": ("The place is looked after too seldom.", "It is now on the weekly round."),
    "conduct": ("People use the place in a way that it does not bear.", "Signs and a weekly look were ordered."),
    "unknown": ("An inspection found no common cause.", "The place is inspected each month for now."),
}
"""By cause: the explanation, and what was done."""
WHY_NOT = (
    "The place belongs to a private owner, who was asked to act.",
    "Reports at this place are of different problems: there is no common cause.",
    "The works that it takes are not in this year's budget.",
)


def answer_to(order: PreventionOrdered, draw: Chance, acting: Callable[[str, str], Actor | None]) -> DeskOrder | None:
    """What the authority answers, and when; None where it lets the term pass. `acting` names who acts for an authority
    in a region."""
    actor = acting(order.authority, order.region)
    chance = draw(order.order_id, "prevention")
    roll = chance.random()
    if actor is None or roll >= ANSWERS + REFUSES:
        return None
    if roll < ANSWERS:
        cause: RootCause = chance.choice(get_args(RootCause))
        explanation, done = DONE[cause]
    else:
        cause, explanation, done = "unknown", chance.choice(WHY_NOT), REFUSAL
    at = order.ordered_at + timedelta(minutes=chance.randint(FIRST_DAY * 1440, LAST_DAY * 1440))
    said = AnswerPrevention(
        actor=actor, order_id=order.order_id, cause=cause, explanation=explanation, done=done, synthetic=True
    )
    return DeskOrder(at, order.order_id, 0, TOPIC, said)


@dataclass
class PreventionCourse:
    """What became of the orders of a run."""

    ordered: set[str] = field(default_factory=set)
    answered: dict[str, bool] = field(default_factory=dict)
    """By order: whether the authority refused."""
    late: set[str] = field(default_factory=set)
    """Answered after the term."""
    overdue: set[str] = field(default_factory=set)
    causes: Counter[str] = field(default_factory=Counter)
    """Of answers that are no refusals."""
    reviewed: dict[str, Counter[str]] = field(default_factory=dict)
    """By what the authority did: how often the problem came back, or stayed away."""
    compared: list[tuple[int, float]] = field(default_factory=list)
    """Of each look that had places to compare with: days with reports, and those expected."""

    def note(self, event: Event) -> None:
        match event:
            case PreventionOrdered():
                self.ordered.add(event.order_id)
            case PreventionAnswered():
                self.answered[event.order_id] = refused = event.done == REFUSAL
                if not event.on_time:
                    self.late.add(event.order_id)
                if not refused:
                    self.causes[event.cause] += 1
            case PreventionOverdue():
                self.overdue.add(event.order_id)
            case PreventionReviewed():
                self._reviewed(event)

    def _reviewed(self, event: PreventionReviewed) -> None:
        refused = self.answered.get(event.order_id)
        did = "unanswered" if refused is None else "refused" if refused else "answered"
        counts = self.reviewed.setdefault(did, Counter(came_back=0, stayed_away=0))
        counts["came_back" if event.days else "stayed_away"] += 1
        if event.expected is not None:
            self.compared.append((event.days, event.expected))

    def report(self) -> dict[str, Any]:
        refused = sum(self.answered.values())
        return {
            "ordered": len(self.ordered),
            "answered": len(self.answered) - refused,
            "refused": refused,
            "answered_late": len(self.late),
            "overdue": len(self.overdue),
            "waiting": len(self.ordered - set(self.answered) - self.overdue),
            "causes": dict(self.causes.most_common()),
            "reviewed": {did: dict(counts) for did, counts in sorted(self.reviewed.items())},
            "compared": len(self.compared),
            "days_with_reports": sum(days for days, _ in self.compared),
            "days_expected": round(sum(expected for _, expected in self.compared), 1),
        }


def in_words(report: dict[str, Any]) -> Iterable[str]:
    """The report for people, a line each."""
    if not report["ordered"]:
        yield "prevention orders: none"
        return
    yield (
        f"prevention orders: {report['ordered']}; answered {report['answered']}, refused with a reason"
        f" {report['refused']} ({report['answered_late']} of both after the term), the term passed of"
        f" {report['overdue']}, {report['waiting']} still wait"
    )
    for did, counts in report["reviewed"].items():
        looked = counts["came_back"] + counts["stayed_away"]
        yield f"  looked at again, {did}: {looked}; the problem came back at {counts['came_back']}"
    if report["compared"]:
        yield (
            f"  {report['days_with_reports']} days with reports there, {report['days_expected']:g} at as many like"
            " places nobody was ordered about"
        )
