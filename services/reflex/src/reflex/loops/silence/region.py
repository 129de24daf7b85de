"""What the loop remembers of one region: which days it knows, and how many cases came on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from reflex.loops.silence.settings import Settings
from reflex.loops.silence.tail import lower_tail

Works = Callable[[date], bool]
"""Whether a day is a working day."""
Kind = Literal["category", "channel"]
CATEGORY: Kind = "category"
CHANNEL: Kind = "channel"
REST = ""
"""Name of the rare ones together."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """One category or channel on a day when it was silent."""

    kind: Kind
    name: str
    count: int
    usual: float
    """Cases on like days, on average."""
    p: float


Counts = dict[Kind, dict[str, int]]
"""Cases of one day by category, and by channel; who had none is not there."""


@dataclass(slots=True)
class Region:
    """`open` is the first day that has not been judged; cases of earlier ones come too late."""

    id: str
    open: date
    learnt: list[date] = field(default_factory=list)
    """Days by which others are judged, oldest first: neither silent nor seen in part."""
    silent: int = 0
    """Silent days in a row, up to the last one judged."""
    days: dict[date, Counts] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The state without the days, which are kept one by one."""
        return {
            "id": self.id, "open": self.open.isoformat(), "learnt": [d.isoformat() for d in self.learnt],
            "silent": self.silent,
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Region:
        learnt = [date.fromisoformat(day) for day in body["learnt"]]
        return cls(body["id"], date.fromisoformat(body["open"]), learnt, body["silent"])

    def count(self, day: date, category: str, channel: str) -> bool:
        """One case; false where it comes too late to count."""
        if day < self.open:
            return False
        counts = self.days.setdefault(day, {"category": {}, "channel": {}})
        for kind, name in ((CATEGORY, category), (CHANNEL, channel)):
            counts[kind][name] = counts[kind].get(name, 0) + 1
        return True

    def ended(self, today: date) -> Iterator[date]:
        """Days that are over and not judged yet."""
        while self.open < today:
            yield self.open
            self.open += DAY

    def skip(self, today: date) -> None:
        """Until the end of `today` nothing can be said: time has leapt, and nobody knows what came meanwhile."""
        self.open = max(self.open, today + DAY)

    def judge(self, day: date, works: Works, settings: Settings) -> list[Quiet]:
        """What was silent on a day, most surprising first. Empty while too few like days are known."""
        like = [d for d in self.learnt if works(d) == works(day) and day - d <= settings.window_days * DAY]
        if len(like) < settings.min_days:
            return []
        found = [q for kind in (CATEGORY, CHANNEL) for q in self._silent(kind, day, like, settings)]
        return sorted(found, key=lambda quiet: (quiet.p, quiet.kind, quiet.name))

    def _silent(self, kind: Kind, day: date, like: Sequence[date], settings: Settings) -> Iterator[Quiet]:
        """Each by itself; and together, as one more, all those that are so rare that even none would be no surprise."""
        now, before = self._of(day, kind), [self._of(d, kind) for d in like]
        rest, rest_before = 0, [0] * len(like)
        for name in {name for counts in before for name in counts}:
            count, usual = now.get(name, 0), [counts.get(name, 0) for counts in before]
            if lower_tail(0, usual, settings.min_dispersion) >= settings.p_value:
                rest, rest_before = rest + count, [a + b for a, b in zip(rest_before, usual, strict=True)]
            elif (quiet := _judged(kind, name, count, usual, settings)) is not None:
                yield quiet
        if (quiet := _judged(kind, REST, rest, rest_before, settings)) is not None:
            yield quiet

    def _of(self, day: date, kind: Kind) -> Mapping[str, int]:
        counts = self.days.get(day)
        return {} if counts is None else counts[kind]

    def learn(self, day: date, *, silent: bool, settings: Settings) -> None:
        """Silent days teach nothing, unless there are so many in a row that they are what is usual now."""
        self.silent = self.silent + 1 if silent else 0
        if self.silent <= settings.relearn_days and silent:
            return
        self.learnt = [d for d in self.learnt if day - d < settings.window_days * DAY] + [day]

    def forget(self, settings: Settings) -> list[date]:
        """Take out days that judge nothing any more; returns those."""
        gone = [day for day in self.days if day < self.open - settings.window_days * DAY]
        for day in gone:
            del self.days[day]
        return gone


def _judged(kind: Kind, name: str, count: int, before: Sequence[int], settings: Settings) -> Quiet | None:
    p = lower_tail(count, before, settings.min_dispersion)
    return Quiet(kind, name, count, sum(before) / len(before), p) if p < settings.p_value else None
