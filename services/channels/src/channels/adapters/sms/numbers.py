"""Senders of SMS as they are called: telephone numbers as E.164, short numbers and names as they are. Pure."""

from __future__ import annotations

import re

import phonenumbers

LONGEST = 40
"""Characters of a sender."""
OTHER_NETWORK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
"""Before an address of another network than that of telephones (`whatsapp:+1...`)."""


def sender_of(given: str, country: str | None) -> str | None:
    """Who sent it; None for what sends no SMS. A number without `+` is read by the country's plan."""
    text = given.strip()
    if not 0 < len(text) <= LONGEST or OTHER_NETWORK.match(text) or not text.isprintable():
        return None
    try:
        found = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return text
    if phonenumbers.is_possible_number(found):
        return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))
    return text


def takes_answers(sender: str) -> bool:
    """Whether an SMS can be sent to whoever sent one: names of companies are no addresses."""
    return sender.removeprefix("+").isdecimal()
