"""Who is named of all that were compared at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def named(evidence: Mapping[str, float], false_share: float) -> Sequence[str]:
    """The names whose evidence stands among that of so many (e-BH, Wang and Ramdas 2022), strongest first."""
    ordered = sorted(evidence, key=lambda name: (-evidence[name], name))
    most = 0
    for rank, name in enumerate(ordered, 1):
        if evidence[name] >= len(ordered) / (false_share * rank):
            most = rank
    return ordered[:most]
