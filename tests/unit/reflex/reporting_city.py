"""Reports of a region at chance, hour by hour, as citizens make them, for the emergence loop."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from reflex.facts import CaseOpened, Point
from reflex.loops.emergence.loop import EmergenceLoop
from reflex.loops.emergence.settings import Settings
from reflex.loops.emergence.wording import Titles

START = datetime(2011, 7, 4, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
METRE = 1 / 111_195
CORNER = Point(42.30, -71.10)
SIDE_M = 6000
TITLES = Titles(str.title, str.title)
MEANS = {"light": 8.0, "pothole": 5.0, "graffiti": 4.0, "tree": 2.0, "sign": 1.0, "rats": 0.3}
"""Reports of a working day, by category."""
HOURS = [0.2] * 7 + [1.5] * 12 + [0.8] * 5


def fresh(settings: Settings | None = None) -> EmergenceLoop:
    found = settings or Settings()
    return EmergenceLoop(
        lambda now: found, lambda region, at: timedelta(hours=-4), lambda category, channel: channel != "staff", TITLES
    )


@dataclass
class ReportingCity:
    """`seed` says how chance falls; `said` is all that the loop has said. `clumps` is how many reports one
    walk of a citizen brings, where it brings more than one."""

    seed: int
    clumped: float = 0.02
    """The share of reports that a citizen makes on a walk: up to six of them within 400 m and an hour."""
    loop: EmergenceLoop = field(default_factory=fresh)
    said: list[Any] = field(default_factory=list)
    now: datetime = START
    numbers: int = 0
    planted: list[CaseOpened] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def case(self, at: datetime, point: Point, category: str, **more: Any) -> CaseOpened:
        self.numbers += 1
        name = f"{self.numbers:07}"
        return CaseOpened(
            **{
                "id": name, "at": at, "case_id": name, "region": "north", "authority": "yard", "category": category,
                "area": "01", "point": point, "channel": "web", "priority": 1, "received_at": at,
                "due_at": at + 30 * DAY, **more,
            }
        )  # fmt: skip

    def near(self, centre: Point, metres: float) -> Point:
        x, y = self.chance.uniform(-metres, metres), self.chance.uniform(-metres, metres)
        return Point(centre.lat + y * METRE, centre.lon + x * METRE / 0.74)

    def somewhere(self) -> Point:
        return self.near(Point(CORNER.lat + SIDE_M / 2 * METRE, CORNER.lon + SIDE_M / 2 * METRE / 0.74), SIDE_M / 2)

    def _of_day(self, busy: Mapping[str, float]) -> list[CaseOpened]:
        found, free = [], self.now.weekday() >= 5
        for category, mean in MEANS.items():
            left = self._poisson(mean * busy.get(category, 1.0) * (0.4 if free else 1.0))
            while left > 0:
                at = self.now + (self.chance.choices(range(24), HOURS)[0] + self.chance.random()) * HOUR
                spot = self.somewhere()
                many = self.chance.randint(2, 6) if self.chance.random() < self.clumped else 1
                for _ in range(many):
                    when = at + self.chance.random() * (many > 1) * HOUR
                    found.append(self.case(when, self.near(spot, 400 * (many > 1)), category))
                left -= many
        return found

    def plant(self, count: int, centre: Point, *, metres: float = 200, hours: float = 24, **more: Any) -> None:
        """Reports from now on, evenly over some hours, around a point."""
        given = {"category": "sign", **more}
        for n in range(count):
            at = self.now + (n + 0.5) / count * hours * HOUR
            self.planted.append(self.case(at, self.near(centre, metres), **given))

    def live(self, days: int, busy: Mapping[str, float] | None = None) -> None:
        """Days of reports with a tick every six hours."""
        for _ in range(days):
            until = self.now + DAY
            cases = self._of_day(busy or {}) + [c for c in self.planted if c.at < until]
            self.planted = [c for c in self.planted if c.at >= until]
            cases.sort(key=lambda c: (c.at, c.id))
            while self.now < until:
                self.now += 6 * HOUR
                while cases and cases[0].at < self.now:
                    self.loop.observe(cases.pop(0))
                self.said += self.loop.on_tick(self.now)
            # What was drawn beyond midnight comes the next day.
            self.planted += cases

    def of(self, kind: type) -> list[Any]:
        return [one for one in self.said if isinstance(one, kind)]

    def _poisson(self, mean: float) -> int:
        total, count = self.chance.expovariate(1), 0
        while total < mean:
            total += self.chance.expovariate(1)
            count += 1
        return count


def reloaded(loop: EmergenceLoop, rows: dict[str, Mapping[str, Any]]) -> EmergenceLoop:
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
