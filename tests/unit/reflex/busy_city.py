"""Cases of regions day by day, and desks that answer them, for the prediction loop."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from common.contracts.events.reflex.forecasts import ArrivalsForecast, ArrivalsScored
from common.contracts.events.reflex.observations import FindingMade
from reflex.facts import CaseAnswered, CaseOpened, Fact
from reflex.loop import LoopOutput
from reflex.loops.prediction.loop import PredictionLoop
from reflex.loops.prediction.settings import Settings
from reflex.loops.prediction.wording import Titles

MONDAY = date(2011, 7, 4)
DAY = timedelta(days=1)
MEANS = {"pothole": 14.0, "street light": 9.0, "refuse": 7.0, "graffiti": 4.0, "trees": 2.0, "rats": 0.5, "signs": 0.1}
"""Cases of a working day, by category."""
WEEK = (1.2, 1.1, 1.0, 1.0, 0.9, 0.4, 0.3)
AREAS = {"01": 0.5, "02": 0.3, "03": 0.2}
"""Which share of the cases each has."""


def fresh(settings: Settings | None = None, holidays: Sequence[date] = ()) -> PredictionLoop:
    """A loop whose days are those of UTC, with free weekends."""
    found = settings or Settings()
    return PredictionLoop(
        lambda now: found, lambda region, at: at.astimezone(UTC).date(),
        lambda region, day: day.weekday() < 5 and day not in holidays, Titles(str.title, str.title),
    )  # fmt: skip


def reloaded(loop: PredictionLoop, rows: dict[str, Mapping[str, Any]]) -> PredictionLoop:
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


@dataclass
class BusyCity:
    """`seed` says how chance falls; `said` is all that the loop has said."""

    seed: int
    regions: Sequence[str] = ("north",)
    shock: float = 0.15
    """Coefficient of variation of a day that all categories share, beside each one's own chance."""
    factor: Callable[[date], float] = lambda day: 1.0
    """Times the usual cases of a day."""
    rate: Callable[[date], int] = lambda day: 60
    """Cases that the desk of a region can answer on a working day, oldest first."""
    term: timedelta = 20 * DAY
    areas: Mapping[str, float] = field(default_factory=lambda: AREAS)
    loop: PredictionLoop = field(default_factory=fresh)
    said: list[LoopOutput] = field(default_factory=list)
    day: date = MONDAY
    missed: list[date] = field(default_factory=list)
    """The day of each deadline that passed before its answer."""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._number = 0
        self._open: dict[str, deque[CaseOpened]] = {region: deque() for region in self.regions}

    def live(self, days: int, tick_hours: int = 6) -> None:
        """Days of cases and answers, ticks between them."""
        for _ in range(days):
            begins = datetime.combine(self.day, datetime.min.time(), UTC)
            facts: list[tuple[datetime, str, Fact]] = []
            for region in self.regions:
                for case in self._cases(region, begins):
                    facts.append((case.at, case.id, case))
                facts += [(a.at, a.id, a) for a in self._answers(region, begins)]
            heapq.heapify(facts)
            for hour in range(tick_hours, 25, tick_hours):
                until = begins + timedelta(hours=hour)
                while facts and facts[0][0] < until:
                    self.loop.observe(heapq.heappop(facts)[2])
                self.said += self.loop.on_tick(until)
            self.day += DAY

    @property
    def forecasts(self) -> list[ArrivalsForecast]:
        return [one for one in self.said if isinstance(one, ArrivalsForecast)]

    @property
    def scores(self) -> list[ArrivalsScored]:
        return [one for one in self.said if isinstance(one, ArrivalsScored)]

    @property
    def findings(self) -> list[FindingMade]:
        return [one for one in self.said if isinstance(one, FindingMade)]

    def _cases(self, region: str, begins: datetime) -> list[CaseOpened]:
        shared, found = self._around_one(self.shock) * WEEK[self.day.weekday()] * self.factor(self.day), []
        for category, mean in MEANS.items():
            for _ in range(self._poisson(mean * shared * self._around_one(0.3))):
                self._number += 1
                at = begins + timedelta(hours=8 * self._chance.random())
                found.append(
                    CaseOpened(
                        id=f"{self._number:07}", at=at, case_id=f"{self._number:07}", region=region,
                        authority=f"yard-{region}", category=category, priority=1, received_at=at,
                        area=self._chance.choices(list(self.areas), list(self.areas.values()))[0], channel="web",
                        due_at=at + self.term,
                    )
                )  # fmt: skip
        self._open[region].extend(sorted(found, key=lambda case: case.at))
        return found

    def _answers(self, region: str, begins: datetime) -> list[CaseAnswered]:
        if self.day.weekday() >= 5:
            return []
        found, waiting = [], self._open[region]
        for number in range(min(len(waiting), self.rate(self.day))):
            case, at = waiting.popleft(), begins + timedelta(hours=12, seconds=number)
            if at > case.due_at:
                self.missed.append(case.due_at.date())
            found.append(
                CaseAnswered(
                    id=f"{case.id}+", at=at, case_id=case.case_id, region=region, authority=case.authority,
                )
            )  # fmt: skip
        return found

    def _around_one(self, variation: float) -> float:
        shape = 1 / variation**2
        return self._chance.gammavariate(shape, 1 / shape)

    def _poisson(self, mean: float) -> int:
        total, count = self._chance.expovariate(1), 0
        while total < mean:
            total += self._chance.expovariate(1)
            count += 1
        return count
