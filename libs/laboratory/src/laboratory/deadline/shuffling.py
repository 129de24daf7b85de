"""A log without change over time: how long cases took is dealt out anew among the cases of their type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from world.log import LogRow


def shuffled(rows: Sequence[LogRow], seed: int) -> list[LogRow]:
    """The same rows in the same order; the time from opening to closing, or that there was no closing, goes from one
    row to another of the same type."""
    types: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        types[row.given].append(number)
    random = Random(f"shuffled:{seed}")
    found = list(rows)
    for numbers in types.values():
        dealt = random.sample(numbers, len(numbers))
        for number, other in zip(numbers, dealt, strict=True):
            closed, opened = rows[other].closed, rows[other].opened
            ends = None if closed is None else rows[number].opened + (closed - opened)
            found[number] = replace(rows[number], closed=ends)
    return found
