"""Fortnights in which cases are counted by kind, the same ones for every loop. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

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

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved counts by key."""
        self._counts = {self._kind(*key.split("\t")): list(body["counts"]) for key, body in bodies.items()}

    def body(self, key: str) -> dict[str, Any] | None:
        counts = self._counts.get(self._kind(*key.split("\t")))
        return None if counts is None else {"counts": counts}

    def count(self, kind: Kind, *, bad: bool) -> str:
        """One case; returns the key of its kind."""
        counts = self._counts.get(kind)
        if counts is None:
            counts = self._counts[kind] = [0, 0]
        counts[0] += 1
        counts[1] += bad
        return "\t".join(kind)

    def clear(self) -> list[str]:
        """Forget all; returns the keys."""
        keys = ["\t".join(kind) for kind in self._counts]
        self._counts = {}
        return keys
