"""What a text is about: learning, probabilities that hold, sets, and the file of a model."""

from __future__ import annotations

import csv
import json
import random
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from otklik.main import app
from routing.classify.classifier import Classifier
from routing.classify.judging import calibration_error, judge, macro_f1
from routing.classify.model_file import MAGIC, UnreadableModel, from_bytes, to_bytes, version_of
from routing.classify.texts_file import UnreadableTexts, read_texts
from routing.classify.training import Labelled, TooFewTexts, train
from routing.classify.words import features_of, words_of
from typer.testing import CliRunner

from tests.complaint_texts import complaints


@cache
def learnt(texts: int = 600) -> Classifier:
    return train(complaints(texts, 1))


def test_texts_never_seen_are_understood_with_probabilities_and_sets_that_hold() -> None:
    judged = judge(learnt(1000), complaints(1500, 2))
    assert judged.accuracy > 0.8
    assert judged.ece < 0.05
    assert 0.87 < judged.coverage < 0.93
    assert judged.mean_size < 3


def test_the_same_texts_in_any_order_give_the_same_model() -> None:
    texts = complaints(200, 3)
    shuffled = random.Random(1).sample(texts, len(texts))
    assert version_of(to_bytes(train(texts))) == version_of(to_bytes(train(shuffled)))
    assert version_of(to_bytes(train(texts))) != version_of(to_bytes(train(texts[1:])))


def test_a_model_read_again_says_the_same() -> None:
    model = learnt()
    again = from_bytes(to_bytes(model))
    for text in complaints(50, 4):
        assert again.classify(text.text) == model.classify(text.text)


def test_one_text_of_a_category_is_enough_to_begin_with_and_two_categories() -> None:
    model = train([*(Labelled(f"яма на дороге {n}", "roads") for n in range(9)), Labelled("темно, фонарь", "light")])
    assert model.classify("фонарь не горит, темно").ranked[0].category in ("light", "roads")
    assert model.classify("яма").ranked[0].category == "roads"
    with pytest.raises(TooFewTexts, match="two categories"):
        train([Labelled("a", "x"), Labelled("b", "x")])


def test_too_few_texts_give_sets_of_everything_rather_than_a_promise() -> None:
    model = train([Labelled("one", "x"), Labelled("two", "y"), Labelled("three", "x"), Labelled("four", "y")])
    assert len(model.classify("one").likely(model.calibration.least[90])) == 2


def test_words_are_the_same_in_any_case_form_and_mark_up() -> None:
    assert words_of("<p>ЁЛКИ&nbsp;упали</p> у дома 12") == words_of("елки УПАЛИ, у дома № 47".replace("№ ", ""))
    assert words_of("cafe\u0301") == words_of("CAFÉ")
    assert words_of("   !? ") == ()
    shared = set(features_of("освещение")) & set(features_of("освещения"))
    assert len(shared) > len(features_of("освещение")) * 0.6


def test_what_the_model_does_not_know_is_told_by_the_share_of_words_it_has_seen() -> None:
    model = learnt()
    assert model.classify("фонарь возле дома").known == 1
    assert model.classify("qzxw vbnmp ghjkq").known == 0
    assert model.classify("").known == 0
    nothing = model.classify("qzxw vbnmp ghjkq")
    assert sum(c.probability for c in nothing.ranked) == pytest.approx(1)


def test_the_words_that_speak_for_a_category_can_be_named() -> None:
    reasons = learnt().reasons("Здравствуйте, яма на дороге, асфальт провалился", "roads")
    assert set(reasons[:3]) & {"яма", "асфальт", "дороге"}


def test_a_very_long_text_is_looked_at_in_part() -> None:
    assert learnt().classify("яма " + "x" * 1_000_000).ranked[0].category == "roads"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: b"",
        lambda b: b"PK" + b,
        lambda b: b[:-1],
        lambda b: b + b"0",
        lambda b: MAGIC + (2**60).to_bytes(8, "little") + b[len(MAGIC) + 8 :],
        lambda b: b.replace(b'"sharpness"', b'"bluntness"', 1),
        lambda b: b[:-2] + b"\x00\x7e",
        lambda b: b.replace(b'"roads"', b'"light"', 1),
    ],
)
def test_bytes_that_are_no_model_are_refused_in_words(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(UnreadableModel):
        from_bytes(spoil(to_bytes(learnt())))


def test_texts_are_read_from_files_as_offices_write_them(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text('\ufeffТекст;Тема\r\n"Яма; глубокая\nочень";дороги\r\n;дороги\r\nтемно;\r\nтемно;свет\r\n')
    assert read_texts(path, "Текст", "Тема") == [Labelled("Яма; глубокая\nочень", "дороги"), Labelled("темно", "свет")]
    with pytest.raises(UnreadableTexts, match="no column 'Text'; it has 'Текст', 'Тема'"):
        read_texts(path, "Text", "Тема")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableTexts, match="UTF-8"):
        read_texts(path, "Text", "Тема")


def test_figures_are_those_of_their_definitions() -> None:
    assert macro_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert calibration_error(np.array([0.8] * 10), np.array([True] * 6 + [False] * 4)) == pytest.approx(0.2)


def test_a_model_is_learnt_and_judged_on_the_command_line(tmp_path: Path) -> None:
    for name, seed in (("learn", 5), ("judge", 6)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("words", "about"))
            rows.writerows((t.text, t.category) for t in complaints(150, seed))
    columns = ["--text", "words", "--label", "about"]
    model = tmp_path / "made" / "m.model"
    run = CliRunner().invoke
    trained = run(app, ["classify", "train", "--csv", str(tmp_path / "learn.csv"), *columns, "--out", str(model)])
    assert trained.exit_code == 0, trained.output
    judged = run(
        app, ["classify", "evaluate", "--model", str(model), "--csv", str(tmp_path / "judge.csv"), *columns, "--json"]
    )
    said = json.loads(judged.stdout)
    assert said["version"] == version_of(model.read_bytes())
    assert {"accuracy", "macro_f1", "ece", "coverage", "mean_size", "microseconds"} <= set(said)
    wrong = run(app, ["classify", "evaluate", "--model", __file__, "--csv", str(tmp_path / "judge.csv"), *columns])
    assert wrong.exit_code == 1
    assert "no model" in wrong.output
