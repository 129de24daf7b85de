"""In which letters languages are written, and which letters are one language's alone. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from babel.core import get_global

CYRILLIC, LATIN = "CYRILLIC", "LATIN"
BY_CODE = {
    "Cyrl": CYRILLIC, "Latn": LATIN, "Grek": "GREEK", "Armn": "ARMENIAN", "Geor": "GEORGIAN", "Hebr": "HEBREW",
    "Arab": "ARABIC", "Deva": "DEVANAGARI", "Beng": "BENGALI", "Thai": "THAI", "Ethi": "ETHIOPIC", "Kore": "HANGUL",
    "Hans": "CJK", "Hant": "CJK",
}  # fmt: skip
"""Unicode's names of scripts by their codes (ISO 15924)."""
DECIDE = (
    ("ba", re.compile("[ҙҡҫ]")),
    ("tt", re.compile("[җ]")),
    ("uk", re.compile("[їєґ]")),
    ("kk", re.compile("[құі]")),
)
"""Letters of one language among those written in Cyrillic that are spoken beside Russian; the first found decides."""


def script_of(language: str) -> str | None:
    """Of a language tag such as `ru` or `uz-Cyrl`, by what is likely where it names none; None where nobody knows."""
    known, tag = get_global("likely_subtags"), language.replace("-", "_")
    named = next((part for part in tag.split("_")[1:] if part.title() in BY_CODE), None)
    code = named or next(iter(str(known.get(tag.split("_")[0], "")).split("_")[1:]), "")
    return BY_CODE.get(code.title())


def script_in(text: str, least: int) -> str | None:
    """In which a text is written: two letters of it to one of any other; None where its letters are fewer than
    `least`."""
    seen = Counter[str]()
    for character, times in Counter(text).items():
        script = _script_of_letter(character)
        if script is not None:
            seen[script] += times
    total = sum(seen.values())
    if total < least:
        return None
    script, count = seen.most_common(1)[0]
    return script if count >= 2 * (total - count) else None


@lru_cache(maxsize=10_000)
def _script_of_letter(character: str) -> str | None:
    """By its name in Unicode; None of what is no letter."""
    return unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else None
