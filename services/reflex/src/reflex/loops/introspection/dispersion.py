"""How much more the weeks of one place vary than independent cases would, by dimension and measure."""

from __future__ import annotations

from reflex.case_outcomes.measures import Measure
from reflex.loops.introspection.entity import Entity

PRIOR_WEEKS = 5.0
"""Weeks as independent cases would vary that are thought to have been seen."""
LEAST_VARIANCE = 3.0
"""Of a week's bad cases: with fewer its square says little."""
LEAST_KNOWN = 5.0
"""Bad cases of the weeks before, by which a week is judged."""
MOST = 25.0


class Dispersion:
    """A week is compared with what the same place did before, so that lasting differences do not count."""

    def __init__(self) -> None:
        self.sums: dict[str, list[float]] = {}
        """By `dimension|measure`: squared deviations over their variances, and how many."""

    def of(self, dimension: str, measure: Measure) -> float:
        """Variance over that of independent cases, at least 1."""
        squares, weeks = self.sums.get(f"{dimension}|{measure}", (0.0, 0.0))
        return min(MOST, max(1.0, (squares + PRIOR_WEEKS) / (weeks + PRIOR_WEEKS)))

    def learn(self, entity: Entity) -> None:
        """Take in a week that is over, before it joins the weeks behind it."""
        for measure, week in entity.counted():
            trail = entity.before(measure)
            if week.variance < LEAST_VARIANCE or min(trail.expected, trail.alike_bad) < LEAST_KNOWN:
                continue
            level = trail.alike_bad / trail.expected
            variance = level * week.variance * (1 + week.expected / trail.expected)
            sums = self.sums.setdefault(f"{entity.dimension}|{measure}", [0.0, 0.0])
            sums[0] += (week.alike_bad - level * week.expected) ** 2 / variance
            sums[1] += 1

    def fade(self, weight: float) -> None:
        for sums in self.sums.values():
            sums[0] *= weight
            sums[1] *= weight
