"""Texts compared as people see them: two that look the same are the same."""

from __future__ import annotations

import unicodedata

UNSEEN = ("Cf", "Cc")
"""Unicode categories of characters that show nothing: format marks such as a zero-width blank, control characters."""


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
    blanks = "".join(" " if c.isspace() else c for c in text)
    shown = "".join(c for c in blanks if unicodedata.category(c) not in UNSEEN)
    return unicodedata.normalize("NFC", shown).strip()
