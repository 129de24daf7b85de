"""What channels may call the categories: the words that the table `category_map` knows."""

from __future__ import annotations

from collections.abc import Iterable

from common.rulebook.cells import OneOf
from common.rulebook.jdm import parse_table
from common.rulebook.release import Release

TABLE = "category_map"


def channel_categories(releases: Iterable[Release]) -> tuple[str, ...]:
    """In order; a row that takes words by another test than equality adds none."""
    tables = [parse_table(TABLE, release.tables[TABLE]) for release in releases if TABLE in release.tables]
    tests = (test for table in tables for row in table.rows for test in row.tests if isinstance(test, OneOf))
    return tuple(sorted({str(value) for test in tests for value in test.values}))
