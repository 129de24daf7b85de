"""How many cases desks hand on after they have been counted, for one that they hand on in time."""

from __future__ import annotations

from dataclasses import dataclass

PRIOR_IN_TIME = 20
"""Transfers in time that are taken for seen before the first: a few late ones say little."""


@dataclass(slots=True)
class Lateness:
    """Transfers that the loop has seen, of all cells together."""

    in_time: int = 0
    late: int = 0

    @property
    def ratio(self) -> float:
        """Late transfers for one in time; too low at first, since late ones take their time to come."""
        return self.late / (self.in_time + PRIOR_IN_TIME)
