"""Evidence from trials whose unit is a district or an authority: by permutation over the units, at few planned looks.

A unit keeps its arm, so cases of one unit say little more than one of them. Each look compares the difference between
the units of both arms with what every other drawing of the arms would have shown: e = T(drawn) / E[T(drawn anew)],
an e-value for any T that is not negative. Looks have weights that sum to 1, so their weighted sum, which never falls,
is valid at every look. With six units and half of them in the candidate it cannot pass 64.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import product

LOOKS = (0.25, 0.5, 0.75, 1.0)
"""When units are looked at, as parts of the longest time."""
WEIGHTS = (0.1, 0.2, 0.3, 0.4)
STRENGTH = 3.0
"""By how much a standardised difference of 1 raises log T."""
ENUMERATED = 12
"""Up to so many units every drawing is looked at; above, DRAWINGS of them, drawn by a fixed seed."""
DRAWINGS = 4_096
SEED = 20_111


def look_value(counts: Mapping[str, Sequence[int]], drawn: Mapping[str, bool], share: float, direction: int) -> float:
    """The e-value of one look. `counts`: cases and bad ones by unit; `drawn`: whether a unit has the candidate;
    `direction`: 1 bets that the candidate's units are worse, -1 that they are better."""
    units = sorted(unit for unit, (cases, _) in counts.items() if cases and unit in drawn)
    if len(units) < 2 or not 0 < share < 1:
        return 1.0
    rates = [counts[unit][1] / counts[unit][0] for unit in units]
    spread = _spread(rates)
    if spread == 0:
        return 1.0
    arms = [drawn[unit] for unit in units]
    seen = _weight(rates, arms, spread, direction)
    if len(units) <= ENUMERATED:
        mean = sum(
            _probability(others, share) * _weight(rates, others, spread, direction)
            for others in product((False, True), repeat=len(units))
        )
        return seen / mean if mean > 0 else 1.0
    rng = random.Random(SEED)
    total = seen
    for _ in range(DRAWINGS):
        total += _weight(rates, [rng.random() < share for _ in units], spread, direction)
    return seen * (DRAWINGS + 1) / total if total > 0 else 1.0


def _spread(rates: Sequence[float]) -> float:
    mean = sum(rates) / len(rates)
    return math.sqrt(sum((rate - mean) ** 2 for rate in rates) / len(rates))


def _probability(arms: Sequence[bool], share: float) -> float:
    candidates = sum(arms)
    return float(share**candidates * (1 - share) ** (len(arms) - candidates))


def _weight(rates: Sequence[float], arms: Sequence[bool], spread: float, direction: int) -> float:
    """T: nothing where one arm is empty."""
    candidate = [rate for rate, arm in zip(rates, arms, strict=True) if arm]
    current = [rate for rate, arm in zip(rates, arms, strict=True) if not arm]
    if not candidate or not current:
        return 0.0
    difference = sum(candidate) / len(candidate) - sum(current) / len(current)
    scale = spread * math.sqrt(1 / len(candidate) + 1 / len(current))
    return math.exp(STRENGTH * direction * difference / scale)
