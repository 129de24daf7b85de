"""What citizens' own words are understood as, in English and Russian."""

from __future__ import annotations

import pytest
from deliberation.words import Understood, named_in, understood


@pytest.mark.parametrize(
    ("text", "stance", "words"),
    [
        ("Support", "support", ""),
        ("I agree, it is nearer", "support", "it is nearer"),
        ("yes", "support", ""),
        ("За!", "support", ""),
        ("за, потому что ближе", "support", "ближе"),
        ("Поддерживаю это предложение", "support", ""),
        ("I support this.", "support", ""),
        ("I support this because it is near", "support", "this because it is near"),
        ("  «Согласна» ", "support", ""),
        ("👍", "support", ""),
        ("+1", "support", ""),
        ("Against: the yard is closed in winter", "object", "the yard is closed in winter"),
        ("I object because they never come", "object", "they never come"),
        ("no - it is too far", "object", "it is too far"),
        ("Против, потому что далеко", "object", "далеко"),
        ("Не согласен, дорого", "object", "дорого"),
        ("не поддерживаю", "object", ""),
        ("I don't agree with this", "object", "with this"),
        ("Comment: paint the poles too", "comment", "paint the poles too"),
        ("Замечание. Проверьте адреса", "comment", "Проверьте адреса"),
        ("Question: who pays", "question", "who pays"),
        ("Кто будет чинить зимой?", "question", "Кто будет чинить зимой?"),
        ("Amendment: only area 02", "amendment", "only area 02"),
        ("Поправка: только район 02", "amendment", "только район 02"),
        ("Appeal: there was no insult", "appeal", "there was no insult"),
    ],
)
def test_a_word_at_the_beginning_gives_the_stance(text: str, stance: str, words: str) -> None:
    found = understood(text)
    assert found is not None
    assert (found.stance, found.words) == (stance, words)


@pytest.mark.parametrize(
    "text",
    [
        "", "...", "За два года ничего не сделали", "No parking signs are there", "for two years nothing happened",
        "нет возражений", "Не против", "Против ничего не имею", "not against it", "supporters came",
        "Противень потерялся", "Well", "???",
        "yesterday it was dark", "да ладно вам",
    ],
)  # fmt: skip
def test_what_may_mean_something_else_is_not_understood(text: str) -> None:
    assert understood(text) is None


def test_a_question_mark_makes_no_question_of_a_stance() -> None:
    assert understood("Against, who would pay for it?") == Understood("object", "who would pay for it?")


def test_a_reference_is_found_wherever_it_stands_and_is_no_part_of_the_words() -> None:
    assert named_in("p-abc234: support") == ("P-ABC234", "support")
    assert named_in("за Р-ABC234") == ("P-ABC234", "за")
    assert named_in("Против P-ABC234, далеко") == ("P-ABC234", "Против  , далеко")
    assert named_in("P-8 grit for the road") == (None, "P-8 grit for the road")


def test_very_long_words_are_cut() -> None:
    found = understood("comment " + "a" * 9000)
    assert found is not None
    assert len(found.words) < 4000
