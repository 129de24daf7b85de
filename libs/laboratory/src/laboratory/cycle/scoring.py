"""What the archive would say of an adopted change at its review: what came against what was promised.

Of the measures that it knows only those are counted here that misrouting and deadline promise by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from archive.change_in_force import held_until, rulebook_without
from archive.columns import DecisionInputs
from archive.score import LEAST_SHARE, promised
from archive.verdicts import verdict
from common.contracts.events.archive import ForecastScored
from common.contracts.events.rules import ANSWERED_IN_TIME, SETTLED_DAYS, TRANSFERS_AVOIDED, ProposalChecked
from common.rulebook.book import ReleaseBook
from common.rulebook.layers import Rulebook

from laboratory.cycle.handling import Handled


def score(
    proposal: ProposalChecked, since: datetime, review_at: datetime, book: ReleaseBook, cases: Sequence[Handled]
) -> ForecastScored:
    """How the forecast of a change that came into force at `since` stands at its review."""
    forecast = proposal.forecast
    about: dict[str, Any] = {
        "proposal_id": proposal.proposal_id, "proposer": proposal.loop or proposal.actor, "since": since,
        "until": review_at, "measure": "" if forecast is None else forecast.measure,
    }  # fmt: skip
    if forecast is None or forecast.measure not in (TRANSFERS_AVOIDED, ANSWERED_IN_TIME):
        return ForecastScored(**about, verdict="not_scorable", code="no_forecast", reason="nothing was forecast")
    horizon = timedelta(days=forecast.horizon_days)
    end = held_until(book, proposal.proposal_id, proposal.reversal, since, min(since + horizon, review_at))
    share = (end - since) / horizon
    followed = _followed(proposal, since, end, book, cases)
    if forecast.measure == ANSWERED_IN_TIME:
        counted = [c for c, _, _ in followed if c.due < review_at]
        actual = 100 * sum(c.in_time(c.due) for c in counted) / max(1, len(counted))
        unknown = 0 if counted else 100
    else:
        settled = review_at - timedelta(days=SETTLED_DAYS)
        known = [f for f in followed if _is_known(f[0], review_at) or f[0].at < settled]
        actual = sum((c.lies_with == instead) - (c.lies_with == without) for c, without, instead in known)
        unknown = len(followed) - len(known)
    least, most = actual - unknown, actual + unknown
    about |= {
        "confidence": forecast.confidence, "horizon_days": forecast.horizon_days, "actual": actual,
        "actual_least": least, "actual_most": most, "decisions": len(followed), "unknown": unknown,
    }  # fmt: skip
    if share < LEAST_SHARE:
        return ForecastScored(**about, verdict="not_scorable", code="held_too_short", reason="in force for too short")
    # A share of cases is promised for any time, a number of cases for the whole horizon.
    promise = promised(forecast, 1.0 if forecast.measure == ANSWERED_IN_TIME else share)
    about |= {"expected": promise.expected, "low": promise.low, "high": promise.high}
    return ForecastScored(**about, verdict=promise.against(least, most))


def _is_known(case: Handled, by: datetime) -> bool:
    """Whether it was passed on or answered."""
    return case.lies_with != case.given_to or (case.answered is not None and case.answered < by)


def _followed(
    proposal: ProposalChecked, since: datetime, end: datetime, book: ReleaseBook, cases: Sequence[Handled]
) -> list[tuple[Handled, str | None, str | None]]:
    """Cases that the change decided otherwise than the rules before it would have, with both authorities. A case that a
    trial or a holdout left with the rule before is not among them."""
    before: dict[str, Rulebook | None] = {}
    found: dict[tuple[str, str, str, str], Any] = {}
    followed = []
    for case in cases:
        if not since <= case.at < end or case.joined:
            continue
        if case.release not in before:
            before[case.release] = rulebook_without(book, case.release, proposal.proposal_id, proposal.reversal)
        without = before[case.release]
        if without is None:
            continue
        key = (case.release, case.region, case.cell[1], case.type)
        if key not in found:
            inputs = DecisionInputs(0, case.region, case.cell[1], case.type, False, None, None, case.cell[1])
            found[key] = verdict(inputs, without, book.get(case.release))
        one = found[key]
        if one.changed and case.given_to == one.instead:
            followed.append((case, one.without, one.instead))
    return followed
