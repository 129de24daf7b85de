"""The language of a text by its letters: those that decide, else whether it is written in Cyrillic or Latin. Pure."""

from __future__ import annotations

from common.contracts.scripts import DECIDE

LOOKED_AT = 200
"""Characters."""
LEAST_LETTERS = 12
"""Of fewer nothing is said."""
ONE_BYTE_A_LETTER = "cp1251"
"""Letters of both scripts are one byte each in it, which are counted faster than characters are found."""
CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя".encode(ONE_BYTE_A_LETTER)
LATIN = b"abcdefghijklmnopqrstuvwxyz"


def language_of(text: str) -> str | None:
    """A language tag; None where the letters are too few, of both scripts alike, or of another one."""
    looked_at = text[:LOOKED_AT].casefold()
    coded = looked_at.encode(ONE_BYTE_A_LETTER, "ignore")
    cyrillic, latin = (len(coded) - len(coded.translate(None, letters)) for letters in (CYRILLIC, LATIN))
    if cyrillic + latin < LEAST_LETTERS:
        return None
    if cyrillic >= 2 * latin:
        return next((tag for tag, letters in DECIDE if letters.search(looked_at)), "ru")
    return "en" if latin >= 2 * cyrillic else None
