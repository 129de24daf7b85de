"""Whether more cases of a row miss their deadline than usual, since when, and where.

Whether a deadline was missed is known at the deadline: no case waits for its end to count.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from reflex.detector import Detector

KEPT_DEADLINES = 100
PRIOR = 20
"""Cases that stand beside a row's own, with the share of all rows together."""
LEAST_USUAL, MOST_USUAL = 0.03, 0.75
"""Where more are missed usually there is nothing left to watch for."""
RECOVERED = 30
"""The last cases that must miss no more than usual, within one standard deviation, for an alarm to be over."""
CONCENTRATED = 0.6
"""Share of the misses beyond the usual that lies in one place, for the place to be named."""
FEWEST_THERE = 5
MOST_NAMED = 3


@dataclass(slots=True)
class Pool:
    """Deadlines of all rows together."""

    missed: int = 0
    seen: int = 0

    @property
    def share(self) -> float:
        """That was missed; a fifth where nothing is known."""
        return (self.missed + 4) / (self.seen + 20)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One case when its deadline came."""

    missed: bool
    case_id: str
    received: str
    authority: str
    area: str


@dataclass(slots=True)
class Alarm:
    """More deadlines are missed since `began` than the share `usual`."""

    began: str
    """Receipt of the first case of the time since."""
    found: str
    usual: float
    since: int = 0
    """Deadlines that have come after it was found."""


@dataclass(slots=True)
class Drift:
    """One row's deadlines, under one limit."""

    missed: int = 0
    seen: int = 0
    usual: float | None = None
    """Share that is missed usually; None while too little is known."""
    refit_at: str = ""
    detector: Detector = field(default_factory=Detector)
    last: list[Deadline] = field(default_factory=list)
    day: str = ""
    of_day: int = 0
    """Deadlines that have come on that day."""
    alarm: Alarm | None = None

    def count(self, deadline: Deadline, day: str) -> float:
        """One case at its deadline; returns the statistic, 0 while it is not watched for drift.

        Cases of one day are often one visit or one pile: the n-th of a day counts 1/sqrt(n).
        """
        self.day, self.of_day = day, self.of_day + 1 if day == self.day else 1
        self.missed += deadline.missed
        self.seen += 1
        self.last.append(deadline)
        del self.last[:-KEPT_DEADLINES]
        if self.alarm is not None:
            self.alarm.since += 1
            return 0.0
        if self.usual is None or self.usual > MOST_USUAL:
            return 0.0
        return self.detector.observe(deadline.missed, self.usual, self.of_day**-0.5)

    def learn(self, pooled: float) -> None:
        """The usual share from all that was seen under this limit, and one standard deviation more, since it is not
        known well; `pooled` is the share of all rows."""
        cases = self.seen + PRIOR
        share = (self.missed + PRIOR * pooled) / cases
        self.usual = max(LEAST_USUAL, share + math.sqrt(share * (1 - share) / cases))

    def expect(self, share: float, cases: int) -> None:
        """A new limit is missed as often as the cases from which it follows would have missed it."""
        self.missed, self.seen = round(share * cases), cases

    def raise_alarm(self, now: str) -> Alarm:
        """The detector has passed its threshold."""
        usual = self.usual or LEAST_USUAL
        began = len(self.last) - since_change([d.missed for d in self.last], usual)
        self.alarm = Alarm(min(d.received for d in self.last[began:]), now, usual)
        self.detector = Detector()
        return self.alarm

    @property
    def is_over(self) -> bool:
        """Whether the last cases since the alarm miss no more than usual."""
        if self.alarm is None or self.alarm.since < RECOVERED:
            return False
        usual = self.alarm.usual
        missed = sum(d.missed for d in self.last[-RECOVERED:])
        return missed <= RECOVERED * usual + math.sqrt(RECOVERED * usual * (1 - usual))

    def since(self, began: str) -> list[Deadline]:
        return [d for d in self.last if d.received >= began]

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        return {
            "missed": self.missed, "seen": self.seen, "usual": self.usual, "refit_at": self.refit_at,
            "mixture": self.detector.mixture, "last": list(self.last), "day": self.day,
            "of_day": self.of_day, "alarm": None if self.alarm is None else asdict(self.alarm),
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Drift:
        """The inverse of `body`."""
        kept = dict(body)
        detector = Detector(list(kept.pop("mixture")))
        last = [Deadline(**d) for d in kept.pop("last")]
        alarm = kept.pop("alarm")
        return cls(**kept, detector=detector, last=last, alarm=None if alarm is None else Alarm(**alarm))


def since_change(missed: Sequence[bool], usual: float) -> int:
    """How many of the last deadlines belong to the time since the change: the suffix whose share of misses has the
    greatest likelihood ratio against the usual one; all of them where none has more misses."""
    best, length, count = 0.0, len(missed), 0
    for n, miss in enumerate(reversed(missed), 1):
        count += miss
        share = count / n
        if share <= usual:
            continue
        ratio = count * math.log(share / usual)
        if count < n:
            ratio += (n - count) * math.log((1 - share) / (1 - usual))
        if ratio > best:
            best, length = ratio, n
    return length


class Place(NamedTuple):
    """An authority or area in which deadlines are missed."""

    kind: str
    """`authority` or `area`."""
    name: str
    missed: int
    cases: int


def concentrated(since: Sequence[Deadline], usual: float) -> list[Place]:
    """The places that have most of the misses beyond the usual, worst first; empty where they are spread."""
    found = []
    excess = sum(d.missed for d in since) - usual * len(since)
    for kind in ("authority", "area"):
        cases = Counter(str(getattr(d, kind)) for d in since)
        missed = Counter(str(getattr(d, kind)) for d in since if d.missed)
        if len(cases) < 2:
            continue
        for name, count in cases.items():
            if count >= FEWEST_THERE and missed[name] - usual * count >= CONCENTRATED * excess > 0:
                found.append(Place(kind, name, missed[name], count))
    return sorted(found, key=lambda p: (-p.missed, p.kind, p.name))[:MOST_NAMED]
