"""Texts compared as people see them: two that look the same are the same."""

from __future__ import annotations

import re
import unicodedata

UNSEEN = ("Cf", "Cc")
"""Unicode categories of characters that show nothing: format marks such as a zero-width blank, control characters."""
PLAIN = re.compile("[ -~\u00a1-\u00ac\u00ae-\u024f\u0400-\u04ff]*")
"""Most texts: characters that are all shown, without a blank but the plain one."""


def as_seen(text: str) -> str:
    """For words that people read (categories, areas, titles): without case, Unicode form, unseen marks, and with one
    plain blank wherever there are blanks of any kind inside, none at the ends."""
    plain = unicodedata.normalize("NFKC", same_name(text)).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())


def same_name(text: str) -> str:
    """For names that machines give (a channel's conversations): case counts, Unicode form and blanks at the ends do
    not.

    The text itself where that changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    shown = text if PLAIN.fullmatch(text) else text.translate(SHOWN)
    return unicodedata.normalize("NFC", shown).strip()


class _Shown(dict[int, str | None]):
    """What is shown of each character, by its number: a plain blank for any, nothing for what is unseen."""

    def __missing__(self, number: int) -> str | None:
        letter = chr(number)
        shown = " " if letter.isspace() else None if unicodedata.category(letter) in UNSEEN else letter
        self[number] = shown
        return shown


SHOWN = _Shown()
