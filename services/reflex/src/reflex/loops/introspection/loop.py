"""Measures how cases go against every declared value and its counter-measure, week by week, and publishes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from common.contracts.events.reflex.mirror import MirrorDimension, MirrorObserved

from reflex.case_outcomes.measures import MEASURES, Measure
from reflex.case_outcomes.tracked_case import TrackedCase
from reflex.case_outcomes.tracker import FACTS, Ages, CaseOutcome, OutcomeTracker
from reflex.facts import CaseFact, Fact
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.introspection.dispersion import Dispersion
from reflex.loops.introspection.entity import PLACE, Entity, count
from reflex.loops.introspection.settings import Settings
from reflex.loops.introspection.spread import spread
from reflex.loops.introspection.usual import PLACE as USUAL_PLACE
from reflex.loops.introspection.usual import Stratum, Usual, expected

WEEK = timedelta(days=7)
CLOCK, DISPERSION = "clock", "dispersion"
NATION: tuple[MirrorDimension, str] = ("nation", "")


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The rows and strata in which cases of one kind are counted."""

    entities: Sequence[Entity]
    """Those that are compared for like categories and channels."""
    channel: Entity
    """Compared for like categories and regions."""
    authority: Entity
    names: Sequence[str]
    """Of the strata."""
    whole: Stratum
    by_channel: Stratum
    by_region: Stratum

    def state_keys(self) -> Iterator[str]:
        for entity in (*self.entities, self.channel, self.authority):
            yield f"entity|{entity.key}"
        for name in self.names:
            yield f"stratum|{name}"


