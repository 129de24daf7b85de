"""The forecast that the loop made before: the pace and the share of the evidence alone go on. For comparison."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from common.contracts.events.rules import ProposeChange

HORIZON_DAYS = 60
SHORTEST_SPAN_DAYS = 2.0
SLOWEST, FASTEST, FASTEST_FEW = 0.12, 1.6, 12.0
NINETY = 1.645


class Promised(NamedTuple):
    expected: float
    low: float
    high: float


def earlier_forecast(command: ProposeChange) -> Promised:
    """From the evidence that a proposal shows."""
    expected = low = high = 0.0
    for cell in command.evidence["cells"]:
        if not cell["own_evidence"]:
            continue
        first, last = (datetime.fromisoformat(cell[end]) for end in ("first", "last"))
        known = cell["wins"] + cell["losses"]
        share = (cell["wins"] + 1) / (known + 2)
        doubt = NINETY * math.sqrt(share * (1 - share) / (known + 3))
        days = max((last - first) / timedelta(days=1), SHORTEST_SPAN_DAYS)
        cases = max(known - 1, 1) / days * HORIZON_DAYS
        worst, best = 2 * (share - doubt) - 1, 2 * min(share + doubt, 1.0) - 1
        most = FASTEST + FASTEST_FEW / known
        expected += cases * (2 * share - 1)
        low += cases * worst * (SLOWEST if worst > 0 else most)
        high += cases * best * most
    return Promised(expected, low, high)
