"""How often each source may do something: the generic cell rate algorithm, which keeps one number a source."""

from __future__ import annotations

from heapq import nsmallest

MAX_SOURCES = 65_536
"""Sources that are remembered at a time; some 10 MB."""
Source = str | bytes
"""An address, or whatever else is limited by itself."""


class RateLimit:
    """`rate` units a second for each source, `burst` at once after a quiet time. A rate of 0 limits nobody."""

    def __init__(self, rate: float, burst: float, most_sources: int = MAX_SOURCES) -> None:
        self._interval = 1 / rate if rate > 0 else 0.0
        self._tolerance = self._interval * (max(burst, 1.0) - 1)
        self._most_sources = most_sources
        self._even_at: dict[Source, float] = {}
        """By source: when everything it did will be paid for."""

    def __len__(self) -> int:
        return len(self._even_at)

    def wait(self, source: Source, now: float) -> float:
        """Seconds until the source may go on; 0 when it may now, which counts as one unit."""
        left = self.left(source, now)
        if not left:
            self.charge(source, 1, now)
        return left

    def left(self, source: Source, now: float) -> float:
        """Seconds until the source may go on; counts nothing."""
        too_early = self._even_at.get(source, now) - now - self._tolerance
        return too_early if too_early > 1e-9 else 0.0

    def charge(self, source: Source, units: float, now: float) -> None:
        """Count units that were allowed already."""
        if self._interval:
            self._note(source, max(self._even_at.get(source, now), now) + units * self._interval, now)

    def _note(self, source: Source, even_at: float, now: float) -> None:
        self._even_at[source] = even_at
        if len(self._even_at) > self._most_sources:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Those who owe nothing, and so many of those who owe least that the next time is far."""
        self._even_at = {source: at for source, at in self._even_at.items() if at > now}
        excess = len(self._even_at) - self._most_sources * 7 // 8
        if excess > 0:
            for source, _ in nsmallest(excess, self._even_at.items(), key=lambda pair: pair[1]):
                del self._even_at[source]
