"""How many records of each source a batch takes, so that a flood of one source leaves the others undelayed.

A source is a channel, a region or a service by the topic's name, or the topic itself. Sources that have records waiting
share a batch equally, in seconds of work: who brings records that are dear to handle gets fewer of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from common.contracts.catalogue import PLACEHOLDER, topic_of

ALONE_SECONDS = 1.0
"""Aim for how long a batch takes when one source waits: what comes on another meanwhile waits so long at most."""
SHARED_SECONDS = 0.5
"""The same when several wait."""
OWN_FACTOR = 4.0
"""So much longer may batches take where only our own services write: each costs a transaction and a commit whatever its
size, and intake has shared out already what outsiders brought."""
PATIENT_FACTOR = 8.0
"""The same for a read side or a loop."""
FIXED_SECONDS = 0.03
"""What a batch costs whatever it holds; the rest is its records'."""
FIRST_COST_SECONDS = 0.0002
MIN_COST_SECONDS = 0.00001
START_RECORDS = 250
"""Of a source of which little is known; at most twice as many each time that it uses them up."""
MANY_RECORDS = 20
"""Sources whose last batch took so many get half of their part in turn."""
FLOOR_RECORDS = 100
"""A batch may always take so many together, however long the last ones took."""
DOWN_RATE = 0.7
"""How quickly a cost that falls is believed; one that rises is believed at once."""


def source_of(logical: str) -> str:
    """The source of a topic by its logical name: `channel web`, `region north`, `service intake`, or the name."""
    for pattern, part in zip(topic_of(logical).template.split("."), logical.split("."), strict=True):
        match = PLACEHOLDER.fullmatch(pattern)
        if match is not None:
            return f"{match.group(1)} {part}"
    return logical


class FairShare:
    """What each source's records cost, learnt from how long batches took. Seconds throughout."""

    def __init__(self, most: int, factor: float = 1.0) -> None:
        """`most` records are taken in a batch; `factor` is how much longer than outsiders' its batches may take."""
        self._most = most
        self._factor = factor
        self._costs: dict[str, float] = {}
        self._last: dict[str, int] = {}
        self._bounds: dict[str, int] = {}
        self._turn = 0
        self.more = False
        """Whether the last batch left records that are already here."""

    def plan(self, waiting: Iterable[str]) -> BatchPlan:
        """A batch out of sources that have records waiting."""
        sources = list(waiting)
        aim = (ALONE_SECONDS if len(sources) == 1 else SHARED_SECONDS) * self._factor
        self._turn += 1
        many = [s for s in sources if self._last.get(s, 0) >= MANY_RECORDS]
        short = many[self._turn % len(many)] if len(many) > 1 else None
        costs = {s: self._costs.get(s, FIRST_COST_SECONDS) for s in sources}
        return BatchPlan(self._most, aim, costs, {s: self._bounds.get(s, START_RECORDS) for s in sources}, short)

    def took(self, plan: BatchPlan) -> None:
        """The batch is in hand."""
        self._last = {source: number for source, number in plan.taken.items() if number}
        for source, number in self._last.items():
            bound = self._bounds.get(source, START_RECORDS)
            if number >= bound:
                self._bounds[source] = min(2 * bound, self._most)
            elif number < bound // 8:
                self._bounds[source] = max(bound // 2, START_RECORDS)
        self.more = plan.more

    def done(self, seconds: float) -> None:
        """The batch in hand took so long. The difference to what its records were thought to cost is shared out by the
        squares of their numbers (normalised least mean squares), so that a few records among many learn little from it.
        """
        squares = sum(n * n for n in self._last.values())
        if not squares:
            return
        known = {source: self._costs.get(source, FIRST_COST_SECONDS) for source in self._last}
        thought = sum(known[source] * n for source, n in self._last.items())
        wrong = max(0.0, seconds - FIXED_SECONDS) - thought
        rate = 1.0 if wrong > 0 else DOWN_RATE
        for source, n in self._last.items():
            self._costs[source] = max(MIN_COST_SECONDS, known[source] + rate * wrong * n / squares)


class BatchPlan:
    """One batch in the making: `next` says of whom to take how many, `got` how many there were.

    Rounds: each source that may have more is asked for an equal part of what is left of the batch; `short` for half of
    it, once: sources that always come in equal numbers could not be told apart by what they cost.
    """

    def __init__(
        self, most: int, seconds: float, costs: dict[str, float], bounds: dict[str, int], short: str | None = None
    ) -> None:
        self._left = most
        self._seconds = seconds
        self._floor = min(FLOOR_RECORDS, most)
        self._costs = costs
        self._bounds = bounds
        self._short = short
        self._open = list(costs)
        self._first_round = True
        self._round: deque[tuple[str, int]] = deque()
        self.taken: dict[str, int] = dict.fromkeys(costs, 0)
        self.more = False
        """Whether a source had more than it was asked for."""

    def next(self) -> tuple[str, int] | None:
        """A source and how many of its records to take; None when the batch is full or nothing waits."""
        if not self._round:
            self._round.extend(self._parts())
        return self._round.popleft() if self._round else None

    def _parts(self) -> list[tuple[str, int]]:
        count, first = len(self._open), self._first_round
        self._first_round = False
        if not count or self._left <= 0:
            return []
        parts: dict[str, int] = {}
        for number, source in enumerate(self._open):
            records = self._left // count + (number < self._left % count)
            affordable = int(max(0.0, self._seconds) / count / self._costs[source])
            floor = -(-self._floor // count)
            part = min(records, max(affordable, floor), self._bounds[source] - self.taken[source])
            if part > 0:
                parts[source] = -(-part // 2) if first and source == self._short else part
        if not first and len(parts) > 1:
            parts.pop(self._short or "", None)
        return list(parts.items())

    def had(self, source: str, number: int) -> None:
        """So many of a source's records are in the batch."""
        self.taken[source] += number
        self._left -= number
        self._floor = max(0, self._floor - number)
        self._seconds -= number * self._costs[source]

    def got(self, source: str, asked: int, number: int) -> None:
        """`number` records were taken where `asked` were asked for."""
        self.had(source, number)
        if number < asked:
            self._open.remove(source)
        self.more = bool(self._open)
