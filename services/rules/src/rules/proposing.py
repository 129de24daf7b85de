"""A proposed change is read by the machine: checked, with what stands beside it, or refused. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from common.contracts.events.base import Actor
from common.contracts.events.rules import (
    ANSWERED_IN_TIME,
    Forecast,
    ProposalChecked,
    ProposalRefused,
    ProposeChange,
)
from common.contracts.refusals import Reason, coded
from common.rulebook.examination import Fit, Unfit, examine
from common.rulebook.jdm import parse_table
from common.rulebook.oracle import differences

from rules.answers import Answers, answers
from rules.cells_about_changes import READ, outlook, unreadable
from rules.model import OPEN, Proposal
from rules.peace import returns_to
from rules.sharing import share_rows
from rules.steps import Steps
from rules.terms import is_argued, trial_terms

REVERSIBLE = frozenset({"adopted", "review_due", "kept"})
LONGEST_HORIZON_DAYS = 3_660
"""Nobody scores a forecast for more than ten years."""


def new_proposal(event: ProposeChange) -> Proposal:
    """As its author has made it."""
    forecast = event.forecast
    return Proposal(
        event.proposal_id, "checked", event.actor.id, event.patch, role=event.actor.role, scope=event.actor.scope,
        title=event.title, values=event.values, author_citizen=event.author_citizen, needs_person=event.needs_person,
        forecast_until=None if forecast is None else forecast.review_at,
        horizon_days=None if forecast is None else forecast.horizon_days, promised=_cases_a_day(forecast),
    )  # fmt: skip


def propose(event: ProposeChange, steps: Steps) -> None:
    """Check or refuse it."""
    proposal = replace(new_proposal(event), made_at=steps.now)
    found = _examined(event, steps)
    if isinstance(found, Unfit):
        refused = ProposalRefused(
            proposal_id=proposal.id, title=event.title, actor=event.actor.id, rows=found.rows,
            author_citizen=event.author_citizen, idea_id=event.idea_id, loop=_loop(event.actor),
            **coded(found.reason),
        )  # fmt: skip
        steps.close(proposal, "refused", refused)
        return
    reverses = reversed_by(event, steps)
    gives = answers(event.patch, steps.state.heads, found.tables)
    left = _left_lately(event, gives, steps)
    given = event.model_dump(include=set(ProposalChecked.model_fields) - {"actor", "loop", "reverses", "needs_person"})
    terms = trial_terms(steps.state.heads, event.patch, None)
    checked = ProposalChecked(
        **given, reversal=found.reversal.model_dump(), actor=event.actor.id,
        findings=(*found.findings, *outlook(event.patch, None if terms is None else terms.unit), *_said_of(left)),
        needs_person=event.needs_person or left is not None,
        loop=_loop(event.actor), reverses=reverses, beside=_beside(proposal, steps),
    )  # fmt: skip
    asked = is_argued(steps.state.heads, proposal.patch)
    kept = replace(
        proposal, reversal=found.reversal, asked=asked, reverses=reverses, gives=gives,
        needs_person=checked.needs_person,
    )  # fmt: skip
    kept = steps.close(kept, "checked", checked)
    steps.keep(replace(kept, checked=steps.state.head.number))


def _examined(event: ProposeChange, steps: Steps) -> Fit | Unfit:
    if event.forecast is not None and (why := _impossible(event.forecast, steps.now)) is not None:
        return Unfit(Reason("forecast_impossible", why))
    found = examine(event.patch, steps.state.heads, steps.names, differences)
    name = event.patch.table
    if isinstance(found, Fit) and name in READ:
        changed = {change.row_id for change in event.patch.changes}
        if wrong := unreadable(parse_table(name, found.tables[name]), changed):
            return Unfit(Reason("table_unreadable", f"table {name} would not be readable", table=name), wrong)
    return found


def _impossible(forecast: Forecast, now: datetime) -> str | None:
    """Why nobody could score a forecast, in words."""
    if not 1 <= forecast.horizon_days <= LONGEST_HORIZON_DAYS:
        return f"a forecast is for 1 to {LONGEST_HORIZON_DAYS} days, not for {forecast.horizon_days}"
    if not forecast.low <= forecast.high:
        return f"the forecast's interval ends at {forecast.high:g} and begins above it, at {forecast.low:g}"
    if not 0 < forecast.confidence < 1:
        return f"the forecast's confidence is {forecast.confidence:g}; it must lie between 0 and 1"
    if forecast.review_at - now > timedelta(days=2 * LONGEST_HORIZON_DAYS):
        return f"the forecast would be scored at {forecast.review_at.isoformat()}, which is too far away"
    return None


def _cases_a_day(forecast: Forecast | None) -> float:
    """How many a forecast promises; 0 where it counts no cases."""
    if forecast is None or forecast.measure == ANSWERED_IN_TIME or forecast.horizon_days < 1:
        return 0
    return max(0.0, forecast.expected) / forecast.horizon_days


def _loop(actor: Actor) -> str | None:
    """Who acts was proven; that a loop stands behind it is no word of a person's."""
    return actor.id if actor.role == "loop" else None


def _left_lately(event: ProposeChange, gives: Answers, steps: Steps) -> datetime | None:
    """When the state was left to which a loop's change would return; None for others."""
    if event.actor.role != "loop":
        return None
    return returns_to(gives, steps.state.heads, event, steps.state.proposals.values(), steps.now)


def _said_of(left: datetime | None) -> tuple[str, ...]:
    if left is None:
        return ()
    return (f"it returns to what the rules said until {left:%Y-%m-%d}: a person must decide it",)


def _beside(proposal: Proposal, steps: Steps) -> tuple[str, ...]:
    """Open proposals on one of its rows, in the order in which they were checked."""
    others = sorted(steps.state.proposals.values(), key=lambda p: (p.checked, p.id))
    return tuple(p.id for p in others if p.state in OPEN and share_rows(p.patch, proposal.patch))


def reversed_by(event: ProposeChange, steps: Steps) -> str | None:
    """The adopted proposal that it takes back, where it is what it says."""
    before = steps.state.proposals.get(event.reverses or "")
    if before is None or before.state not in REVERSIBLE or before.reversal is None:
        return None
    same = (before.reversal.layer, before.reversal.table, before.reversal.changes)
    return before.id if same == (event.patch.layer, event.patch.table, event.patch.changes) else None
