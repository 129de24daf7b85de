"""How often proposals of one author turn out right, by their states. Pure."""

from __future__ import annotations

from collections.abc import Iterable

RIGHT = frozenset({"adopted", "kept"})
WRONG = frozenset({"rejected", "rolled_back", "reversed"})
"""Proposals in other states say nothing: nobody judged them, or nothing was shown, or a review is due."""


def precision_percent(states: Iterable[str]) -> float:
    """The share of judged proposals that were right, from 0 to 100, as if one more had been right and one wrong: 50
    for who has none."""
    found = list(states)
    right = sum(state in RIGHT for state in found)
    wrong = sum(state in WRONG for state in found)
    return 100 * (right + 1) / (right + wrong + 2)
