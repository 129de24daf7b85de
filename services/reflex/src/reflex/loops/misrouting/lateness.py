"""How many cases desks hand on after they have been counted, for one that they hand on in time."""

from __future__ import annotations

from dataclasses import dataclass

PRIOR_IN_TIME, PRIOR_LATE = 25, 8
"""Transfers that are taken for seen before the first: late ones take their time to come, and a few say little."""


@dataclass(slots=True)
class Lateness:
    """Transfers that the loop has seen, of all cells together."""

    in_time: int = 0
    late: int = 0

    @property
    def ratio(self) -> float:
        """Late transfers for one in time."""
        return (self.late + PRIOR_LATE) / (self.in_time + PRIOR_IN_TIME)
