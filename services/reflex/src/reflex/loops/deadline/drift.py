"""Whether answers to the cases of a row take longer than usual, since when, and where.

What a case has come to is counted at its deadline: no case waits for its end to count. Until then it speaks by what
is known of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from reflex.loops.deadline.usual_times import SlowDown, UsualTimes

KEPT_DEADLINES = 100
KEPT_TIMES = 200
"""From which is learnt what is usual: it changes with the seasons."""
MOST_BEYOND = 0.6
"""Share of cases beyond the limit, all of which are alike here: where it is larger, what is left shows no slow-down."""
RECOVERED = 30
"""The last cases that must take no longer than usual, within one standard deviation, for an alarm to be over."""
CONCENTRATED = 0.6
"""Share of the slow cases beyond the usual that lies in one place, for the place to be named."""
FEWEST_THERE = 5
MOST_NAMED = 3
NO_LONGER_KEPT = frozenset({"day", "of_day"})
"""In bodies that older versions saved: deadlines that had come on a day."""


class Deadline(NamedTuple):
    """One case when its deadline came, or as far as it has come before that."""

    minutes: int
    """To its answer, or its age; at the deadline more than the limit where there was no answer that stands."""
    limit: int
    received: str
    authority: str
    area: str
    open: bool = False
    """Before its deadline: whether it is not answered yet."""

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
    """Deadlines of cases received since it began that have come after it was found."""


@dataclass(slots=True)
class Drift:
    """One row's deadlines."""

    times: list[Sequence[int]] = field(default_factory=list)
    """(minutes, limit) of the last cases."""
    usual: UsualTimes | None = None
    """None while too little is known, or most cases take longer than the limit."""
    refit_at: str = ""
    detector: SlowDown = field(default_factory=SlowDown)
    last: list[Deadline] = field(default_factory=list)
    """Under the limit in force."""
    after: str = ""
    """Cases received before were those of an alarm, and speak for no other."""
    look_at: str = ""
    """When cases whose deadline is still to come are looked at next."""
    looks: int = 0
    """How many looks in a row, up to the last, found them slow."""
    alarm: Alarm | None = None

    def count(self, deadline: Deadline, of_day: int) -> float:
        """One case at its deadline, the n-th received on its day; returns the statistic, 0 while the row is not watched
        for drift."""
        self.times.append((deadline.minutes, deadline.limit))
        del self.times[:-KEPT_TIMES]
        self.last.append(deadline)
        del self.last[:-KEPT_DEADLINES]
        if self.alarm is not None:
            self.alarm.since += deadline.received >= self.alarm.began
            return 0.0
        if self.usual is None or deadline.received < self.after:
            return 0.0
        return self.detector.observe(self.usual.ratios(deadline.minutes), weight(of_day))

    def learn(self, limit: int) -> None:
        """What is usual, from the last cases; nothing where most of them take longer than the limit."""
        usual = UsualTimes.of(self.times, limit)
        if usual.beyond <= MOST_BEYOND:
            self.usual = usual
        else:
            self.usual, self.detector, self.looks = None, SlowDown(), 0

    def restart(self) -> None:
        """Another limit, or evidence from zero: the times that cases took before are still what is usual."""
        self.usual, self.refit_at, self.alarm = None, "", None
        self.detector, self.last, self.after, self.look_at, self.looks = SlowDown(), [], "", "", 0

    def raise_alarm(self, now: str, coming: Sequence[Deadline] = ()) -> Alarm:
        """The detector has passed its threshold. `coming`: cases before their deadline, in order of receipt."""
        usual = self.usual
        assert usual is not None, "what is not watched raises no alarm"
        seen = [*self.last, *coming]
        said = (usual.open_ratios(d.minutes) if d.open else usual.ratios(d.minutes) for d in seen)
        began = len(seen) - since_change(list(said))
        received = min(d.received for d in seen[began:])
        # Those received since are among the last times.
        before = self.times[: -sum(d.received >= received for d in self.last)] or self.times
        missed = sum(minutes > limit for minutes, limit in before) / len(before)
        self.alarm = Alarm(received, now, Level(usual.mark, usual.longer, missed))
        self.detector, self.looks = SlowDown(), 0
        return self.alarm

    def end_alarm(self, now: str) -> None:
        """Answers take no longer than usual again."""
        self.alarm, self.after = None, now

    @property
    def watches(self) -> bool:
        """Whether it is known what is usual, and no alarm is open."""
        return self.usual is not None and self.alarm is None

    @property
    def is_over(self) -> bool:
        """Whether the last cases received since the alarm began take no longer than usual."""
        if self.alarm is None or self.alarm.since < RECOVERED:
            return False
        usual = self.alarm.usual
        slow = sum(d.minutes > usual.mark for d in self.since(self.alarm.began)[-RECOVERED:])
        return slow <= RECOVERED * usual.longer + math.sqrt(RECOVERED * usual.longer * (1 - usual.longer))

    def since(self, began: str) -> list[Deadline]:
        return [d for d in self.last if d.received >= began]

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        usual = None if self.usual is None else {"minutes": self.usual.minutes, "cut": self.usual.cut}
        return {
            "times": list(self.times), "usual": usual,
            "refit_at": self.refit_at, "mixture": self.detector.mixture,
            "last": dict(zip(Deadline._fields, zip(*self.last, strict=True), strict=False)), "after": self.after,
            "look_at": self.look_at, "looks": self.looks, "alarm": None if self.alarm is None else asdict(self.alarm),
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Drift:
        """The inverse of `body`; older bodies have more and less."""
        kept = {name: value for name, value in body.items() if name not in NO_LONGER_KEPT}
        detector, usual, alarm = SlowDown(list(kept.pop("mixture"))), kept.pop("usual"), kept.pop("alarm")
        last = _deadlines_of(kept.pop("last"))
        return cls(
            **kept, detector=detector, last=last,
            usual=None if usual is None else UsualTimes(tuple(usual["minutes"]), usual["cut"]),
            alarm=None if alarm is None else Alarm(**{**alarm, "usual": Level(**alarm["usual"])}),
        )  # fmt: skip


def _deadlines_of(saved: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]) -> list[Deadline]:
    """From what is saved, by column; older versions saved each with its names, and with its case."""
    if not saved:
        return []
    if isinstance(saved, Mapping):
        return [Deadline(*one) for one in zip(*(saved[name] for name in Deadline._fields), strict=True)]
    return [Deadline(**{name: one[name] for name in Deadline._fields}) for one in saved]


@lru_cache(maxsize=1024)
def weight(of_day: int) -> float:
    """Of the n-th case of a day: cases of one day are often one visit or one pile."""
    return 1 / math.sqrt(of_day)


def since_change(ratios: Sequence[Sequence[float]]) -> int:
    """How many of the last cases belong to the time since the change: those that together speak most for one of the
    rises; at least one."""
    best, length = -math.inf, 1
    for of_rise in zip(*ratios, strict=True):
        speaks = 0.0
        for n, ratio in enumerate(reversed(of_rise), 1):
            speaks += math.log(ratio)
            if speaks > best:
                best, length = speaks, n
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
