"""Texts of any script in the letters that codes are made of."""

from __future__ import annotations

import unicodedata
import zlib

CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
    "я": "ya", "і": "i", "ї": "yi", "є": "ye", "ґ": "g", "ў": "u", "ә": "a", "ө": "o", "ү": "u", "ұ": "u", "қ": "q",
    "ғ": "g", "ң": "n", "һ": "h", "җ": "j", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "ђ": "dj", "џ": "dz",
}  # fmt: skip
OTHERS = {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "œ": "oe"}
LETTERS = str.maketrans(CYRILLIC | OTHERS)


def in_latin(text: str) -> tuple[str, bool]:
    """Lower-case ASCII, and whether letters or digits of the text have nothing that stands for them there."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).lower().translate(LETTERS))
    return plain.encode("ascii", "ignore").decode().lower(), any(c.isalnum() and not c.isascii() for c in plain)


def number_of(text: str) -> int:
    """Keeps texts apart whose letters are lost: two of a thousand are alike once in some eight thousand logs."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))