class IntrospectionLoop:
    """A case counts in the week in which it comes to an age, at the age that is equal for all; see README.md."""

    name: ClassVar[str] = "introspection"
    facts: ClassVar[frozenset[type[Fact]]] = FACTS
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(self, settings: Callable[[datetime], Settings], zone: ZoneInfo) -> None:
        """`zone`: by whose midnights days and weeks begin."""
        self._settings_at = settings
        self._zone = zone
        self._settings = Settings()
        self._tracker = OutcomeTracker(
            lambda: Ages(closed_days=self._settings.closed_days, poor_rating=self._settings.poor_rating)
        )
        self._forget()

    def _forget(self) -> None:
        self._entities: dict[tuple[str, str], Entity] = {}
        self._usual, self._dispersion = Usual(), Dispersion()
        self._grounds: dict[tuple[str, ...], Ground] = {}
        self._counted: set[Ground] = set()
        """In which something was counted since the last save."""
        self._week: date | None = None
        self._week_ends = 0.0
        self._shown_on: date | None = None
        self._changed: set[str] = set()
        self._said: list[MirrorObserved] = []

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        self._forget()
        cases: dict[str, Mapping[str, Any]] = {}
        strata: dict[str, Mapping[str, Any]] = {}
        for key, body in state.items():
            kind, _, name = key.partition("|")
            if kind == "case":
                cases[name] = body
            elif kind == "entity":
                entity = Entity(**body)
                self._entities[entity.dimension, entity.name] = entity
            elif kind == "stratum":
                strata[name] = body
        self._tracker.load(cases)
        self._usual.load(strata)
        self._dispersion.sums = dict(state.get(DISPERSION, {}).get("sums", {}))
        if (clock := state.get(CLOCK)) is not None:
            self._begin(date.fromisoformat(clock["week"]))
            self._shown_on = date.fromisoformat(clock["shown_on"])
        self._changed = set()

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys = self._changed | {f"case|{key}" for key in self._tracker.changed}
        keys.update(key for ground in self._counted for key in ground.state_keys())
        self._changed, self._tracker.changed, self._counted = set(), set(), set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        kind, _, name = key.partition("|")
        if kind == "case":
            return self._tracker.body(name)
        if kind == "stratum":
            return self._usual.body(name)
        if kind == "entity":
            dimension, _, own = name.partition("|")
            entity = self._entities.get((dimension, own))
            return None if entity is None else entity.body()
        if key == DISPERSION:
            return {"sums": self._dispersion.sums}
        assert self._week is not None
        assert self._shown_on is not None
        return {"week": self._week.isoformat(), "shown_on": self._shown_on.isoformat()}

    def observe(self, fact: Fact) -> None:
        assert isinstance(fact, CaseFact)
        self._settings = self._settings_at(fact.at)
        self._count(fact.at)
        self._tracker.observe(fact)

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        self._settings = self._settings_at(now)
        self._count(now)
        today = now.astimezone(self._zone).date()
        if self._shown_on is not None and today > self._shown_on:
            self._show(now, ended=False)
            self._shown_on = today
            self._changed.add(CLOCK)
        said, self._said = self._said, []
        return said

    def _count(self, now: datetime) -> None:
        """Count what came to its age before a time, week by week."""
        if self._week is None:
            day = now.astimezone(self._zone).date()
            self._begin(day - timedelta(days=day.weekday()))
            self._shown_on = day
            self._changed.add(CLOCK)
        before = now.timestamp()
        while self._week_ends <= before:
            self._count_outcomes(self._week_ends)
            self._end_week(now)
        self._count_outcomes(before)

    def _count_outcomes(self, before: float) -> None:
        for outcome in self._tracker.due(before):
            self._count_one(outcome)

    def _count_one(self, outcome: CaseOutcome) -> None:
        case, least = outcome.case, self._settings.least_usual
        # What was passed on says something of whom the rules named; all else of who has the case.
        ground = self._ground(case, case.first if outcome.age == "deadline" else case.holder)
        whole, by_channel, by_region = ground.whole, ground.by_channel, ground.by_region
        for measure, bad in outcome.bad.items():
            at, learnt = PLACE[measure], USUAL_PLACE[measure]
            like = expected(whole, by_channel, measure, least)
            for entity in ground.entities:
                count(entity.week, at, like, bad=bad)
            count(ground.channel.week, at, expected(whole, by_region, measure, least), bad=bad)
            if measure != "late" or not case.transfers:
                # Of several authorities it is not known who kept it for how long.
                count(ground.authority.week, at, like, bad=bad)
            for stratum in (whole, by_channel, by_region):
                stratum[learnt] += 1
                stratum[learnt + 1] += bad
        self._counted.add(ground)

    def _ground(self, case: TrackedCase, authority: str) -> Ground:
        """What outcomes of like cases are counted in, looked up once a week."""
        kind = (case.category, case.channel, case.region, case.area, authority, *case.rows)
        found = self._grounds.get(kind)
        if found is None:
            names: list[tuple[MirrorDimension, str]] = [
                NATION, ("region", case.region), ("area", case.area), ("category", case.category),
                *(("rule", row) for row in case.rows),
            ]  # fmt: skip
            strata = (
                f"{case.category}||", f"{case.category}|channel|{case.channel}",
                f"{case.category}|region|{case.region}",
            )  # fmt: skip
            found = self._grounds[kind] = Ground(
                [self._entity(*name) for name in names], self._entity("channel", case.channel),
                self._entity("authority", authority), strata, *(self._usual.stratum(name) for name in strata),
            )  # fmt: skip
        return found

    def _entity(self, dimension: MirrorDimension, name: str) -> Entity:
        found = self._entities.get((dimension, name))
        if found is None:
            found = self._entities[dimension, name] = Entity(dimension, name)
        return found

    def _begin(self, monday: date) -> None:
        self._week = monday
        ends = datetime.combine(monday + WEEK, time(), self._zone)
        self._week_ends = ends.astimezone(UTC).timestamp()

    def _end_week(self, now: datetime) -> None:
        assert self._week is not None
        self._show(now, ended=True)
        weight = 0.5 ** (1 / self._settings.usual_weeks)
        self._dispersion.fade(weight)
        self._grounds = {}
        for key, entity in list(self._entities.items()):
            self._dispersion.learn(entity)
            entity.end_week(weight)
            self._changed.add(f"entity|{entity.key}")
            if entity.forgotten:
                del self._entities[key]
        self._changed |= {f"stratum|{name}" for name in self._usual.fade(weight)}
        self._changed |= {CLOCK, DISPERSION}
        self._begin(self._week + WEEK)

    def _show(self, now: datetime, *, ended: bool) -> None:
        """What has notably changed; a week's last word always."""
        assert self._week is not None
        changed = [
            entity
            for _, entity in sorted(self._entities.items())
            if (outcomes := entity.outcomes) and (ended or outcomes >= self._settings.grown * entity.shown)
        ]
        if not changed:
            return
        usual = self._usual_shares()
        dispersion = {
            dimension: {measure: self._dispersion.of(dimension, measure) for measure in MEASURES}
            for dimension in {entity.dimension for entity in changed}
        }
        for entity in changed:
            entity.shown = entity.outcomes
            self._changed.add(f"entity|{entity.key}")
            of_nation = (entity.dimension, entity.name) == NATION
            self._said.append(
                MirrorObserved(
                    dimension=entity.dimension, name=entity.name, week=self._week, ended=ended,
                    measures=entity.seen(usual, dispersion[entity.dimension]),
                    spread=spread(self._entities.values(), self._dispersion) if of_nation else {}, observed_at=now,
                )
            )  # fmt: skip

    def _usual_shares(self) -> dict[Measure, float]:
        """The nation's, over the weeks before and the running one."""
        nation = self._entities.get(NATION)
        if nation is None:
            return {}
        shares: dict[Measure, float] = {}
        for measure, week in nation.counted():
            before = nation.before(measure)
            # As what is expected of a stratum is reckoned, so that what never happened has a share too.
            shares[measure] = (week.alike_bad + before.alike_bad + 0.5) / (week.alike + before.alike + 1)
        return shares
