"""Names that a model of names sees: whose is a person's, what is left of texts held out, what is said without it."""

from __future__ import annotations

from typing import Any, cast

import pytest
from common.messaging.failures import TransientError
from intake import name_model
from intake.app import names_model
from intake.english_names import without_english_names
from intake.given_names import given_names
from intake.name_model import RETRY_SECONDS, NamesLater, NatashaNames
from intake.names import without_names
from intake.place_names import Span
from intake.second_pass import SecondPass
from intake.settings import IntakeSettings

from tests.evaluation.redaction import ENGLISH_AFTER, ENGLISH_NAMES, HELD_OUT, POSTS, SECOND_PASS, TEXTS, judge, texts

NO_DATABASE = cast("Any", None)


class Seen:
    """Sees these words in any text, and counts how often it is asked."""

    first_names = frozenset({"тамара", "наталья", "нина", "миша", "рашид"})

    def __init__(self, *names: str) -> None:
        self._names = names
        self.asked = 0

    def names(self) -> Seen:
        return self

    def people(self, text: str) -> list[Span]:
        self.asked += 1
        return [(at, at + len(name)) for name in self._names if (at := text.find(name)) >= 0]


@pytest.mark.parametrize(
    ("text", "seen", "clean"),
    [
        ("Вчера дворник Рашид не пришёл", ["Рашид"], "Вчера дворник [name] не пришёл"),
        ("Позвоните Наталье.", ["Позвоните Наталье."], "Позвоните [name]."),
        ("Это Нина. Ждём", ["Нина."], "Это [name]. Ждём"),
        ("ждём у гаража Сидоренко", ["Сидоренко"], "ждём у гаража [name]"),
        ("яма у улицы Гагарина", ["Гагарина"], None),
        ("школа имени Пушкина закрыта", ["Пушкина"], None),
        ("ул. Ленина 5, нет света", ["Ленина"], None),
        ("Пушкина 24, двор завален", ["Пушкина"], None),
        ("Иванова 45 лет, не ходит", ["Иванова"], "[name] 45 лет, не ходит"),
        ("бюст маршала Жукова", ["Жукова"], None),
        ("театр «Сергей Есенин» закрыт", ["Сергей Есенин"], None),
        ("На Чехова перекопали", ["Чехова"], None),
        ("Угол Ленина и Чапаева", ["Угол Ленина", "Чапаева"], None),
        ("темно от Пушкина до Гоголя", ["Пушкина", "Гоголя"], None),
        ("Герань засохла", ["Герань"], None),
        ("Дед Мороз не приехал", ["Дед Мороз"], None),
        ("Директор школы Смирнова кричит", ["Смирнова"], "Директор школы [name] кричит"),
        ("Главврач больницы Петров ушёл", ["Петров"], "Главврач больницы [name] ушёл"),
        ("Директор школы Пушкина кричит", ["Пушкина"], None),
        ("Директор школы имени Смирнова кричит", ["Смирнова"], None),
        ("В больнице Петров не принимает", ["Петров"], "В больнице [name] не принимает"),
        ("Больница Смирнова закрыта", ["Смирнова"], None),
        ("Дворник улицы Смирнова спит", ["Смирнова"], None),
        ("На Иванова напала собака", ["Иванова"], "На [name] напала собака"),
        ("На Иванова яма", ["Иванова"], None),
        ("На Кирова и Чапаева темно", ["Чапаева"], None),
        ("Его зовут «Петров», он пьян", ["Петров"], "Его зовут «[name]», он пьян"),
        ("Охранник по имени Рашид спит", ["Рашид"], "Охранник по имени [name] спит"),
        ("Магазин Тамары Петровой шумит", ["Тамары Петровой"], "Магазин [name] шумит"),
        ("the man at Нина", ["man"], None),
    ],
)
def test_a_persons_name_goes_and_what_is_called_after_one_or_only_begins_a_sentence_stays(
    text: str, seen: list[str], clean: str | None
) -> None:
    assert without_names(text, Seen(*seen)) == (text if clean is None else clean)


