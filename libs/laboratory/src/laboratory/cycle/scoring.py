"""What the archive would say of an adopted change at its review: what came against what was promised.

Of the measures that it knows only those are counted here that misrouting and deadline promise by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from archive.came import Came, percent_of
from archive.cases_compared import CaseCounts
from archive.columns import DecisionInputs
from archive.forecast_judged import judged, otherwise
from common.contracts.events.archive import ForecastScored
from common.contracts.events.rules import ANSWERED_IN_TIME, SETTLED_DAYS, TRANSFERS_AVOIDED, Forecast, ProposalChecked
from common.rulebook.book import ReleaseBook

from laboratory.cycle.handling import Handled


def score(
    proposal: ProposalChecked, since: datetime, review_at: datetime, book: ReleaseBook, cases: Sequence[Handled]
) -> ForecastScored:
    """How the forecast of a change that came into force at `since` stands at its review."""

    def transfers(_: Forecast, end: datetime) -> Came:
        followed = _followed(proposal, since, end, book, cases)
        settled = review_at - timedelta(days=SETTLED_DAYS)
        known = [f for f in followed if _is_known(f[0], review_at) or f[0].at < settled]
        actual = sum((c.lies_with == instead) - (c.lies_with == without) for c, without, instead in known)
        unknown = len(followed) - len(known)
        told = {"decisions": len(followed), "known": len(known), "unknown": unknown}
        return Came(actual, actual - unknown, actual + unknown, told)

    def in_time(_: Forecast, end: datetime) -> Came:
        followed = _followed(proposal, since, end, book, cases)
        due = [case for case, _, _ in followed if case.due < review_at]
        return percent_of(CaseCounts(len(followed), len(due), sum(not case.in_time(case.due) for case in due)))

    return judged(proposal, since, review_at, book, {TRANSFERS_AVOIDED: transfers, ANSWERED_IN_TIME: in_time})


def _is_known(case: Handled, by: datetime) -> bool:
    """Whether it was passed on or answered."""
    return case.lies_with != case.given_to or (case.answered is not None and case.answered < by)


def _followed(
    proposal: ProposalChecked, since: datetime, end: datetime, book: ReleaseBook, cases: Sequence[Handled]
) -> list[tuple[Handled, str | None, str | None]]:
    """Cases that the change decided otherwise than the rules before it would have, with both authorities. A case that a
    trial or a holdout left with the rule before is not among them."""
    since_then = [case for case in cases if since <= case.at < end and not case.joined]
    inputs: dict[tuple[str, str, str, str], DecisionInputs] = {}
    for case in since_then:
        if (key := _inputs(case)) not in inputs:
            area = case.cell[1]
            inputs[key] = DecisionInputs(
                len(inputs), case.region, area, case.type, False, None, None, area, case.release
            )
    changed = {row.number: row for row in otherwise(inputs.values(), book, proposal)}
    found = ((case, changed.get(inputs[_inputs(case)].number)) for case in since_then)
    return [(case, row.without, row.instead) for case, row in found if row is not None and case.given_to == row.instead]


def _inputs(case: Handled) -> tuple[str, str, str, str]:
    """What decided it: release, region, area and type."""
    return case.release, case.region, case.cell[1], case.type
