"""What channels may call the categories: the words that the table `category_map` knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from common.rulebook.cells import OneOf
from common.rulebook.jdm import parse_table
from common.rulebook.release import Release

TABLE = "category_map"


def channel_categories(releases: Iterable[Release]) -> tuple[str, ...]:
    """In order; a row that takes words by another test than equality adds none."""
    return tuple(sorted({words for words, _ in words_and_codes(releases)}))


def words_and_codes(releases: Iterable[Release]) -> Iterator[tuple[str, str]]:
    """Each word that a channel may say, with the code of its category, in order of layers and rows."""
    for release in releases:
        if TABLE not in release.tables:
            continue
        for row in parse_table(TABLE, release.tables[TABLE]).rows:
            for test in row.tests:
                if isinstance(test, OneOf):
                    yield from ((str(value), str(row.outputs["category"])) for value in test.values)
