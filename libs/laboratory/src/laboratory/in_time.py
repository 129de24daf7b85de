"""A log in which nothing changes over time: when a request of a type was made is dealt out anew among all of its
type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from world.log import LogRow


def shuffled_in_time(rows: Sequence[LogRow], seed: int) -> list[LogRow]:
    """The same places, types and channels; times of opening, deadline and closing go together."""
    types: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        types[row.given].append(number)
    random = Random(f"shuffled in time:{seed}")
    found = list(rows)
    for numbers in types.values():
        dealt = random.sample(numbers, len(numbers))
        for number, other in zip(numbers, dealt, strict=True):
            taken = rows[other]
            found[number] = replace(rows[number], opened=taken.opened, due=taken.due, closed=taken.closed)
    return sorted(found, key=lambda row: (row.opened, row.case_id))
