"""Whole lives of cases, as a federation's desks bring them, for loops that compare places for like cases."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson
from common.contracts.events.rules import ProposeChange
from reflex.facts import (
    CaseAnswered,
    CaseConfirmed,
    CaseFact,
    CaseOpened,
    CaseOverdue,
    CaseReopened,
    CaseTransferred,
    Point,
    RulesCommandRefused,
    WorkStarted,
)

MONDAY = datetime(2011, 7, 4, tzinfo=UTC)
DAY = timedelta(days=1)
REGIONS = ("east", "north", "south", "west")
LATE = {"pothole": 0.1, "street light": 0.3, "refuse": 0.05, "trees": 0.5, "signs": 0.2, "graffiti": 0.15}
"""Share of a category's cases that miss their deadline."""
CHANNELS = ("web", "hotline", "app")

ChanceOf = Callable[[str, str, str, str, datetime], float]
"""(category, region, area, channel, time) to the chance of missing the deadline."""


class TickingLoop(Protocol):
    def observe(self, fact: Any) -> None: ...
    def on_tick(self, now: datetime) -> Sequence[Any]: ...
    def changed(self) -> Mapping[str, dict[str, Any] | None]: ...
    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None: ...


def usual(category: str, region: str, area: str, channel: str, at: datetime) -> float:
    """Alike everywhere."""
    return LATE[category]


def must_wait(city: JudgedCity, days: int) -> ProposeChange:
    """The first proposal that comes, refused until so many days have passed."""
    while not any(isinstance(one, ProposeChange) for one in city.said):
        city.live(1)
    (first,) = (one for one in city.said if isinstance(one, ProposeChange))
    city.loop.observe(
        RulesCommandRefused(
            id="wait", at=city.now, proposal_id=first.proposal_id, command=ProposeChange.type,
            details={"until": (city.now + days * DAY).isoformat()},
        )
    )  # fmt: skip
    return first


@dataclass
class JudgedCity:
    """`seed` says how chance falls; `said` is all that the loop has said."""

    loop: TickingLoop
    seed: int
    late: ChanceOf = usual
    mix: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By region: weights of categories where they differ from an even mix."""
    channels: Mapping[str, Sequence[float]] = field(default_factory=dict)
    row_of: Callable[[str, str], str] = lambda category, region: f"deadline|national|{category}"
    """(category, region) to the row that decided."""
    a_day: int = 60
    said: list[Any] = field(default_factory=list)
    now: datetime = MONDAY
    late_seen: dict[tuple[str, str], list[bool]] = field(default_factory=dict)
    """By region and category, of cases whose deadline has come."""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._coming: list[tuple[datetime, str, CaseFact]] = []
        self._number = 0

    def live(self, days: int, tick_hours: int = 24) -> None:
        """Days of cases, with ticks between them."""
        for _ in range(days):
            for _ in range(self.a_day):
                self._coming += [(fact.at, fact.id, fact) for fact in self._life()]
            self._coming.sort(key=lambda one: one[:2])
            begins = self.now
            for hour in range(tick_hours, 25, tick_hours):
                self.now = begins + timedelta(hours=hour)
                ready = [one for one in self._coming if one[0] < self.now]
                self._coming = self._coming[len(ready) :]
                for _, _, fact in ready:
                    self.loop.observe(fact)
                self.said += self.loop.on_tick(self.now)

    def move_to(self, loop: TickingLoop, rows: dict[str, Mapping[str, Any]]) -> None:
        """Go on with another loop that has read the state from the database, which is `rows`."""
        for key, body in self.loop.changed().items():
            if body is None:
                rows.pop(key, None)
            else:
                rows[key] = orjson.loads(orjson.dumps(body))
        shuffled = list(rows.items())
        random.Random(len(rows)).shuffle(shuffled)
        loop.load(dict(shuffled))
        self.loop = loop

    def _life(self) -> Iterator[CaseFact]:
        chance = self._chance
        self._number += 1
        case_id = f"{self._number:07}"
        at = self.now + timedelta(seconds=chance.randrange(86_400))
        region = chance.choice(REGIONS)
        weights = self.mix.get(region, {})
        category = chance.choices(list(LATE), [weights.get(c, 1.0) for c in LATE])[0]
        channel = chance.choices(CHANNELS, self.channels.get(region, (5, 3, 2)))[0]
        area = f"{region[0]}{chance.randrange(3)}"
        due = at + 10 * DAY
        late = chance.random() < self.late(category, region, area, channel, at)
        self.late_seen.setdefault((region, category), []).append(late)
        about = {"case_id": case_id, "region": region, "authority": f"{category} office"}
        yield CaseOpened(
            id=f"{case_id}a", at=at, **about, category=category, area=area, point=Point(chance.random(), 0.0),
            channel=channel, priority=1, received_at=at, due_at=due,
            rows=(self.row_of(category, region),),
        )  # fmt: skip
        if chance.random() < 0.1:
            about["authority"] = "other office"
            yield CaseTransferred(id=f"{case_id}b", at=at + DAY, **about, from_authority=f"{category} office")
        if chance.random() < 0.8:
            yield WorkStarted(id=f"{case_id}c", at=at + 2 * DAY, **about)
        if late:
            yield CaseOverdue(id=f"{case_id}d", at=due, **about, due_at=due)
        answered = (
            due + timedelta(days=chance.uniform(1, 15)) if late else at + timedelta(days=chance.uniform(2.5, 9.5))
        )
        yield CaseAnswered(id=f"{case_id}e", at=answered, **about)
        if chance.random() < 0.06:
            yield CaseReopened(id=f"{case_id}f", at=answered + 3 * DAY, **about, rating=1)
        elif chance.random() < 0.5:
            rating = 5 if chance.random() < 0.7 else 2
            yield CaseConfirmed(id=f"{case_id}f", at=answered + 2 * DAY, **about, rating=rating)
