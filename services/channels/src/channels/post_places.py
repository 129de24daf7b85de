"""Places for posts under way: so many at a time, at most half of them for one source."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

from common.messaging.telemetry.metrics import HTTP_LIMITED

from channels.bodies import Refused


class Places:
    """A post takes a place once its body is there, and gives it back with its answer."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._of_one = max(1, count // 2)
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        return self._taken.total()

    @contextlib.contextmanager
    def one(self, source: str) -> Iterator[None]:
        """Raises Refused: 429 when the source has its share, 503 when nothing is free."""
        if self._taken[source] >= self._of_one:
            HTTP_LIMITED.labels("posts").inc()
            raise Refused(429, "too many messages at once from your address: send it again in a second")
        if self._free == 0:
            raise Refused(503, "too many messages at once: send it again in a second")
        self._free -= 1
        self._taken[source] += 1
        try:
            yield
        finally:
            self._free += 1
            self._taken[source] -= 1
            if not self._taken[source]:
                del self._taken[source]
