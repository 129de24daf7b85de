"""Cases of a region day by day, as a city brings them, for the silence loop."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from common.contracts.events.reflex.observations import FindingMade
from reflex.facts import CaseOpened
from reflex.loops.silence.loop import SilenceLoop
from reflex.loops.silence.settings import Settings
from reflex.loops.silence.wording import Titles

MONDAY = date(2011, 7, 4)
DAY = timedelta(days=1)
TITLES = Titles(str.title, str.title)
MEANS = {"pothole": 14.0, "street light": 9.0, "refuse": 7.0, "graffiti": 4.0, "trees": 2.0, "rats": 0.5, "signs": 0.1}
"""Cases of a working day, by category."""
CHANNELS = {"web": 0.5, "hotline": 0.3, "app": 0.2}


REGIONS = 4
"""That share the chance of error, however many of them a test lets live."""
EVEN = (1.0,) * 24


def fresh(settings: Settings | None = None) -> SilenceLoop:
    """A loop whose days are those of UTC, with free weekends."""
    found = settings or Settings()
    return SilenceLoop(
        lambda now: found, lambda region, at: at.astimezone(UTC), lambda region, day: day.weekday() < 5, TITLES, REGIONS
    )


@dataclass
class QuietCity:
    """`seed` says how chance falls; `said` is all that the loop has said."""

    seed: int
    regions: Sequence[str] = ("north",)
    size: float = 1.0
    """Times the usual cases."""
    free_share: float = 0.45
    """Of a working day's cases on a free one."""
    shock: float = 0.15
    """Coefficient of variation of a day that all categories share, beside each one's own chance."""
    loop: SilenceLoop = field(default_factory=fresh)
    said: list[FindingMade] = field(default_factory=list)
    day: date = MONDAY
    tick_hours: float = 6
    hours: Sequence[float] = EVEN
    """How the cases of a day fall to its hours."""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._number = 0

    def live(self, days: int, keep: Callable[[CaseOpened], bool] = lambda case: True, **more: Any) -> None:
        """Days of cases, ticks between them; only cases that `keep` lets through reach the loop."""
        for _ in range(days):
            cases = sorted((c for region in self.regions for c in self._cases(region)), key=lambda c: (c.at, c.id))
            self.give([c for c in cases if keep(c)], **more)

    def give(self, cases: Iterable[CaseOpened], **more: Any) -> None:
        """One day of these cases."""
        begins, left = datetime.combine(self.day, datetime.min.time(), UTC), list(cases)
        for number in range(1, round(24 / self.tick_hours) + 1):
            until = begins + timedelta(hours=number * self.tick_hours)
            while left and left[0].at < until:
                self.loop.observe(left.pop(0).model_copy(update=more))
            self.tick(until)
        self.day += DAY

    def tick(self, now: datetime) -> None:
        self.said += [one for one in self.loop.on_tick(now) if isinstance(one, FindingMade)]

    def days_said(self) -> list[str]:
        return [one.numbers["day"] for one in self.said]

    def _cases(self, region: str) -> Iterable[CaseOpened]:
        shared = self.size * self._around_one(self.shock) * (1.0 if self.day.weekday() < 5 else self.free_share)
        for category, mean in MEANS.items():
            for _ in range(self._poisson(mean * shared * self._around_one(0.3))):
                self._number += 1
                hour = self._chance.choices(range(24), self.hours)[0] + self._chance.random()
                at = datetime.combine(self.day, datetime.min.time(), UTC) + timedelta(hours=hour)
                yield CaseOpened(
                    id=f"{self._number:07}", at=at, case_id=f"{self._number:07}", region=region, authority="yard",
                    category=category, area="01", priority=1, received_at=at, due_at=at + 30 * DAY,
                    channel=self._chance.choices(list(CHANNELS), list(CHANNELS.values()))[0],
                )  # fmt: skip

    def _around_one(self, variation: float) -> float:
        shape = 1 / variation**2
        return self._chance.gammavariate(shape, 1 / shape)

    def _poisson(self, mean: float) -> int:
        total, count = self._chance.expovariate(1), 0
        while total < mean:
            total += self._chance.expovariate(1)
            count += 1
        return count


def reloaded(loop: SilenceLoop, rows: dict[str, Mapping[str, Any]]) -> SilenceLoop:
    """Another loop with the state of this one, as the database would give it back; `rows` is the database."""
    for key, body in loop.changed().items():
        if body is None:
            rows.pop(key, None)
        else:
            rows[key] = orjson.loads(orjson.dumps(body))
    found, shuffled = fresh(), list(rows.items())
    random.Random(len(rows)).shuffle(shuffled)
    found.load(dict(shuffled))
    return found
