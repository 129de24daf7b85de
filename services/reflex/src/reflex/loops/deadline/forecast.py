"""The share of cases that a new limit will see answered in time, with an interval of 90 %."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from common.contracts.events.rules import ANSWERED_IN_TIME, SETTLED_DAYS, Forecast

HORIZON_DAYS = 60
CONFIDENCE = 0.9
NORMAL = 1.64
"""Standard deviations of that."""
DROP = 0.37
"""By how much a row's share may be smaller in the next two months: work gets late where all of it is in time now as it
does elsewhere. Measured, see README.md."""
SPREAD_UP = 0.65
"""Standard deviations, in logits, by which it may be larger."""
EDGE = 0.02
"""Shares nearer to 0 or 1 are taken for this far from it."""
CANNOT_KNOW = "whether desks work to the limit: then they answer later by a longer one, and sooner by a shorter one"


def forecast_of(share: float, cases: int, cases_a_day: float, longest: timedelta, now: datetime) -> Forecast:
    """`share`: of the `cases` seen that were answered within the new limit; `longest`: the new limit by the calendar.

    Three things spread what comes: how well the share is known, chance among the cases to come, and that the next two
    months are not like the last ones.
    """
    share = min(1 - EDGE, max(EDGE, share))
    coming = max(1.0, cases_a_day * HORIZON_DAYS)
    chance = (1 / cases + 1 / coming) * share * (1 - share)
    low = max(0.0, share - math.hypot(NORMAL * math.sqrt(chance), DROP))
    odds = share / (1 - share) * math.exp(NORMAL * math.hypot(math.sqrt(chance) / (share * (1 - share)), SPREAD_UP))
    return Forecast(
        measure=ANSWERED_IN_TIME, expected=round(100 * share, 1), low=math.floor(100 * low),
        high=math.ceil(100 * odds / (1 + odds)), confidence=CONFIDENCE, horizon_days=HORIZON_DAYS,
        review_at=now + timedelta(days=HORIZON_DAYS) + max(longest, timedelta(days=SETTLED_DAYS)),
        cannot_know=CANNOT_KNOW,
    )  # fmt: skip
