"""Where a command writes when it has ended is looked at before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from otklik.console import CommandError
from otklik.main import app
from otklik.outputs import can_be_written
from otklik.replay_command import write_report
from typer.testing import CliRunner
from world.run import WorldError


@pytest.mark.parametrize("command", [["demo", "--exit"], ["replay", "--csv", "nothing.csv"]])
@pytest.mark.parametrize(
    ("report", "words"), [("/", "/ is a folder; name a file in it"), ("/nowhere/at/all.json", "is no folder to write")]
)
def test_a_report_that_cannot_be_written_is_refused_before_anything_starts(
    command: list[str], report: str, words: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(app, [*command, "--folder", str(tmp_path / "var"), "--report", report])
    assert done.exit_code == 1
    assert words in " ".join(done.output.split())
    assert not (tmp_path / "var").exists()


def test_a_file_that_is_there_may_be_written_again(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    can_be_written(tmp_path / "report.json")
    can_be_written(tmp_path / "new.json")
    can_be_written(None)


def test_a_file_in_place_of_the_folder_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(CommandError, match="is no folder"):
        can_be_written(tmp_path / "a" / "report.json")


def test_a_report_that_fails_to_be_written_ends_a_replay_in_words(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="the report could not be written"):
        write_report({}, tmp_path)
