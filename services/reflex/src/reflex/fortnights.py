"""Fortnights in which outcomes of cases are counted by kind, the same ones for every loop. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from reflex.case_outcomes.tracker import CaseOutcome, OutcomeTracker

FORTNIGHT_S = timedelta(days=14).total_seconds()
EPOCH_S = datetime(1970, 1, 5, tzinfo=UTC).timestamp()
"""A Monday: fortnights begin whole ones after it."""

Kind = TypeVar("Kind", bound=tuple[str, ...])


def fortnight_end(at: float) -> float:
    """When the fortnight of a moment ends, in seconds since 1970; its end belongs to the next one."""
    return EPOCH_S + ((at - EPOCH_S) // FORTNIGHT_S + 1) * FORTNIGHT_S


class CountsByKind(Generic[Kind]):
    """Cases of the running fortnight and how many of them were bad, by kind; a kind is a named tuple of texts."""

    def __init__(self, kind: Callable[..., Kind]) -> None:
        self._kind = kind
        self._counts: dict[Kind, list[int]] = {}
        self._changed: set[Kind] = set()

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved counts by key."""
        self._counts = {self._kind(*key.split("\t")): list(body["counts"]) for key, body in bodies.items()}
        self._changed = set()

    def changed(self) -> dict[str, dict[str, Any] | None]:
        """Counts changed since the last call, by key; None for those forgotten."""
        kinds, self._changed = sorted(self._changed), set()
        found = [("\t".join(kind), self._counts.get(kind)) for kind in kinds]
        return {key: None if counts is None else {"counts": counts} for key, counts in found}

    def count(self, kind: Kind, *, bad: bool) -> None:
        """One case."""
        counts = self._counts.get(kind)
        if counts is None:
            counts = self._counts[kind] = [0, 0]
        counts[0] += 1
        counts[1] += bad
        self._changed.add(kind)

    def clear(self) -> None:
        """Forget all."""
        self._changed.update(self._counts)
        self._counts = {}


class FortnightlyOutcomes:
    """Takes outcomes in the order in which cases come to their ages, and says when a fortnight of them is over."""

    def __init__(self, tracker: OutcomeTracker, count: Callable[[CaseOutcome], None], end: Callable[[], None]) -> None:
        """`count` takes one outcome of the running fortnight, `end` is called when nothing more counts in it."""
        self._tracker, self._count, self._end = tracker, count, end
        self._ends: float | None = None
        self._changed = False

    def load(self, clock: Mapping[str, Any] | None) -> None:
        """Take up the saved state; None where nothing was counted yet."""
        self._ends = None if clock is None else clock["ends"]
        self._changed = False

    def changed(self) -> dict[str, Any] | None:
        """The state if it has changed since the last call."""
        changed, self._changed = self._changed, False
        return {"ends": self._ends} if changed else None

    def until(self, before: float) -> None:
        """Count what comes to its age before a time."""
        if self._ends is None:
            self._ends, self._changed = fortnight_end(before), True
        while self._ends <= before:
            self._take(self._ends)
            self._end()
            self._ends, self._changed = fortnight_end(self._ends), True
        self._take(before)

    def _take(self, before: float) -> None:
        for outcome in self._tracker.due(before):
            self._count(outcome)
