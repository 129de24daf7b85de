"""Names that a model of names sees: whose is a person's, what is left of texts held out, what is said without it."""

from __future__ import annotations

import pytest
from common.messaging.settings import SettingsError
from intake import name_model
from intake.name_model import NatashaNames
from intake.names import Span, without_names
from intake.second_pass import SecondPass

from tests.evaluation.redaction import HELD_OUT, SECOND_PASS, TEXTS, judge, texts


class Seen:
    """Sees these words in any text, and counts how often it is asked."""

    first_names = frozenset({"тамара", "наталья", "нина", "миша", "рашид"})

    def __init__(self, *names: str) -> None:
        self._names = names
        self.asked = 0

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
    judged = {of: [judge(text, second.redact) for text in texts(of)] for of in (TEXTS, HELD_OUT, SECOND_PASS)}
    stay = {of: sum(len(one.left) for one in found) for of, found in judged.items()}
    struck = {of: [word for one in found for word in one.struck] for of, found in judged.items()}
    assert (stay[TEXTS], stay[HELD_OUT], stay[SECOND_PASS]) == (1, 24, 16)
    assert struck == {
        TEXTS: ["Мария", "7707083893"],
        HELD_OUT: ["Учительница", "Домком"],
        SECOND_PASS: ["Маркса", "Вера", "Титова"],
    }


def test_a_model_that_is_asked_for_and_missing_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_model, "WEIGHTS", "natasha/data/model/none.tar")
    with pytest.raises(SettingsError, match=r"OTKLIK_NAMES_MODEL=natasha.*none\.tar is missing.*extra `names`"):
        NatashaNames()
