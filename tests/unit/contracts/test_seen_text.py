"""Texts that look alike are compared as alike."""

from __future__ import annotations

import pytest
from common.contracts.seen_text import as_seen, same_name


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
