"""What the loop remembers of one region: the days it knows, and how many cases each channel brought in each quarter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from reflex.loops.silence.even_days import Counts, Week
from reflex.loops.silence.quarters import A_DAY, HOURS, Quarter, day_of, first_of
from reflex.loops.silence.settings import Settings
from reflex.loops.silence.tail import lower_tail
from reflex.loops.silence.usual import NOTHING, Part, Usual, Works, parts

ALL = ""
"""Name of a region's cases together."""
DAY = timedelta(days=1)
CHANNEL_WINDOWS, REGION_WINDOWS = (4, 8, 12), (4,)
"""Quarters that are judged together, up to the end of each."""
REGION_CHANCES = 1.0
LEAST_A_DAY = 3.0
"""Cases that a channel brings on days on which more come: three days without one with fewer say nothing."""
LARGEST_CHANCE = 0.005


@dataclass(frozen=True, slots=True)
class Quiet:
    """A channel that was silent, or ALL."""

    name: str
    day: date
    """The one whose cases are missed most."""
    hours: int
    """Of the window in which so few came."""
    count: int
    usual: float
    p: float


@dataclass(slots=True)
class Region:
    """`open` is the first quarter that has not been judged; cases of earlier ones come too late."""

    id: str
    open: Quarter
    learnt: list[date] = field(default_factory=list)
    """Days by which others are judged, oldest first: neither silent nor seen in part."""
    silent_days: int = 0
    """In a row, up to the last day that is over."""
    quiet_at: Quarter | None = None
    """The last quarter at whose end something was silent."""
    days: dict[date, dict[str, list[int]]] = field(default_factory=dict)
    """By day and channel; who brought nothing is not there."""
    _usual: dict[str, Usual] | None = None
    """Made anew when days are learnt or forgotten."""

    def body(self) -> dict[str, Any]:
        """The state without the days, which are kept one by one."""
        return {
            "id": self.id, "open": day_of(self.open).isoformat(), "quarter": self.open % A_DAY,
            "learnt": [d.isoformat() for d in self.learnt], "silent": self.silent_days, "quiet_at": self.quiet_at,
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Region:
        """Also one that was kept when whole days were judged."""
        learnt = [date.fromisoformat(day) for day in body["learnt"]]
        opened = first_of(date.fromisoformat(body["open"])) + body.get("quarter", 0)
        return cls(body["id"], opened, learnt, body["silent"], body.get("quiet_at"))

    def count(self, quarter: Quarter, channel: str) -> bool:
        """One case; false where it comes too late to count."""
        if quarter < self.open:
            return False
        self.days.setdefault(day_of(quarter), {}).setdefault(channel, [0] * A_DAY)[quarter % A_DAY] += 1
        return True

    def ended(self, now: Quarter) -> Iterator[Quarter]:
        """Quarters that are over and not judged yet."""
        while self.open < now:
            yield self.open
            self.open += 1

    def skip(self, now: Quarter) -> None:
        """Until the end of the day nothing can be said: time has leapt, and nobody knows what came meanwhile."""
        self.open = max(self.open, (now // A_DAY + 1) * A_DAY)

    def judge(self, quarter: Quarter, works: Works, regions: int, settings: Settings) -> list[Quiet]:
        """What is silent at the end of a quarter, most surprising first; `regions` share the chance of error."""
        known = self._known(day_of(quarter), works, settings)
        watched = [name for name, usual in known.items() if name == ALL or usual.most_a_day >= LEAST_A_DAY]
        if not watched:
            return []
        chance = min(LARGEST_CHANCE, settings.chance / (len(watched) * regions))
        found = list[Quiet | None]()
        for name in watched:
            windows, share, times = (
                (REGION_WINDOWS, settings.region_share, REGION_CHANCES) if name == ALL
                else (CHANNEL_WINDOWS, settings.channel_share, 1.0)
            )  # fmt: skip
            for length in windows:
                window = parts(quarter + 1 - length, quarter + 1)
                found.append(self._judged(name, known[name], window, share, chance * times))
        return sorted((one for one in found if one is not None), key=lambda quiet: (quiet.p, quiet.name))

    def _judged(self, name: str, usual: Usual, window: list[Part], share: float, chance: float) -> Quiet | None:
        came = [sum(self._counts(part.day, name)[part.first : part.end]) for part in window]
        seen, count = usual.of(window, came), sum(came)
        if seen is None or count >= share * seen.mean:
            return None
        p = lower_tail(count, seen.mean, usual.variance(window))
        hours = HOURS * sum(part.end - part.first for part in window)
        return Quiet(name, seen.quietest, hours, count, seen.mean, p) if p < chance else None

    def _known(self, day: date, works: Works, settings: Settings) -> Mapping[str, Usual]:
        if self._usual is None:
            like = [d for d in self.learnt if day - d <= settings.window_days * DAY]
            by_kind = {kind: [d for d in like if works(d) == kind] for kind in (True, False)}
            names = sorted({name for d in like for name in self.days.get(d, {})})
            totals = {kind: [(d, sum(self._counts(d, ALL))) for d in days] for kind, days in by_kind.items()}
            week = Week(totals)
            self._usual = {}
            for name in [ALL, *names]:
                counts = {kind: [(d, self._counts(d, name)) for d in days] for kind, days in by_kind.items()}
                found = self._usual[name] = Usual(counts, week, works, settings)
                found.fit([(d, self._counts(d, name)) for d in like[-settings.level_days :]])
        return self._usual

    def _counts(self, day: date, name: str) -> Counts:
        channels = self.days.get(day)
        if channels is None:
            return NOTHING
        if name == ALL:
            return [sum(quarter) for quarter in zip(*channels.values(), strict=True)]
        return channels.get(name, NOTHING)

    def note(self, quarter: Quarter, quiet: list[Quiet], settings: Settings) -> bool:
        """Take what was silent at a quarter's end; whether it is the first of a run. A day without ends one."""
        first = bool(quiet) and (self.quiet_at is None or quarter - self.quiet_at > A_DAY)
        if quiet:
            self.quiet_at = quarter
            spoilt = {one.day for one in quiet}
            if self.silent_days < settings.relearn_days and spoilt.intersection(self.learnt):
                self.learnt, self._usual = [day for day in self.learnt if day not in spoilt], None
        if quarter % A_DAY == A_DAY - 1:
            self._learn(quarter, settings)
        return first

    def _learn(self, last: Quarter, settings: Settings) -> None:
        """Silent days teach nothing, unless there are so many in a row that they are what is usual now."""
        day, self._usual = day_of(last), None
        silent = self.quiet_at is not None and last - self.quiet_at < A_DAY
        self.silent_days = self.silent_days + 1 if silent else 0
        if not silent or self.silent_days > settings.relearn_days:
            self.learnt = [d for d in self.learnt if day - d < settings.window_days * DAY] + [day]

    def forget(self, settings: Settings) -> list[date]:
        """Take out days that judge nothing any more; returns those."""
        gone = [day for day in self.days if day < day_of(self.open) - settings.window_days * DAY]
        for day in gone:
            del self.days[day]
        return gone


def counts_of(body: Mapping[str, Any]) -> dict[str, list[int]]:
    """Of a day as it was kept. Where that was one number for the day, its cases are dealt to the quarters evenly."""
    if "channels" in body:
        return {name: list(counts) for name, counts in body["channels"].items()}
    return {
        name: [count // A_DAY + (quarter < count % A_DAY) for quarter in range(A_DAY)]
        for name, count in body["counts"]["channel"].items()
    }
