"""How much of their words two texts share. A word is kept as a number of its first letters, so its forms are one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from zlib import crc32

WORD = re.compile(r"\w{3,}")
FIRST_LETTERS = 6
MOST_WORDS = 60
"""Of a text, from its beginning."""


def words_of(text: str) -> tuple[int, ...]:
    """The numbers of a text's words, each once, in their order."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    found = dict.fromkeys([_number(word[:FIRST_LETTERS]) for word in WORD.findall(plain)])
    return tuple(found)[:MOST_WORDS]


@lru_cache(maxsize=50_000)
def _number(beginning: str) -> int:
    return crc32(beginning.encode())


def likeness(one: Collection[int], other: Collection[int]) -> int | None:
    """Percent of the words of both that both have; None where a text has none."""
    if not one or not other:
        return None
    first, second = frozenset(one), frozenset(other)
    return round(100 * len(first & second) / len(first | second))
