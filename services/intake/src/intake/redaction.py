"""Personal data in free text is struck out before the text leaves the vault.

Pre-filters keep it cheap: a pattern runs only where the text could hold its kind at all.
"""

from __future__ import annotations

import re

from stdnum import luhn
from stdnum.ru import inn

EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
BETWEEN = r"[\s().\-/\u00b7\u2010-\u2015\u2212]{0,3}"
"""What people put between the digits of a number: spaces, brackets, dots, slashes, every kind of dash."""
DIGITS = re.compile(rf"(?<!\d)\+?\d(?:{BETWEEN}\d){{5,18}}(?!\d)")
SIX_DIGITS_CLOSE = re.compile(r"\d(?:\D{0,3}\d){5}")
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
"""Marks that nobody sees and that would break a number or an address in two."""
NAME_AFTER = re.compile(r"\b((?:my name is|меня зовут)\s+)([^\W\d_][\w'-]+(?:\s+[^\W\d_][\w'-]+){0,2})", re.IGNORECASE)
SNILS = re.compile(r"^\d{3}-?\d{3}-?\d{3}[ -]?\d{2}$")
DATE = re.compile(r"^(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4})(?:[ T]\d{1,2})?$")
DECIMALS = re.compile(r"^-?\d{1,3}\.\d{3,}(?:\s+-?\d{1,3}\.\d{3,})?$")


def _snils_is_valid(digits: str) -> bool:
    total = sum(int(d) * (9 - i) for i, d in enumerate(digits[:9])) % 101
    return (0 if total == 100 else total) == int(digits[9:])


def _digits(match: re.Match[str]) -> str:
    text = match.group()
    if DATE.match(text) or DECIMALS.match(text):
        return text
    digits = re.sub(r"\D", "", text)
    if len(digits) == 11 and SNILS.match(text) and _snils_is_valid(digits):
        return "[document]"
    if 13 <= len(digits) <= 19 and luhn.is_valid(digits):
        return "[card]"
    if len(digits) in (10, 12) and inn.is_valid(digits):
        return "[document]"
    if 10 <= len(digits) <= 15:
        return "[phone]"
    if len(digits) > 15:
        return "[number]"
    if len(digits) == 7 and text != digits:
        return "[phone]"
    return text


def redact(text: str) -> str:
    """The text with e-mails, phones, cards, SNILS, INN and self-given names replaced by what they were.

    NUL is dropped: PostgreSQL's text cannot hold it.
    """
    text = text.replace("\x00", "")
    if not text.isascii():
        text = UNSEEN.sub("", text)
    if "@" in text:
        text = EMAIL.sub("[e-mail]", text)
    if SIX_DIGITS_CLOSE.search(text):
        text = DIGITS.sub(_digits, text)
    lowered = text.lower()
    if "my name is" in lowered or "меня зовут" in lowered:
        text = NAME_AFTER.sub(r"\1[name]", text)
    return text
