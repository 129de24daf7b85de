"""A layer's next release with the trials that run on it: those that no longer fit it end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict

from common.contracts.events.rules import TrialEnded
from common.contracts.trial import TrialPlan
from common.rulebook import Release
from common.rulebook.examination import Unfit, examine

from rules.releases import boundary_after, next_release
from rules.steps import Steps

OURSELVES = "rules"
"""The actor of what nobody ordered."""
Tables = dict[str, dict[str, Any]]


class InRelease(TypedDict):
    """What an event says about the release that it is about."""

    proposal_id: str
    layer: str
    number: int
    effective_at: datetime


def in_release(release: Release, proposal_id: str) -> InRelease:
    """Of a proposal's event: which release it is about."""
    return {
        "proposal_id": proposal_id, "layer": release.layer, "number": release.number,
        "effective_at": release.effective_at,
    }  # fmt: skip


def publish_next(
    steps: Steps, layer: str, tables: Tables, proposal_id: str | None, trials: Sequence[TrialPlan] | None = None
) -> Release:
    """Publish a layer's next release, in force from the next tick boundary.

    Without `trials` those of the head go on. One that does not fit the tables ends: the old rule stays.
    """
    head = steps.state.heads[layer]
    wanted = head.trials if trials is None else tuple(trials)
    unfit = {plan.proposal_id: why for plan in wanted if (why := _unfit(steps, layer, tables, plan)) is not None}
    kept = [plan for plan in wanted if plan.proposal_id not in unfit]
    release = next_release(head, tables, boundary_after(steps.now, steps.state.tick), kept)
    steps.publish(release, proposal_id)
    for plan in wanted:
        if plan.proposal_id in unfit and not plan.adopted:
            _end(steps, plan, release, unfit[plan.proposal_id])
    return release


def plan_of(release: Release, proposal_id: str) -> TrialPlan | None:
    """The trial or holdout of a proposal."""
    return next((plan for plan in release.trials if plan.proposal_id == proposal_id), None)


def others_of(release: Release, proposal_id: str) -> tuple[TrialPlan, ...]:
    """The other trials and holdouts."""
    return tuple(plan for plan in release.trials if plan.proposal_id != proposal_id)


def in_force_from(steps: Steps, layer: str) -> datetime:
    """When the layer's next release takes effect."""
    return max(boundary_after(steps.now, steps.state.tick), steps.state.heads[layer].effective_at)


def _unfit(steps: Steps, layer: str, tables: Tables, plan: TrialPlan) -> str | None:
    """Why a plan's other answer cannot be made of these tables; None when it can."""
    heads = dict(steps.state.heads)
    if tables == heads[layer].tables:
        return None
    heads[layer] = next_release(heads[layer], tables, heads[layer].effective_at, ())
    patch = plan.reversal if plan.adopted else plan.patch
    found = examine(patch.model_copy(update={"base_number": 0}), heads, steps.names)
    return found.reason if isinstance(found, Unfit) else None


def _end(steps: Steps, plan: TrialPlan, release: Release, why: str) -> None:
    ended = TrialEnded(
        **in_release(release, plan.proposal_id), actor=OURSELVES,
        reason=f"another change came into force that it does not fit: {why}",
    )  # fmt: skip
    known = steps.state.proposals.get(plan.proposal_id)
    if known is None:
        steps.say(ended, plan.proposal_id)
    else:
        steps.close(replace(known, resumes_at=None), "inconclusive", ended)
