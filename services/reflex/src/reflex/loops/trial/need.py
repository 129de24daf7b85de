"""Whether a longer deadline is needed: how many cases of the rule in force keep it and do not keep the shorter one.

A longer deadline brings no case an earlier answer, so it is not enough that it can be kept: it must make the promise
true for notably more cases. The evidence is a likelihood ratio of a mixture of shares against the least that matters:
valid at any time while no more than the least are such cases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reflex.loops.trial.arm_bet import e_value
from reflex.loops.trial.last_look import log_ways

ABOVE = (0.25, 0.5, 0.75)
"""Alternatives, as parts of the way from the least share to all cases."""


@dataclass(slots=True)
class Need:
    """Cases that follow the rule in force, at the longer deadline."""

    least: float = 0.15
    """The share of them that matters."""
    cases: int = 0
    only_longer: int = 0
    """Answered after the shorter deadline, and by the longer one."""

    def count(self, *, only_longer: bool) -> None:
        self.cases += 1
        self.only_longer += only_longer

    def evidence(self) -> float:
        """That more than the least are such cases."""
        return e_value([self._log_ratio(self.least + part * (1 - self.least)) for part in ABOVE])

    def chance(self) -> float:
        """Of at least so many such cases, were the share the least one."""
        one, other = math.log(self.least), math.log(1 - self.least)
        return math.fsum(
            math.exp(log_ways(self.cases, k) + k * one + (self.cases - k) * other)
            for k in range(self.only_longer, self.cases + 1)
        )

    def _log_ratio(self, share: float) -> float:
        others = self.cases - self.only_longer
        return self.only_longer * math.log(share / self.least) + others * math.log((1 - share) / (1 - self.least))
