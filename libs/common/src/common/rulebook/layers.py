"""The nation's layer and a region's overlay as one rulebook: stricter is allowed, looser is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.contracts.trial import Answer, ArmDrawn, TrialPlan
from common.rulebook.bitsets import CompiledTable, compile_table
from common.rulebook.candidate import OtherRule, other_rules
from common.rulebook.cells import OneOf
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import parse_table
from common.rulebook.release import Release
from common.rulebook.tables import RETIRED, TABLES, OutputColumn, Value
from common.rulebook.trial import Unit, arm_of, stratum_of, unit_of

CACHE_LIMIT = 50_000
INPUT_NAMES = {name: tuple(column.name for column in spec.inputs) for name, spec in TABLES.items()}


@dataclass(frozen=True, slots=True)
class RowHit:
    """A row that took part in a decision."""

    layer: str
    number: int
    table: str
    row_id: str
    inputs: dict[str, Value]
    outputs: dict[str, Value]

    def in_words(self) -> str:
        asked = ", ".join(f"{k} {v}" for k, v in self.inputs.items())
        said = ", ".join(f"{k} {v}" for k, v in self.outputs.items())
        return f"{self.layer} release {self.number}, table {self.table}, row {self.row_id}: for {asked} it says {said}"


@dataclass(frozen=True, slots=True, eq=False)
class RuleDecision:
    """Merged outputs, and the rows of both layers that gave them. A rulebook gives the same object again."""

    outputs: dict[str, Value]
    because: tuple[RowHit, ...]

    def in_words(self) -> str:
        return "; ".join(hit.in_words() for hit in self.because)


def merge(column: OutputColumn, national: Value, overlay: Value) -> Value:
    """One output of two layers, by its declared order."""
    if column.merge == "own":
        return national if column.fixed else overlay
    if column.merge == "or":
        return bool(national) or bool(overlay)
    if isinstance(national, str) or isinstance(overlay, str):
        raise RulebookError(f"output {column.name} is text and has no order")
    return min(national, overlay) if column.merge == "min" else max(national, overlay)


@dataclass(frozen=True, slots=True, eq=False)
class Contest:
    """Inputs for which the two rules of a trial answer differently."""

    plan: TrialPlan
    table: str
    stratum: str
    current: RuleDecision | None
    candidate: RuleDecision | None

    def decided(self, unit: Unit) -> RuleDecision | None:
        """By the unit's arm; of a unit that is not known by what the release's tables hold."""
        kept, unit_id = self._kept(unit), unit_of(self.plan, unit)
        if kept is not None:
            follows = kept.arm == "candidate"
        elif unit_id is None:
            follows = self.plan.adopted
        else:
            follows = arm_of(self.plan, self.stratum, unit_id)[0] == "candidate"
        return self.candidate if follows else self.current

    def _kept(self, unit: Unit) -> ArmDrawn | None:
        return next((drawn for drawn in unit.kept if drawn.proposal_id == self.plan.proposal_id), None)

    def arm(self, unit: Unit) -> ArmDrawn | None:
        """None for a unit that is not known."""
        kept, unit_id = self._kept(unit), unit_of(self.plan, unit)
        if kept is not None or unit_id is None:
            return kept
        arm, probability = arm_of(self.plan, self.stratum, unit_id)
        return ArmDrawn(
            proposal_id=self.plan.proposal_id, table=self.table, unit=self.plan.unit, unit_id=unit_id,
            stratum=self.stratum, arm=arm, probability=probability, salt=self.plan.salt,
            current=_answer(self.current), candidate=_answer(self.candidate),
        )  # fmt: skip


def _answer(decision: RuleDecision | None) -> Answer | None:
    return decision.outputs if decision is not None else None


def _differ(one: RuleDecision | None, other: RuleDecision | None) -> bool:
    return _answer(one) != _answer(other)


class Layer:
    """One release, compiled: its tables, and of each trial the table that its release does not hold."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.tables: dict[str, CompiledTable] = {
            name: compile_table(parse_table(name, document))
            for name, document in release.tables.items()
            if name not in RETIRED
        }
        self.trials, self.broken_trials = other_rules(release)

    def without_trials(self, instead: OtherRule | None = None) -> Layer:
        """The layer as if nothing were on trial, with the other rule of one trial in its tables or without."""
        found = Layer.__new__(Layer)
        found.release, found.trials, found.broken_trials = self.release, (), {}
        found.tables = self.tables if instead is None else {**self.tables, instead.table.table.spec.name: instead.table}
        return found


