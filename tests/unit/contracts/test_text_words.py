"""A text's words, read once, are those that each step would read for itself."""

from __future__ import annotations

import re
import unicodedata

import pytest
from common.contracts.seen_text import as_seen
from common.contracts.text_words import REMEMBERED, text_words

TEXTS = (
    "Яма на дороге! Ещё одна — у дома 5.",
    "Soft\u00adhyphens, no\u00a0break, zero\u200bwidth;\r\nand a second line\n\nand a third",
    "ﬁne print, １２ Straße ΣΑΣ İstanbul е\u0308ж",
    "snake_case and don't, O’Neil's",
    " \t ",
    "",
)


@pytest.mark.parametrize("text", TEXTS)
def test_the_words_of_a_text_are_its_runs_of_letters_and_digits_without_case(text: str) -> None:
    folded = unicodedata.normalize("NFKC", text).casefold()
    assert text_words(text).folded == folded
    assert text_words(text).words == re.findall(r"[^\W_]+", folded)


@pytest.mark.parametrize("text", TEXTS)
def test_its_lines_are_as_people_see_them_but_for_the_blanks_between_words(text: str) -> None:
    seen = [" ".join(line.split()) for line in text_words(text).seen_lines.split("\n")]
    assert seen == [as_seen(line) for line in text.split("\n")]


def test_a_text_is_read_once_while_the_steps_over_it_ask_and_then_forgotten() -> None:
    read = text_words("one")
    assert text_words("one") is read
    for number in range(REMEMBERED):
        text_words(f"another {number}")
    assert text_words("one") is not read
