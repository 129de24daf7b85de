"""A text's words, read once for all steps that look at them: what it is about, what it shows beside that, what it is
like. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property, lru_cache

from common.contracts.seen_text import PLAIN, same_name

REMEMBERED = 8
"""Texts: the steps that decide over a message ask for its words one after the other."""
WORD = re.compile(r"[^\W_]+")


class TextWords:
    """Each form is worked out when somebody first asks for it."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def normal(self) -> str:
        """The text in one Unicode form; all else is as it was written."""
        return unicodedata.normalize("NFKC", self.text)

    @cached_property
    def folded(self) -> str:
        """That without case."""
        return self.normal.casefold()

    @cached_property
    def words(self) -> list[str]:
        """Runs of letters and digits in `folded`, in their order."""
        return WORD.findall(self.folded)

    @cached_property
    def seen_lines(self) -> str:
        """The text's lines as people see them (`as_seen`), but for the blanks between words."""
        if all(map(PLAIN.fullmatch, self.text.split("\n"))):
            return unicodedata.normalize("NFKC", self.folded)
        lines = [unicodedata.normalize("NFKC", same_name(line)).casefold() for line in self.text.split("\n")]
        return unicodedata.normalize("NFKC", "\n".join(lines))


@lru_cache(maxsize=REMEMBERED)
def text_words(text: str) -> TextWords:
    """One object for a text, as long as it is remembered."""
    return TextWords(text)
