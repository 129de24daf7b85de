"""How many bad cases would be avoided if a region's rows brought none beyond like cases elsewhere."""

from __future__ import annotations

from datetime import datetime
from math import ceil, floor, sqrt

from common.contracts.events.rules import Forecast

from reflex.loops.equity.wording import Named

HORIZON_DAYS = 60
BLOCK_DAYS = 14
CONFIDENCE = 0.9
Z_90 = 1.644854
BAD_CASES_AVOIDED = {
    "late": "late cases avoided", "reopened": "reopened cases avoided", "poor_rating": "poorly rated cases avoided",
}  # fmt: skip
CANNOT_KNOW = "how whom the nation's rule names would do with these cases: it has not had them"


def forecast_of(one: Named, now: datetime) -> Forecast:
    """The difference goes on as it was, and goes with the rows; the interval holds the doubt about it, and chance."""
    comparison = one.comparison
    coming = comparison.cases / max(1, comparison.known_blocks) * HORIZON_DAYS / BLOCK_DAYS
    share = comparison.bad / comparison.cases
    better = min(comparison.difference, share)
    chance = coming * (share * (1 - share) + (share - better) * (1 - share + better))
    spread = Z_90 * sqrt((coming * comparison.standard_error) ** 2 + chance)
    expected = coming * better
    forecast = Forecast(
        measure=BAD_CASES_AVOIDED[one.measure], expected=round(expected, 1), low=floor(expected - spread),
        high=ceil(expected + spread), confidence=CONFIDENCE, horizon_days=HORIZON_DAYS, review_at=now,
        cannot_know=CANNOT_KNOW,
    )  # fmt: skip
    return forecast.model_copy(update={"review_at": forecast.review_after(now)})
