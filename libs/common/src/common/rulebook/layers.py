"""The nation's layer and a region's overlay as one rulebook: stricter is allowed, looser is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.rulebook.bitsets import CompiledTable, compile_table
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import parse_table
from common.rulebook.release import Release
from common.rulebook.tables import RETIRED, TABLES, OutputColumn, Value
from common.rulebook.trial import Unit

CACHE_LIMIT = 50_000


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


class Layer:
    """One release, compiled."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.tables: dict[str, CompiledTable] = {
            name: compile_table(parse_table(name, document))
            for name, document in release.tables.items()
            if name not in RETIRED
        }


class Rulebook:
    """What is in force in a region at a time."""

    def __init__(self, national: Layer, overlay: Layer | None) -> None:
        self._layers = [layer for layer in (national, overlay) if layer is not None]
        self._cache: dict[tuple[object, ...], RuleDecision | None] = {}

    @property
    def release(self) -> str:
        """Such as `national:1+north:2`."""
        return "+".join(f"{x.release.layer}:{x.release.number}" for x in self._layers)

    def tables(self, layer: str) -> dict[str, dict[str, object]]:
        """The JDM documents of a layer that this rulebook holds; empty when it holds none of that name."""
        return next((x.release.tables for x in self._layers if x.release.layer == layer), {})

    def decide(self, table: str, inputs: Mapping[str, Value], unit: Unit) -> RuleDecision | None:
        """Both layers' answers merged; None when no row of either applies.

        No rule is on trial yet, so every `unit` gets the same answer; an arm would be chosen here.
        """
        key = (table, *(inputs[column.name] for column in TABLES[table].inputs))
        if key in self._cache:
            return self._cache[key]
        decision = self._decide(table, inputs)
        if len(self._cache) >= CACHE_LIMIT:
            self._cache.clear()
        self._cache[key] = decision
        return decision

    def _decide(self, table: str, inputs: Mapping[str, Value]) -> RuleDecision | None:
        hits = []
        for layer in self._layers:
            compiled = layer.tables.get(table)
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
