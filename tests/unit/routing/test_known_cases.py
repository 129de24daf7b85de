"""What is learnt from past cases: their words with the category that each was placed under, and whose word that is."""

from __future__ import annotations

import csv
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from common.contracts.events.base import Because
from common.contracts.events.region import CaseAnswered, CaseEvent, CaseOpened, CaseReopened
from otklik import classify_command
from otklik.main import app
from routing.classify.known_cases import KnownText, known_texts
from routing.classify.let_stand import CORRECTED_WITHIN, DOUBTS, CaseFact, let_stand
from routing.classify.model_file import version_of
from routing.classify.training import Labelled
from typer.testing import CliRunner

from tests.unit.routing.test_routing import NOON


def opened(case_id: str, text: str = "a hole", *, citizen: str = "p", **changes: object) -> CaseOpened:
    given = {
        "case_id": case_id, "region": "north", "authority": "yard", "actor": "rules", "state": "assigned",
        "reference": "R", "area": "01", "category": "pothole", "priority": 1, "channel": "web", "received_at": NOON,
        "due_at": NOON, "release": "national:1", "citizen": citizen, "message_id": "m", "text": text,
    }  # fmt: skip
    return CaseOpened.model_validate({**given, **changes})


def read(**more: object) -> tuple[Because, ...]:
    return (Because.model_validate({
        "layer": "national", "number": 1, "table": "classification", "row_id": "any", "inputs": {"then": "ask", **more},
    }),)  # fmt: skip


def test_each_case_is_learnt_once_as_it_was_opened_last_with_who_named_its_category() -> None:
    found = known_texts(
        [
            opened("c4", because=read(then="automatic")),
            opened("c1", category="noise"),
            opened("c1"),
            opened("c2", by_hand=True),
            opened("c3", because=read(chosen="pothole")),
            opened("c5", text="  "),
        ],
        {},
    )
    assert [(k.source, k.labelled, k.named_by) for k in found] == [
        ("c1", Labelled("a hole", "pothole"), "channel"),
        ("c2", Labelled("a hole", "pothole"), "person"),
        ("c3", Labelled("a hole", "pothole"), "citizen"),
        ("c4", Labelled("a hole", "pothole"), "model"),
    ]


def test_words_of_erased_citizens_are_not_learnt_and_what_they_say_later_is() -> None:
    cases = [opened("c1"), opened("c2", received_at=NOON + timedelta(days=2)), opened("c3", citizen="another")]
    assert [k.source for k in known_texts(cases, {"p": NOON + timedelta(days=1)})] == ["c2", "c3"]
    assert [k.source for k in known_texts(cases, {"c2": NOON + timedelta(days=9)})] == ["c1", "c3"]


def let(stand: str, *facts: tuple[type[CaseEvent], int], after: int = 30) -> bool:
    told = [CaseFact(stand, kind.type, NOON + timedelta(days=day)) for kind, day in facts]
    return stand in let_stand(told, NOON + timedelta(days=after))


def test_a_case_stands_that_was_answered_and_then_left_alone_for_some_time() -> None:
    last = 30 - CORRECTED_WITHIN.days
    assert let("c", (CaseAnswered, last))
    assert not let("c", (CaseAnswered, last + 1))
    assert not let("c")


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_case_that_was_passed_on_disputed_declined_withdrawn_or_joined_does_not_stand(
    doubt: type[CaseEvent],
) -> None:
    assert not let("c", (doubt, 1), (CaseAnswered, 2))
    assert not let("c", (doubt, 20), (CaseAnswered, 2))


def test_a_reopened_case_counts_from_its_next_answer_in_whatever_order_topics_are_read() -> None:
    assert not let("c", (CaseAnswered, 1), (CaseReopened, 9))
    assert not let("c", (CaseAnswered, 20), (CaseReopened, 9), (CaseAnswered, 1))
    assert let("c", (CaseAnswered, 12), (CaseReopened, 9), (CaseAnswered, 1))


def test_what_a_model_read_is_learnt_only_where_people_let_it_stand() -> None:
    by_model = read(then="automatic")
    found = known_texts([opened("c1", because=by_model), opened("c2", because=by_model), opened("c3")], {}, {"c2"})
    assert [k.source for k in found if k.confirmed] == ["c2", "c3"]


def test_the_command_learns_of_the_model_s_own_cases_what_stood_and_says_how_many_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [Labelled(f"hole {n}", "road") for n in range(9)] + [Labelled(f"lamp {n}", "light") for n in range(9)]
    cases = [KnownText(f"p{n}", one, "person") for n, one in enumerate(texts)]
    cases += [KnownText("stood", Labelled("hole again", "road"), "model", let_stand=True)]
    cases += [KnownText("open", Labelled("lamp again", "road"), "model")]
    monkeypatch.setattr(classify_command, "texts_of_cases", lambda _folder: cases)
    log = tmp_path / "m.log"
    learnt = {}
    for people_only in (False, True):
        classify_command.train(None, tmp_path / "m.model", 0, tmp_path, people_only, log)
        learnt[people_only] = {row.split(",")[0] for row in log.read_text().splitlines()[2:]}
    assert learnt[False] - learnt[True] == {"stood"}
    assert "open" not in learnt[False] | learnt[True]
    said = " ".join(capsys.readouterr().out.split())
    assert "2 by the model, 18 by the person; people let 1 of the model's stand" in said


def test_the_log_of_a_version_tells_what_it_was_learnt_from_without_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text(
        "words,about\n" + "".join(f"hole {n} in the road,roads\nlamp {n} is dark,light\n" for n in range(9))
    )
    model, log = tmp_path / "m.model", tmp_path / "m.log"
    source = classify_command.Columns(texts, "words", "about")
    classify_command.train(source, model, seed=7, running=None, people_only=False, log=log)
    head, columns, first, *rest = log.read_text().splitlines()
    assert head == f"# version {version_of(model.read_bytes())}, seed 7"
    assert columns.split(",") == ["source", "text_sha256", "category", "named_by"]
    (told,) = csv.reader([first])
    assert told == ["texts.csv:1", sha256(b"hole 0 in the road").hexdigest(), "roads", "file"]
    assert len(rest) == 17
    assert "hole" not in log.read_text()


def test_nothing_to_learn_from_is_said_in_one_line(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["classify", "train", "--out", str(tmp_path / "m.model")])
    assert found.exit_code == 1
    assert "--from-topics" in found.output
