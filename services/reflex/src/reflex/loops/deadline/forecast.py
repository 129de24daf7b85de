"""The share of cases that a new limit will see answered in time, with an interval of 90 %."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from common.contracts.events.rules import ANSWERED_IN_TIME, SETTLED_DAYS, Forecast

HORIZON_DAYS = 60
CONFIDENCE = 0.9
NORMAL = 1.64
"""Standard deviations of that."""
SPREAD_DOWN, SPREAD_UP = 1.2, 0.7
"""Standard deviations, in logits, of a row's share from one half season to the next: it falls further than it rises;
measured, see README.md."""
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
    chance = (1 / cases + 1 / coming) / (share * (1 - share))
    down, up = (NORMAL * math.sqrt(chance + spread**2) for spread in (SPREAD_DOWN, SPREAD_UP))
    middle = math.log(share / (1 - share))
    return Forecast(
        measure=ANSWERED_IN_TIME, expected=round(100 * share, 1), low=math.floor(100 * _share(middle - down)),
        high=math.ceil(100 * _share(middle + up)), confidence=CONFIDENCE, horizon_days=HORIZON_DAYS,
        review_at=now + timedelta(days=HORIZON_DAYS) + max(longest, timedelta(days=SETTLED_DAYS)),
        cannot_know=CANNOT_KNOW,
    )  # fmt: skip


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
