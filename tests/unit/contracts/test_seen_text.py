"""Texts that look alike are compared as alike."""

from __future__ import annotations

import unicodedata

import pytest
from common.contracts.seen_text import UNSEEN, as_seen, same_name


@pytest.mark.parametrize(
    "spelt",
    ["Street light", " street\u00a0LIGHT ", "\ufeffStreet  light", "Ｓtreet\u2009light", "street\u200b light\n"],
)
def test_words_that_look_alike_are_the_same(spelt: str) -> None:
    assert as_seen(spelt) == as_seen("Street light")


def test_letters_in_two_unicode_forms_are_the_same() -> None:
    assert as_seen("Двери\u0306") != as_seen("Двери")
    assert as_seen("ЁЛКА") == as_seen("е\u0308лка")


def test_a_name_that_a_machine_gave_keeps_its_case() -> None:
    assert same_name("Ab-1") == "Ab-1" != same_name("aB-1")
    assert same_name(" caf\u0065\u0301\u00a0") == same_name("café")
    assert same_name("a\u00a0b") == "a b"


def test_each_character_shows_as_its_unicode_category_says() -> None:
    for number in (*range(0x3000), *range(0xFE00, 0x10100), 0x1D173, 0xE0001):
        letter = chr(number)
        shown = " " if letter.isspace() else "" if unicodedata.category(letter) in UNSEEN else letter
        for text in (f"a{letter}b", f"ж{letter}ю\u200b"):
            plain = text.replace(letter, shown).replace("\u200b", "")
            assert same_name(text) == unicodedata.normalize("NFC", plain).strip(), hex(number)
