"""The value equity: how far places and channels differ for like cases, beyond chance."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from reflex.case_outcomes.measures import MEASURES
from reflex.loops.introspection.dispersion import Dispersion
from reflex.loops.introspection.entity import Entity
from reflex.shares import Difference, variance_between

COMPARED = ("region", "channel")
LEAST_CASES = 30.0
DIGITS = 4


def spread(entities: Iterable[Entity], dispersion: Dispersion) -> dict[str, float]:
    """`measure|dimension` to the standard deviation of true shares, over the weeks before; see `MirrorObserved`."""
    found: dict[str, float] = {}
    compared = [entity for entity in entities if entity.dimension in COMPARED]
    for measure in MEASURES:
        for dimension in COMPARED:
            differences = []
            for entity in compared:
                trail = entity.before(measure)
                if entity.dimension == dimension and trail.alike >= LEAST_CASES:
                    variance = dispersion.of(dimension, measure) * trail.variance / trail.alike**2
                    differences.append(Difference((trail.alike_bad - trail.expected) / trail.alike, variance))
            if len(differences) > 1:
                found[f"{measure}|{dimension}"] = round(sqrt(variance_between(differences)), DIGITS)
    return found
