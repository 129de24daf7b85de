"""How much of their words two texts share. A word is kept as a number of its first letters, so its forms are one."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from zlib import crc32

from common.contracts.text_words import text_words

WORD = re.compile(r"\w+")
SHORTEST = 3
"""Letters of a word that counts."""
FIRST_LETTERS = 6
MOST_WORDS = 60
"""Of a text, from its beginning."""


def words_of(text: str) -> tuple[int, ...]:
    """The numbers of a text's words, each once, in their order."""
    read = text_words(text)
    # An underscore belongs to a word here, and ends one there.
    words = read.words if "_" not in read.folded else WORD.findall(read.folded)
    beginnings = dict.fromkeys([word[:FIRST_LETTERS] for word in words if len(word) >= SHORTEST])
    return tuple(dict.fromkeys(map(_number, beginnings)))[:MOST_WORDS]


@lru_cache(maxsize=50_000)
def _number(beginning: str) -> int:
    return crc32(beginning.encode())


def likeness(one: Collection[int], other: Collection[int]) -> int | None:
    """Percent of the words of both that both have; None where a text has none."""
    if not one or not other:
        return None
    first, second = frozenset(one), frozenset(other)
    return round(100 * len(first & second) / len(first | second))
