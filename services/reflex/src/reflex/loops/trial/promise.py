"""A longer deadline is on trial for what it promises: which share of answers keeps it.

Both arms are measured at the longer deadline, so that it brings no gain against the rule in force. What is asked is
whether the candidate's cases are answered in time as the proposal has forecast. The evidence is a likelihood ratio of
the forecast share against the least that was promised: valid at any time while no more than the least is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from common.contracts.events.rules import ANSWERED_IN_TIME, Forecast

from reflex.loops.trial.arm_bet import LEAST, MOST


@dataclass(slots=True)
class Promise:
    """Shares of the cases that follow the change, between 0 and 1."""

    low: float
    expected: float
    high: float
    log: float = 0.0
    """The evidence that more than `low` is kept, as a logarithm."""

    @classmethod
    def of_forecast(cls, forecast: Forecast | None) -> Self | None:
        """None where something else was forecast, nothing, or what no share of cases can break or be."""
        if forecast is None or forecast.measure != ANSWERED_IN_TIME:
            return None
        if not 0 < forecast.low <= forecast.expected <= 100:
            return None
        return cls(forecast.low / 100, forecast.expected / 100, forecast.high / 100)

    def count(self, *, in_time: bool) -> None:
        """One case that follows the change, at its deadline."""
        least, hoped = (min(max(share, LEAST), MOST) for share in (self.low, self.expected))
        if hoped > least:
            self.log += math.log(hoped / least) if in_time else math.log((1 - hoped) / (1 - least))
