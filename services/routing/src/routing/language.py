"""The language of a text by its letters: those that decide, else whether it is written in Cyrillic or Latin. Pure."""

from __future__ import annotations

import re

from common.contracts.scripts import DECIDE

LOOKED_AT = 200
"""Characters."""
LEAST_LETTERS = 12
"""Of fewer nothing is said."""
CYRILLIC = re.compile("[а-яё]+")
LATIN = re.compile("[a-z]+")


def language_of(text: str) -> str | None:
    """A language tag; None where the letters are too few, of both scripts alike, or of another one."""
    looked_at = text[:LOOKED_AT].casefold()
    cyrillic, latin = (len("".join(letters.findall(looked_at))) for letters in (CYRILLIC, LATIN))
    if cyrillic + latin < LEAST_LETTERS:
        return None
    if cyrillic >= 2 * latin:
        return next((tag for tag, letters in DECIDE if letters.search(looked_at)), "ru")
    return "en" if latin >= 2 * cyrillic else None
