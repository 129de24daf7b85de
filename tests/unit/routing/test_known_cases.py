"""What is learnt from past cases: their words with the category that each was placed under, and whose word that is."""

from __future__ import annotations

import csv
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from common.contracts.events.base import Because
from common.contracts.events.region import CaseOpened
from otklik import classify_command
from otklik.main import app
from routing.classify.known_cases import known_texts
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
