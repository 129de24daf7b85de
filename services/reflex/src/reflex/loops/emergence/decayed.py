"""A sum whose parts weigh less the older they are."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Decayed:
    """Times and `tau`, after which a part weighs 37 %, in days."""

    weight: float
    t: float

    def at(self, t: float, tau: float) -> float:
        return self.weight * math.exp((self.t - t) / tau)

    def add(self, t: float, tau: float, weight: float = 1.0) -> None:
        self.weight, self.t = self.at(t, tau) + weight, t
