"""Whether answers to the cases of a row take longer than usual, since when, and where.

What a case has come to is counted at its deadline: no case waits for its end to count.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from reflex.loops.deadline.usual_times import SlowDown, UsualTimes

KEPT_DEADLINES = 100
KEPT_TIMES = 200
"""From which is learnt what is usual: it changes with the seasons."""
RECOVERED = 30
"""The last cases that must take no longer than usual, within one standard deviation, for an alarm to be over."""
CONCENTRATED = 0.6
"""Share of the slow cases beyond the usual that lies in one place, for the place to be named."""
FEWEST_THERE = 5
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Deadline:
    """One case when its deadline came."""

    minutes: int
    """To its answer; more than the limit where there was none that stands."""
    limit: int
    case_id: str
    received: str
    authority: str
    area: str

    @property
    def missed(self) -> bool:
        return self.minutes > self.limit


@dataclass(frozen=True, slots=True)
class Level:
    """What was usual: the share `longer` of cases takes more than `mark` minutes, the share `missed` too long."""

    mark: int
    longer: float
    missed: float


@dataclass(slots=True)
class Alarm:
    """Answers take longer than usual since `began`."""

    began: str
    """Receipt of the first case of the time since."""
    found: str
    usual: Level
    since: int = 0
    """Deadlines that have come after it was found."""


@dataclass(slots=True)
class Drift:
    """One row's deadlines."""

    times: list[Sequence[int]] = field(default_factory=list)
    """(minutes, limit) of the last cases."""
    usual: UsualTimes | None = None
    """None while too little is known."""
    refit_at: str = ""
    detector: SlowDown = field(default_factory=SlowDown)
    last: list[Deadline] = field(default_factory=list)
    """Under the limit in force."""
    day: str = ""
    of_day: int = 0
    """Deadlines that have come on that day."""
    alarm: Alarm | None = None

    def count(self, deadline: Deadline, day: str) -> float:
        """One case at its deadline; returns the statistic, 0 while it is not watched for drift.

        Cases of one day are often one visit or one pile: the n-th of a day counts 1/sqrt(n).
        """
        self.day, self.of_day = day, self.of_day + 1 if day == self.day else 1
        self.times.append((deadline.minutes, deadline.limit))
        del self.times[:-KEPT_TIMES]
        self.last.append(deadline)
        del self.last[:-KEPT_DEADLINES]
        if self.alarm is not None:
            self.alarm.since += 1
            return 0.0
        if self.usual is None:
            return 0.0
        return self.detector.observe(self.usual.ratios(deadline.minutes), self.of_day**-0.5)

    def learn(self, limit: int) -> None:
        """What is usual, from the last cases."""
        self.usual = UsualTimes.of(self.times, limit)

    def restart(self) -> None:
        """Another limit, or evidence from zero: the times that cases took before are still what is usual."""
        self.usual, self.refit_at, self.alarm = None, "", None
        self.detector, self.last, self.of_day = SlowDown(), [], 0

    def raise_alarm(self, now: str) -> Alarm:
        """The detector has passed its threshold."""
        usual = self.usual
        assert usual is not None, "what is not watched raises no alarm"
        began = len(self.last) - since_change([d.minutes > usual.mark for d in self.last], usual.longer)
        received = min(d.received for d in self.last[began:])
        # Those received since are among the last times.
        before = self.times[: -sum(d.received >= received for d in self.last)] or self.times
        missed = sum(minutes > limit for minutes, limit in before) / len(before)
        self.alarm = Alarm(received, now, Level(usual.mark, usual.longer, missed))
        self.detector = SlowDown()
        return self.alarm

    @property
    def is_over(self) -> bool:
        """Whether the last cases since the alarm take no longer than usual."""
        if self.alarm is None or self.alarm.since < RECOVERED:
            return False
        usual = self.alarm.usual
        slow = sum(d.minutes > usual.mark for d in self.last[-RECOVERED:])
        return slow <= RECOVERED * usual.longer + math.sqrt(RECOVERED * usual.longer * (1 - usual.longer))

    def since(self, began: str) -> list[Deadline]:
        return [d for d in self.last if d.received >= began]

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        return {
            "times": list(self.times), "usual": None if self.usual is None else asdict(self.usual),
            "refit_at": self.refit_at, "mixture": self.detector.mixture, "last": list(self.last), "day": self.day,
            "of_day": self.of_day, "alarm": None if self.alarm is None else asdict(self.alarm),
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Drift:
        """The inverse of `body`."""
        kept = dict(body)
        detector, usual, alarm = SlowDown(list(kept.pop("mixture"))), kept.pop("usual"), kept.pop("alarm")
        last = [Deadline(**d) for d in kept.pop("last")]
        return cls(
            **kept, detector=detector, last=last,
            usual=None if usual is None else UsualTimes(tuple(usual["minutes"]), usual["cut"]),
            alarm=None if alarm is None else Alarm(**{**alarm, "usual": Level(**alarm["usual"])}),
        )  # fmt: skip


def since_change(slow: Sequence[bool], usual: float) -> int:
    """How many of the last deadlines belong to the time since the change: the suffix whose share of slow cases has the
    greatest likelihood ratio against the usual one; all of them where none has more."""
    best, length, count = 0.0, len(slow), 0
    usual = max(usual, 1 / (len(slow) + 1))
    for n, one in enumerate(reversed(slow), 1):
        count += one
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
    """An authority or area in which answers take long."""

    kind: str
    """`authority` or `area`."""
    name: str
    longer: int
    """Cases that took longer than the usual median."""
    cases: int


def concentrated(since: Sequence[Deadline], usual: Level) -> list[Place]:
    """The places that have most of the slow cases beyond the usual, worst first; empty where they are spread."""
    found = []
    slow = [d for d in since if d.minutes > usual.mark]
    excess = len(slow) - usual.longer * len(since)
    for kind in ("authority", "area"):
        cases = Counter(str(getattr(d, kind)) for d in since)
        longer = Counter(str(getattr(d, kind)) for d in slow)
        if len(cases) < 2:
            continue
        for name, count in cases.items():
            if count >= FEWEST_THERE and longer[name] - usual.longer * count >= CONCENTRATED * excess > 0:
                found.append(Place(kind, name, longer[name], count))
    return sorted(found, key=lambda p: (-p.longer, p.kind, p.name))[:MOST_NAMED]