async def test_what_was_read_before_is_not_read_again_and_what_was_not_is_at_once() -> None:
    model = Seen("Нина")
    second = SecondPass(model)
    await second.read(["мама Нина ждёт", "мама Нина ждёт"])
    assert (model.asked, second.redact("мама Нина ждёт"), model.asked) == (1, "мама [name] ждёт", 1)
    assert (second.redact("тётя Нина, 8 916 123-45-67"), model.asked) == ("тётя [name], [phone]", 2)
    second.begin()
    assert (second.redact("мама Нина ждёт"), model.asked) == ("мама [name] ждёт", 3)
    assert (second.redact("No Cyrillic here"), model.asked) == ("No Cyrillic here", 3)


def test_so_many_names_stay_and_so_many_other_words_go_with_natashas_model() -> None:
    second = SecondPass(NatashaNames())
    lists = (TEXTS, HELD_OUT, SECOND_PASS, POSTS)
    judged = {of: [judge(text, second.redact) for text in texts(of)] for of in lists}
    stay = {of: sum(len(one.left) for one in found) for of, found in judged.items()}
    struck = {of: [word for one in found for word in one.struck] for of, found in judged.items()}
    assert (stay[TEXTS], stay[HELD_OUT], stay[SECOND_PASS], stay[POSTS]) == (1, 24, 13, 1)
    assert struck == {
        TEXTS: ["Мария", "7707083893"],
        HELD_OUT: ["Учительница", "Домком"],
        SECOND_PASS: ["Вера", "Титова"],
        POSTS: [],
    }


def test_so_many_english_names_stay_and_so_many_other_words_go_with_the_list() -> None:
    second = SecondPass(None, given_names())
    for of, stay, struck in ((ENGLISH_NAMES, 1, 0), (ENGLISH_AFTER, 0, 5)):
        judged = [judge(text, second.redact) for text in texts(of)]
        assert (sum(len(one.left) for one in judged), sum(len(one.struck) for one in judged)) == (stay, struck), of


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("My neighbor Zbigniew leaves trash", "My neighbor [name] leaves trash"),
        ("Ask Jennifer O'Hara at the desk", "Ask [name] at the desk"),
        ("Jennifer's car blocks the gate", "[name]'s car blocks the gate"),
        ("A hole on Jennifer", None),
        ("Jennifer Street is dark", None),
        ("The statue of Jennifer Hale is dirty", None),
        ("Jennifer's Diner dumps grease", None),
        ("Will someone come in May?", None),
        ("Grace Hale fell here", "[name] fell here"),
        ("[name] and Jennifer called", "[name] and [name] called"),
        ("mail jennifer.Hale@example", None),
    ],
)
def test_an_english_name_goes_and_what_is_called_after_one_stays(text: str, clean: str | None) -> None:
    assert without_english_names(text, given_names()) == (text if clean is None else clean)


@pytest.mark.parametrize(
    ("weights", "why"),
    [("natasha/data/model/none.tar", r"none\.tar is missing"), ("natasha/data/dict/first.txt", "ReadError")],
)
async def test_a_model_that_is_missing_or_damaged_is_told_by_readiness_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, weights: str, why: str
) -> None:
    now, tries = [100.0], [0]

    def load() -> Seen | NatashaNames:
        tries[0] += 1
        return Seen("Нина") if now[0] > 100.0 + RETRY_SECONDS else NatashaNames()

    monkeypatch.setattr(name_model, "WEIGHTS", weights)
    later = NamesLater(load, lambda: now[0])
    second = SecondPass(later)
    with pytest.raises(TransientError, match=rf"OTKLIK_NAMES_MODEL=natasha.*{why}.*extra `names`"):
        await second.read(["мама Нина ждёт"])
    await second.read(["no name of a person is here"])
    (problem,) = await later.problems(NO_DATABASE)
    assert (problem.kind, problem.level, tries) == ("names_model_missing", "problem", [1])
    now[0] += RETRY_SECONDS + 1
    await second.read(["мама Нина ждёт"])
    assert (second.redact("мама Нина ждёт"), await later.problems(NO_DATABASE)) == ("мама [name] ждёт", [])


def test_the_model_is_loaded_only_where_a_language_of_the_federation_is_written_in_its_letters() -> None:
    settings = IntakeSettings.model_construct(names_model="natasha")
    assert names_model(settings, ("en", "es")) is None
    assert names_model(settings, ("en", "ru")) is not None
    assert names_model(IntakeSettings.model_construct(names_model="off"), ("ru",)) is None
