"""How many bad cases regions would be spared with another's practice, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil, floor, sqrt

from common.contracts.events.rules import Forecast

from reflex.like_cases import Comparison
from reflex.loops.diffusion.advantage import Advantage

HORIZON_DAYS = 60
BLOCK_DAYS = 14
CONFIDENCE = 0.9
Z_90 = 1.644854
BAD_CASES_AVOIDED = {"late": "late cases avoided", "reopened": "reopened cases avoided"}
CANNOT_KNOW = "whether the rule is why the region does better: only a trial can tell"


def forecast_of(one: Advantage, others: Sequence[Comparison], now: datetime) -> Forecast:
    """For the regions of `others`: the advantage, the doubt about it, and chance."""
    cases = sum(other.cases for other in others)
    share = sum(other.bad for other in others) / cases if cases else 0.0
    coming = sum(other.cases / max(1, other.known_blocks) for other in others) * HORIZON_DAYS / BLOCK_DAYS
    better = min(one.promised, share)
    chance = coming * (share * (1 - share) + (share - better) * (1 - share + better))
    spread = Z_90 * sqrt((coming * one.error) ** 2 + chance)
    expected = coming * better
    forecast = Forecast(
        measure=BAD_CASES_AVOIDED[one.cell.measure], expected=round(expected, 1), low=floor(expected - spread),
        high=ceil(expected + spread), confidence=CONFIDENCE, horizon_days=HORIZON_DAYS, review_at=now,
        cannot_know=CANNOT_KNOW,
    )  # fmt: skip
    return forecast.model_copy(update={"review_at": forecast.review_after(now)})
