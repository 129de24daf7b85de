"""The language of a text by its letters."""

from __future__ import annotations

import pytest
from common.rulebook.message_text.language_of_letters import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Во дворе не горит фонарь, очень темно", "ru"),
        ("A hole in the road in front of our house", "en"),
        ("Iphone разбился, экран не работает совсем", "ru"),
        ("Беҙҙең урамда ут юҡ, ҡараңғы", "ba"),
        ("Безнең урамда җәяүлеләр өчен юл юк", "tt"),
        ("Біздің көшеде жарық жоқ, қараңғы", "kk"),
        ("На нашій вулиці немає світла, її не видно", "uk"),
        ("", None),
        ("ok, 12", None),
        ("我们街上没有路灯我们街上没有路灯", None),
        ("яма на hole road дороге street", None),
    ],
)
def test_letters_tell_the_language_or_nothing(text: str, language: str | None) -> None:
    assert language_of(text) == language
