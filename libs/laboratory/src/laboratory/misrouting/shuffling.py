"""A log without change over time: who had a case is dealt out anew among the cases of its cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from world.areas import area_column, stated_area
from world.log import LogRow


def shuffled(rows: Sequence[LogRow], seed: int) -> list[LogRow]:
    """The same rows in the same order; queue and department go together from one row to another of the same type and
    area, by the column that areas are learnt from."""
    column = area_column(rows)
    cells: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        cells[(row.given, stated_area(row, column))].append(number)
    random = Random(f"shuffled:{seed}")
    found = list(rows)
    for numbers in cells.values():
        dealt = random.sample(numbers, len(numbers))
        for number, other in zip(numbers, dealt, strict=True):
            found[number] = replace(rows[number], queue=rows[other].queue, department=rows[other].department)
    return found
