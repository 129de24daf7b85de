"""Tables as large as a country's are checked without looking at every combination of their columns."""

from __future__ import annotations

import itertools
import random

from common.rulebook.bitsets import compile_table
from common.rulebook.cells import AnyValue, Between, OneOf, Test
from common.rulebook.input_space import Rows, parts, values_of
from common.rulebook.jdm import Table, TableRow
from common.rulebook.no_looser import loosened_in
from common.rulebook.tables import Column, OutputColumn, TableSpec, Value

SEED = 20260729
PAIRS = 60
SPEC = TableSpec(
    "hours",
    (Column("category", "text"), Column("area", "text"), Column("hour", "number")),
    (OutputColumn("minutes", "number", "min"), OutputColumn("told", "boolean", "or")),
)
CATEGORIES, AREAS, HALF_HOURS = 200, 60, 48


def text(*names: str) -> OneOf:
    return OneOf(names)


def row(number: int, tests: tuple[Test, ...], minutes: int, told: bool = False) -> TableRow:
    return TableRow(f"r{number}", tests, {"minutes": minutes, "told": told})


def country(minutes: int) -> tuple[Table, Table]:
    """A nation with a rule a category, an area and a half-hour, and an overlay with a rule a category and area."""
    any_of = AnyValue()
    categories, areas = [f"c{n}" for n in range(CATEGORIES)], [f"a{n}" for n in range(AREAS)]
    nation = [
        *((text(f"c{n}"), any_of, Between(n / 2, n / 2 + 1, False, True)) for n in range(HALF_HOURS)),
        *((any_of, text(area), Between(22, 24, False, False)) for area in areas),
        *((text(category), any_of, any_of) for category in categories),
        (any_of, any_of, any_of),
    ]
    overlay = [
        *((text(c), text(a), Between(6, 8, False, True)) for c in categories[::2] for a in areas),
        *((text(c), text(a), any_of) for c in categories[1::2] for a in areas),
        *((any_of, text(area), any_of) for area in areas),
    ]
    low = [row(n, tests, 480) for n, tests in enumerate(nation)]
    high = [row(n, tests, minutes) for n, tests in enumerate(overlay)]
    return Table(SPEC, tuple(low)), Table(SPEC, tuple(high))


def combinations_looked_at(tables: list[Table]) -> int:
    seen = 0

    def counted(rows: Rows) -> bool:
        nonlocal seen
        seen += 1
        return True

    for _ in parts([compile_table(table) for table in tables], counted):
        pass
    return seen


def test_a_countrys_tables_are_not_multiplied_out() -> None:
    low, high = country(240)
    product = (CATEGORIES + 1) * (AREAS + 1) * 2 * HALF_HOURS
    assert len(high.rows) > CATEGORIES * AREAS
    assert combinations_looked_at([high]) < product / 10
    assert combinations_looked_at([low]) < 1.1 * (CATEGORIES + 1) * (AREAS + 1), "half-hours are not multiplied in"
    assert loosened_in(low, high) == []
    loosened = {(each.row_id, each.column) for each in loosened_in(*country(960))}
    assert loosened == {(each.id, "minutes") for each in high.rows}


def random_table(draw: random.Random) -> Table:
    texts = [AnyValue(), text("a"), text("b"), text("a", "c"), text("b", "c", "d")]
    numbers = [
        AnyValue(),
        OneOf((1, 3)),
        Between(-9, 2, False, True),
        Between(1, 3, True, False),
        Between(2, 9, False, True),
    ]
    return Table(
        SPEC,
        tuple(
            row(
                n,
                (draw.choice(texts), draw.choice(texts), draw.choice(numbers)),
                draw.choice((60, 120, 240)),
                draw.random() < 0.5,
            )
            for n in range(draw.randrange(1, 14))
        ),
    )


def deciding(table: Table, values: tuple[Value, ...]) -> TableRow | None:
    return next((r for r in table.rows if all(c.holds(v) for c, v in zip(r.tests, values, strict=True))), None)


def test_rows_that_loosen_in_three_columns_are_those_that_every_input_shows() -> None:
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    for number in range(PAIRS):
        low, high = random_table(draw), random_table(draw)
        expected: dict[tuple[str, str], tuple[Value, ...]] = {}
        for values in itertools.product(*(values_of(c, i, [low, high]) for i, c in enumerate(SPEC.inputs))):
            nation, region = deciding(low, values), deciding(high, values)
            if nation is None or region is None:
                continue
            if region.outputs["minutes"] > nation.outputs["minutes"]:  # type: ignore[operator]
                expected.setdefault((region.id, "minutes"), values)
            if nation.outputs["told"] and not region.outputs["told"]:
                expected.setdefault((region.id, "told"), values)
        found = {(each.row_id, each.column): tuple(each.inputs.values()) for each in loosened_in(low, high)}
        assert found == expected, f"seed {SEED}, pair {number}"
