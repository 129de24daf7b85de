"""How often the cases of a category end at an authority that the rules do not name for them, over all areas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

MOST_CASES = 4_000
"""Of a category, from which on what was counted is halved: what was long ago counts less."""


class Usual:
    """Cases of one category, by whom the rules named and where they were when they counted."""

    def __init__(self, named: Mapping[str, int] | None = None, moved: Mapping[str, int] | None = None) -> None:
        """`named`: by the authority that the rules named; `moved`: by another at which they ended."""
        self._named, self._moved = Counter(named or {}), Counter(moved or {})

    def add(self, named: str, end: str) -> None:
        """One counted case."""
        self._named[named] += 1
        if end != named:
            self._moved[end] += 1
        if self._named.total() >= MOST_CASES:
            self._named, self._moved = (
                Counter({name: n // 2 for name, n in counts.items() if n > 1}) for counts in (self._named, self._moved)
            )

    def correct(self, named: str, before: str, end: str) -> None:
        """A counted case was handed on late; nothing, where it was not counted here."""
        if not self._named[named]:
            return
        if before != named and self._moved[before]:
            self._moved[before] -= 1
        if end != named:
            self._moved[end] += 1

    def moved_to(self, target: str) -> tuple[int, int]:
        """How many cases that the rules gave to others ended at it, and of how many."""
        return self._moved[target], self._named.total() - self._named[target]

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        return {"named": dict(self._named), "moved": dict(self._moved)}
