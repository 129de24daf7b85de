"""What of a text is looked at: its words, each as hashed features of its letters."""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

from common.contracts.text_words import WORD, text_words

FEATURES = 1 << 18
LONGEST_TEXT = 20_000
"""Characters; what follows is not looked at."""
LONGEST_WORD = 40
"""Characters; a longer one is cut."""
REMEMBERED_WORDS = 50_000

NOT_WORDS = re.compile(r"<[^<>]{0,300}>|&#?\w{2,8};|https?://\S+")
DIGIT = re.compile(r"\d")


def words_of(text: str) -> tuple[str, ...]:
    """The distinct words in alphabetical order: whatever the letters' case and Unicode form, digits alike."""
    read = text_words(text[:LONGEST_TEXT])
    words, plain = read.words, read.normal
    if "<" in plain or "&" in plain or "://" in plain:
        words = WORD.findall(NOT_WORDS.sub(" ", plain).casefold())
    return tuple(sorted({_spelled(word) for word in set(words)}))


@lru_cache(maxsize=REMEMBERED_WORDS)
def _spelled(word: str) -> str:
    return DIGIT.sub("0", word.replace("ё", "е"))[:LONGEST_WORD]


def features_of(word: str) -> tuple[int, ...]:
    """A word's hashed features, in ascending order: itself, its first letters, and its runs of three to five."""
    framed = f"<{word}>"
    parts = {f"w{word}", f"6{word[:6]}", f"4{word[:4]}"}
    for length in (3, 4, 5):
        parts.update(framed[i : i + length] for i in range(len(framed) - length + 1))
    return tuple(sorted({crc32(part.encode()) % FEATURES for part in parts}))


def stem_of(word: str) -> int:
    """A number for a word's first letters, by which it is recognised in any of its forms."""
    return crc32(word[:4].encode())
