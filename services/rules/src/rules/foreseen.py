"""Whether the trial of a change can come to a result, by how many cases its backtest counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from common.contracts.events.rules import TrialForeseen
from common.rulebook import Release

from rules.model import Proposal
from rules.terms import trial_terms


def foreseen_trial(proposal: Proposal, heads: Mapping[str, Release]) -> TrialForeseen | None:
    """What is to be said of one that hardly can; None where it can, where nobody knows, or where it is not tried."""
    terms = trial_terms(heads, proposal.patch, proposal.cases_a_day)
    if terms is None or terms.unit != "case" or proposal.cases_a_day is None:
        return None
    cases = proposal.cases_a_day * terms.longest_days
    smaller_part = max(min(share, 1 - share) for share in terms.steps)
    if cases * smaller_part >= terms.least_outcomes:
        return None
    return TrialForeseen(
        proposal_id=proposal.id, cases=round(cases, 1), least_outcomes=terms.least_outcomes,
        longest_days=terms.longest_days,
    )  # fmt: skip
