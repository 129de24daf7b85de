"""A forecast is reviewed when its whole horizon, counted from the adoption, can be scored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from common.contracts.events.rules import SETTLED_DAYS, TRANSFERS_AVOIDED, Forecast

PROPOSED = datetime(2011, 9, 1, tzinfo=UTC)
FORECAST = Forecast(
    measure=TRANSFERS_AVOIDED, expected=10, low=-2, high=30, horizon_days=60, review_at=PROPOSED + timedelta(days=74)
)


def test_a_change_adopted_late_is_reviewed_after_its_horizon_and_the_last_cases_days() -> None:
    adopted = PROPOSED + timedelta(days=40)
    assert FORECAST.review_after(adopted) == adopted + timedelta(days=60 + SETTLED_DAYS)


def test_a_change_adopted_at_once_is_reviewed_when_the_proposal_said() -> None:
    assert FORECAST.review_after(PROPOSED + timedelta(days=1)) == FORECAST.review_at
