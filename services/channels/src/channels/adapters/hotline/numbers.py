"""Callers' telephone numbers in one spelling. Pure."""

from __future__ import annotations

import phonenumbers
from common.federation.languages import N_
from phonenumbers import PhoneNumberFormat

from channels.form_fields import FormWrong

MAX_NUMBER = 60
NO_NUMBER = N_("This is no telephone number here. Write it with the code of the town or network, or from + on.")


def number_of(given: str, country: str | None) -> str:
    """As E.164, an extension after `;ext=`; `country` is the ISO 3166 code of the country whose numbers need no `+`.
    Raises FormWrong."""
    text = given.strip()
    try:
        found = phonenumbers.parse(text, country) if len(text) <= MAX_NUMBER else None
    except phonenumbers.NumberParseException as error:
        raise FormWrong("number", NO_NUMBER) from error
    if found is None or not (
        phonenumbers.is_valid_number(found) or (text.startswith("+") and phonenumbers.is_possible_number(found))
    ):
        raise FormWrong("number", NO_NUMBER)
    plain = phonenumbers.format_number(found, PhoneNumberFormat.E164)
    return f"{plain};ext={found.extension}" if found.extension else plain


def readable(number: str) -> str:
    """As it is read aloud."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number
