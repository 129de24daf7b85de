"""What is due at a tick without anybody's word: the day's head, trials over their time, holdouts, reviews. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

from rules.model import Tick
from rules.publishing import OURSELVES, publish_next
from rules.reviews import fall_due
from rules.steps import Steps
from rules.trial_ends import Said, end
from rules.trials import begin_waiting

TOO_LONG = "longest_days"


def begin_day(steps: Steps) -> None:
    """At the first tick of a day in UTC the chain's head is published; the days are counted from the first tick on."""
    day = steps.now.astimezone(UTC).date()
    if steps.state.day is None:
        steps.state = replace(steps.state, day=day)
    elif day > steps.state.day:
        steps.publish_head(day)


def sweep(steps: Steps, tick: Tick) -> None:
    """After all that waited for the tick."""
    _end_trials(steps, tick)
    _end_holdouts(steps)
    fall_due(steps)
    begin_waiting(steps)


def _end_trials(steps: Steps, tick: Tick) -> None:
    """The loop that watches a trial ends it at the first tick after its time, and is heard one tick later: one that is
    still there then has nobody who watches it."""
    for layer in sorted(steps.state.heads):
        for plan in steps.state.heads[layer].trials:
            over = plan.started_at + timedelta(days=plan.longest_days) <= tick.since
            proposal = steps.state.proposals.get(plan.proposal_id)
            if not plan.adopted and over and proposal is not None:
                end(steps, proposal, Said(OURSELVES, TOO_LONG, {}))


def _end_holdouts(steps: Steps) -> None:
    for layer, head in sorted(steps.state.heads.items()):
        over = {p.proposal_id for p in head.trials if p.holdout_until is not None and p.holdout_until <= steps.now}
        if over:
            left = [plan for plan in head.trials if plan.proposal_id not in over]
            only = min(over) if len(over) == 1 else None
            publish_next(steps, layer, head.tables, only, left)
