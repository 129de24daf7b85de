"""The interval of the share of cases that a new limit will see answered in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.rules import Forecast
from reflex.loops.deadline.forecast import HORIZON_DAYS, forecast_of

NOW = datetime(2021, 3, 1, tzinfo=UTC)


def forecast(share: float, cases: int) -> Forecast:
    return forecast_of(share, cases, cases / HORIZON_DAYS, timedelta(days=3), NOW)


@pytest.mark.parametrize("share", [0.8, 0.97])
def test_a_row_that_is_nearly_always_in_time_may_get_as_late_as_others(share: float) -> None:
    said = forecast(share, 5_000)
    assert said.expected == 100 * share
    assert said.expected - said.low == pytest.approx(37, abs=1)


def test_few_cases_widen_the_interval() -> None:
    few, many = forecast(0.8, 30), forecast(0.8, 3_000)
    assert few.low < many.low
    assert few.high > many.high


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_no_share_lies_outside_of_the_whole(share: float) -> None:
    said = forecast(share, 60)
    assert 0 <= said.low <= said.expected <= said.high <= 100
