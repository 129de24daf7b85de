"""Rows that ask for what the tables that answer it never say: nothing reaches them, though their own table is sound."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from common.rulebook.bitsets import CompiledTable, compile_table
from common.rulebook.cells import AnyValue, Between, OneOf, Test
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import Document, Table, parse_table
from common.rulebook.tables import Value

ALWAYS: Mapping[str, frozenset[Value]] = {"category": frozenset(), "priority": frozenset({0, 1})}
"""Input columns that another table answers, each with what is asked without it: a case that nobody holds has priority
0, one of which no row says a priority has 1."""
ANSWERED_BY = {"category": "category_map", "priority": "priority"}
LADDER = "escalation"
MATTERS = "matters"
"""Raises the priority of an emergency."""


def never_asked(layers: Iterable[Mapping[str, Table]], layer: Mapping[str, Table]) -> Iterator[tuple[str, str, str]]:
    """Table, row and words of each such row of a layer; `layers` are all that hold beside it, itself among them."""
    holding = list(layers)
    said = {column: _said(holding, column) for column in ANSWERED_BY}
    for name, table in layer.items():
        for index, column in enumerate(table.spec.inputs):
            known = said.get(column.name)
            for row in table.rows if known else ():
                test = row.tests[index]
                if known and not isinstance(test, AnyValue) and not any(test.holds(value) for value in known):
                    by = ANSWERED_BY[column.name]
                    yield name, row.id, f"its {column.name} is {_in_words(test)}, which no row of table {by} says"
    if LADDER in layer:
        yield from _out_of_reach(layer[LADDER], [t[LADDER] for t in holding if LADDER in t], said["priority"])


def readable(tables: Mapping[str, Document]) -> dict[str, Table]:
    """The tables of a layer that can be read."""
    found = {}
    for name, document in tables.items():
        with suppress(RulebookError):
            found[name] = parse_table(name, document)
    return found


def _said(layers: Iterable[Mapping[str, Table]], column: str) -> frozenset[Value]:
    """What a column may be asked for; empty where the table that says it is not there."""
    name = ANSWERED_BY[column]
    raised = [MATTERS] if column == "priority" else []
    holding = list(layers)
    found = {row.outputs[column] for tables in holding if name in tables for row in tables[name].rows}
    if found:
        more = (tables[also] for tables in holding for also in raised if also in tables)
        found |= {row.outputs[column] for table in more for row in table.rows}
    return ALWAYS[column] | found if found else frozenset()


def _out_of_reach(
    ladder: Table, holding: Iterable[Table], priorities: frozenset[Value]
) -> Iterator[tuple[str, str, str]]:
    """Levels are climbed one by one from 1: one is not reached where the level below has no row for its priorities."""
    compiled: list[CompiledTable] = [compile_table(table) for table in holding]
    for row in ladder.rows:
        levels, wanted = row.tests
        lowest = (
            min((v for v in levels.values if not isinstance(v, str)), default=0) if isinstance(levels, OneOf) else 0
        )
        asked = [p for p in sorted(priorities or {1}, key=float) if wanted.holds(p)]
        if lowest > 1 and asked and not any(t.decide(level=lowest - 1, priority=p) for t in compiled for p in asked):
            yield ladder.spec.name, row.id, f"its level {lowest} is never reached: level {lowest - 1} has no row for it"


def _in_words(test: Test) -> str:
    if isinstance(test, OneOf):
        return " or ".join(map(str, test.values))
    assert isinstance(test, Between)
    if math.isinf(test.high):
        return f"{'more than' if test.low_open else 'at least'} {test.low:g}"
    if math.isinf(test.low):
        return f"{'less than' if test.high_open else 'at most'} {test.high:g}"
    return f"between {test.low:g} and {test.high:g}"
