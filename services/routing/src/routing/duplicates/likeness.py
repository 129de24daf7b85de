"""How much of their words two texts share. A word is kept as a number of its first letters, so its forms are one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from zlib import crc32

WORD = re.compile(r"\w{3,}")
FIRST_LETTERS = 6
MOST_WORDS = 60
"""Of a text, from its beginning."""


def words_of(text: str) -> tuple[int, ...]:
    """The numbers of a text's words, each once, in their order."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    found = dict.fromkeys(crc32(word[:FIRST_LETTERS].encode()) for word in WORD.findall(plain))
    return tuple(found)[:MOST_WORDS]


def likeness(one: Collection[int], other: Collection[int]) -> int | None:
    """Percent of the words of both that both have; None where a text has none."""
    if not one or not other:
        return None
    first, second = frozenset(one), frozenset(other)
    return round(100 * len(first & second) / len(first | second))