class Rulebook:
    """What is in force in a region at a time."""

    def __init__(self, national: Layer, overlay: Layer | None) -> None:
        self._layers = [layer for layer in (national, overlay) if layer is not None]
        self._cache: dict[tuple[object, ...], RuleDecision | None] = {}
        self._contests: dict[tuple[object, ...], Contest | None] = {}
        self._trials: dict[str, list[tuple[Layer, OtherRule]]] = {}
        # A region's first: they concern a part of the cases that one of the nation concerns.
        for layer in reversed(self._layers):
            for other in layer.trials:
                self._trials.setdefault(other.table.table.spec.name, []).append((layer, other))

    @property
    def release(self) -> str:
        """Such as `national:1+north:2`."""
        return "+".join(f"{x.release.layer}:{x.release.number}" for x in self._layers)

    @property
    def on_trial(self) -> bool:
        """Whether any decision may depend on its unit."""
        return bool(self._trials)

    @property
    def trials(self) -> tuple[TrialPlan, ...]:
        """Those that are carried out, the nation's first."""
        return tuple(other.plan for layer in self._layers for other in layer.trials)

    @property
    def broken_trials(self) -> dict[str, str]:
        """Why a trial cannot be carried out, by proposal: everybody follows the release's tables instead."""
        return {proposal: why for layer in self._layers for proposal, why in layer.broken_trials.items()}

    def named(self, table: str, column: str) -> frozenset[str]:
        """The texts that rows of a table name in an input column, of both layers and of what is on trial."""
        place = [c.name for c in TABLES[table].inputs].index(column)
        compiled = [layer.tables[table] for layer in self._layers if table in layer.tables]
        compiled += [other.table for _layer, other in self._trials.get(table, ())]
        tests = (row.tests[place] for one in compiled for row in one.table.rows)
        return frozenset(str(text) for test in tests if isinstance(test, OneOf) for text in test.values)

    def answers(self, table: str) -> list[tuple[str, dict[str, Value]]]:
        """What each row of a table says, with its layer, of both layers and of what is on trial."""
        compiled = [(layer, layer.tables[table]) for layer in self._layers if table in layer.tables]
        compiled += [(layer, other.table) for layer, other in self._trials.get(table, ())]
        return [(layer.release.layer, row.outputs) for layer, one in compiled for row in one.table.rows]

    def tables(self, layer: str) -> dict[str, dict[str, object]]:
        """The JDM documents of a layer that this rulebook holds; empty when it holds none of that name."""
        return next((x.release.tables for x in self._layers if x.release.layer == layer), {})

    def without_trials(self) -> Rulebook:
        """The rulebook as its tables stand, as if nothing were on trial."""
        return self._as_if(None) if self.on_trial else self

    def otherwise(self, proposal_id: str) -> Rulebook:
        """The rulebook by the rule of a trial that its tables do not hold: the change's, or of one that is adopted
        the one before it. Raises KeyError when there is no such trial."""
        for layer in self._layers:
            for other in layer.trials:
                if other.plan.proposal_id == proposal_id:
                    return self._as_if(other)
        raise KeyError(proposal_id)

    def _as_if(self, instead: OtherRule | None) -> Rulebook:
        layers = [layer.without_trials(instead if instead in layer.trials else None) for layer in self._layers]
        return Rulebook(layers[0], layers[1] if len(layers) > 1 else None)

    def decide(self, table: str, inputs: Mapping[str, Value], unit: Unit) -> RuleDecision | None:
        """Both layers' answers merged; None when no row of either applies.

        Where the two rules of a trial answer differently, `unit` gets the answer of its arm, see `arm`.
        """
        key = (table, *[inputs[name] for name in INPUT_NAMES[table]])
        if key in self._cache:
            return self._cache[key]
        contest = self._contest(key, table, inputs) if table in self._trials else None
        if contest is not None:
            return contest.decided(unit)
        decision = self._decide(table, inputs)
        if len(self._cache) >= CACHE_LIMIT:
            self._cache.clear()
        self._cache[key] = decision
        return decision

    def arm(self, table: str, inputs: Mapping[str, Value], unit: Unit) -> ArmDrawn | None:
        """By which rule of a trial `decide` answers; None where no trial concerns these inputs and this unit.

        An answer may be that no row applies, so it is told beside the decision, not in it.
        """
        if table not in self._trials:
            return None
        key = (table, *(inputs[column.name] for column in TABLES[table].inputs))
        contest = self._contest(key, table, inputs)
        return contest.arm(unit) if contest is not None else None

    def _contest(self, key: tuple[object, ...], table: str, inputs: Mapping[str, Value]) -> Contest | None:
        """The first trial whose two rules differ on these inputs, a region's before the nation's; none is drawn for
        another."""
        if key in self._contests:
            return self._contests[key]
        held = self._decide(table, inputs)
        contest = None
        for layer, other in self._trials[table]:
            instead = self._decide(table, inputs, layer, other)
            if _differ(held, instead):
                current, candidate = (instead, held) if other.plan.adopted else (held, instead)
                contest = Contest(other.plan, table, stratum_of(other.plan, inputs), current, candidate)
                break
        if len(self._contests) >= CACHE_LIMIT:
            self._contests.clear()
        self._contests[key] = contest
        return contest

    def _decide(
        self, table: str, inputs: Mapping[str, Value], of: Layer | None = None, instead: OtherRule | None = None
    ) -> RuleDecision | None:
        """By the tables; in the layer `of` by the other rule of a trial."""
        hits = []
        for layer in self._layers:
            compiled = instead.table if instead is not None and layer is of else layer.tables.get(table)
            hit = compiled.decide(**inputs) if compiled is not None else None
            if hit is not None:
                release = layer.release
                hits.append(RowHit(release.layer, release.number, table, hit.row_id, dict(inputs), hit.outputs))
        if not hits:
            return None
        outputs = dict(hits[0].outputs)
        for later in hits[1:]:
            for column in TABLES[table].outputs:
                outputs[column.name] = merge(column, outputs[column.name], later.outputs[column.name])
        return RuleDecision(outputs, tuple(hits))
