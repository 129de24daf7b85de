"""Addresses of citizens in one spelling each, so that the same person is the same pseudonym. Pure.

An address in its canonical spelling stays as it is: telephone numbers as E.164 (`+16175550100`, an extension after
`;ext=`), e-mail in lower case with the domain in Unicode, anything else in lower case without blanks at the ends.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna
import phonenumbers
from common.contracts.seen_text import same_name

SCHEME = re.compile(r"(?:tel|sms|mailto|whatsapp):(?://)?", re.IGNORECASE)
"""What gateways put before an address."""
ANGLES = re.compile(r"[^<>@]*<([^<>\s]+@[^<>\s]+)>")
"""An e-mail address after its owner's name."""
EMAIL = re.compile(r"[^\s@<>:/]+@[^\s@<>:/]*[^\s@<>:/.]\.?")
NUMBER = re.compile(r"\+?[\d\s().\-/\u00b7\u2010-\u2015\u2212]{5,40}"
                    r"(?:\s*(?:;\s*ext\s*=|ext\.?|x|доб\.?|#)\s*\d{1,7})?",
                    re.IGNORECASE)  # fmt: skip
LEAST_DIGITS = 7
"""Of a telephone number; what has fewer is a short number or somebody's id."""
MESSENGERS = frozenset({"telegram", "vk", "max"})
"""Channels that name people by ids of their own, in digits: none of them is a telephone number."""
KEPT = 20_000
"""Addresses whose canonical spelling is remembered."""


class Addresses:
    """Of one country: `country` is its ISO 3166 code, by which numbers without `+` are read; without one, only those
    with `+` are. On channels of `own_ids` people have ids, not addresses."""

    def __init__(self, country: str | None, own_ids: frozenset[str] = MESSENGERS) -> None:
        self._country = country
        self._own_ids = own_ids
        self._remembered = lru_cache(KEPT)(self._address)

    def canonical(self, channel: str, address: str) -> str:
        """The one spelling of an address on a channel."""
        if channel in self._own_ids:
            return as_before(address)
        return self._remembered(address)

    def _address(self, address: str) -> str:
        text = unicodedata.normalize("NFKC", same_name(address))
        text = SCHEME.sub("", text, count=1) if SCHEME.match(text) else text
        named = ANGLES.fullmatch(text)
        text = (named[1] if named is not None else text).strip()
        if EMAIL.fullmatch(text):
            return _email(text)
        number = self._number(text) if NUMBER.fullmatch(text) else None
        return number if number is not None else " ".join(text.lower().split())

    def _number(self, text: str) -> str | None:
        """A telephone number as E.164; None for what can be none. A number of no known plan is one where it begins with
        `+`, since nothing else does."""
        given = f"+{text[2:]}" if text.startswith("00") else text
        digits = sum(c.isdigit() for c in given)
        if digits < LEAST_DIGITS:
            return None
        for each in dict.fromkeys((text, given)):
            try:
                found = phonenumbers.parse(each, self._country)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number(found) or each.startswith("+"):
                plain = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
                return f"{plain};ext={found.extension}" if found.extension else plain
        return f"+{''.join(c for c in text if c.isdecimal())}" if text.startswith("+") else None


def as_before(address: str) -> str:
    """The spelling in which pseudonyms were made of every address at first, and are of ids."""
    return address.strip().lower()


def _email(text: str) -> str:
    local, _, domain = text.rpartition("@")
    lowered = domain.lower().rstrip(".")
    if not lowered.isascii() or "xn--" in lowered:
        try:
            lowered = idna.decode(lowered, uts46=True)
        except idna.IDNAError:
            lowered = unicodedata.normalize("NFC", lowered)
    return unicodedata.normalize("NFC", local.lower()) + "@" + lowered
