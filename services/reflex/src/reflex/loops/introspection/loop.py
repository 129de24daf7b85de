"""Measures how cases go against every declared value and its counter-measure, week by week, and publishes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

from common.contracts.events.reflex.mirror import MirrorDimension, MirrorObserved

from reflex.case_outcomes.measures import MEASURES, Measure
from reflex.case_outcomes.tracked_case import TrackedCase
from reflex.case_outcomes.tracker import FACTS, Ages, CaseOutcome, OutcomeTracker
from reflex.facts import CaseFact, Fact
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.introspection.dispersion import Dispersion
from reflex.loops.introspection.entity import Entity
from reflex.loops.introspection.settings import Settings
from reflex.loops.introspection.spread import spread
from reflex.loops.introspection.tally import Kind, Tally
from reflex.loops.introspection.usual import Usual

WEEK = timedelta(days=7)
CLOCK, DISPERSION, SHOWN = "clock", "dispersion", "shown"
NATION: tuple[MirrorDimension, str] = ("nation", "")


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
        self._tracker = OutcomeTracker(_ages(self._settings))
        self._forget()

    def _forget(self) -> None:
        self._entities: dict[tuple[str, str], Entity] = {}
        self._usual, self._dispersion = Usual(), Dispersion()
        self._tallies: dict[Kind, Tally] = {}
        """Of the running week."""
        self._counted: set[Kind] = set()
        """Whose tallies have changed since the last save, or are gone."""
        self._strata: dict[str, dict[str, Any] | None] = {}
        """To be saved: as they were before anything of the running week, which the tallies have."""
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
                dimension, _, own = name.partition("|")
                self._entity(cast("MirrorDimension", dimension), own).load(cast("Mapping[Measure, list[float]]", body))
            elif kind == "stratum":
                strata[name] = body
        self._tracker.load(cases)
        self._usual.load(strata)
        self._dispersion.sums = dict(state.get(DISPERSION, {}).get("sums", {}))
        for key, body in state.items():
            kind, _, name = key.partition("|")
            if kind == "tally":
                self._tally(Kind.of(name)).load(body["counts"])
        for name, outcomes in state.get(SHOWN, {}).items():
            dimension, _, own = name.partition("|")
            self._entities[dimension, own].shown = outcomes
        if (clock := state.get(CLOCK)) is not None:
            self._begin(date.fromisoformat(clock["week"]))
            self._shown_on = date.fromisoformat(clock["shown_on"])
        self._changed = set()

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = sorted(self._changed), set()
        kinds, self._counted = sorted(self._counted), set()
        found = {f"case|{key}": body for key, body in self._tracker.changed().items()}
        for kind in kinds:
            tally = self._tallies.get(kind)
            found[f"tally|{kind.key}"] = None if tally is None else tally.body()
        found.update({f"stratum|{name}": body for name, body in self._strata.items()})
        found.update({key: self._body(key) for key in keys})
        self._strata = {}
        return found

    def _body(self, key: str) -> dict[str, Any] | None:
        kind, _, name = key.partition("|")
        if kind == "entity":
            dimension, _, own = name.partition("|")
            entity = self._entities.get((dimension, own))
            return None if entity is None else entity.body()
        if key == DISPERSION:
            return {"sums": self._dispersion.sums}
        if key == SHOWN:
            return {entity.key: entity.shown for entity in self._entities.values() if entity.shown}
        assert self._week is not None
        assert self._shown_on is not None
        return {"week": self._week.isoformat(), "shown_on": self._shown_on.isoformat()}

    def observe(self, fact: Fact) -> None:
        assert isinstance(fact, CaseFact)
        at = fact.at.timestamp()
        self._follow_settings(fact.at)
        self._count(fact.at, at)
        self._tracker.observe(fact, at)

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        self._follow_settings(now)
        self._count(now, now.timestamp())
        today = now.astimezone(self._zone).date()
        if self._shown_on is not None and today > self._shown_on:
            self._show(now, ended=False)
            self._shown_on = today
            self._changed.add(CLOCK)
        said, self._said = self._said, []
        return said

    def _follow_settings(self, now: datetime) -> None:
        settings = self._settings_at(now)
        if settings is not self._settings:
            self._settings, self._tracker.ages = settings, _ages(settings)

    def _count(self, now: datetime, before: float) -> None:
        """Count what came to its age before a time, week by week."""
        if self._week is None:
            day = now.astimezone(self._zone).date()
            self._begin(day - timedelta(days=day.weekday()))
            self._shown_on = day
            self._changed.add(CLOCK)
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
        authority = case.first if outcome.age == "deadline" else case.holder
        tally = self._tally_of(case, authority)
        for measure, bad in outcome.bad.items():
            if measure == "late" and case.transfers:
                # Of several authorities it is not known who kept it for how long.
                self._tally_of(case, "").count(measure, least, bad=bad)
            else:
                tally.count(measure, least, bad=bad)

    def _tally_of(self, case: TrackedCase, authority: str) -> Tally:
        kind = Kind(case.category, case.channel, case.region, case.area, authority, case.rows)
        self._counted.add(kind)
        return self._tally(kind)

    def _tally(self, kind: Kind) -> Tally:
        """Made once a week, so that what outcomes of like cases are counted in is looked up once."""
        found = self._tallies.get(kind)
        if found is None:
            names: list[tuple[MirrorDimension, str]] = [
                NATION, ("region", kind.region), ("area", kind.area), ("category", kind.category),
                *(("rule", row) for row in kind.rows),
            ]  # fmt: skip
            if kind.authority:
                names.append(("authority", kind.authority))
            whole, by_channel, by_region = (
                self._usual.stratum(f"{kind.category}|{rest}")
                for rest in ("|", f"channel|{kind.channel}", f"region|{kind.region}")
            )
            found = self._tallies[kind] = Tally(
                [self._entity(*name).week for name in names], self._entity("channel", kind.channel).week,
                whole, by_channel, by_region,
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
        self._counted.update(self._tallies)
        self._tallies = {}
        for key, entity in list(self._entities.items()):
            self._dispersion.learn(entity)
            entity.end_week(weight)
            self._changed.add(f"entity|{entity.key}")
            if entity.forgotten:
                del self._entities[key]
        self._strata.update(self._usual.fade(weight))
        self._changed |= {CLOCK, DISPERSION, SHOWN}
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
            of_nation = (entity.dimension, entity.name) == NATION
            said = {
                "dimension": entity.dimension, "name": entity.name, "week": self._week, "ended": ended,
                "measures": entity.seen(usual, dispersion[entity.dimension]),
                "spread": spread(self._entities.values(), self._dispersion) if of_nation else {}, "observed_at": now,
            }  # fmt: skip
            # Checked as one: a model made for each measure costs three times as much.
            self._said.append(MirrorObserved.model_validate(said))
        self._changed.add(SHOWN)

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


def _ages(settings: Settings) -> Ages:
    return Ages(closed_days=settings.closed_days, poor_rating=settings.poor_rating)
