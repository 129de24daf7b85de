"""Commands find what runs without being told where."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from embedded.processes import note
from otklik.locate import Installed, NothingRuns, find_running, write_down
from otklik.main import app
from typer.testing import CliRunner


def started(folder: Path, port: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_down(Installed(folder, Path("federation"), {"portal": port}))
    (folder / "pids").mkdir()
    note(folder / "pids" / "portal.json", os.getpid())


def test_a_replay_under_the_folder_is_found(tmp_path: Path) -> None:
    started(tmp_path / "replay", 9)
    found = find_running(tmp_path)
    assert (found.folder, found.portal) == (tmp_path / "replay", "http://127.0.0.1:9")


def test_the_folder_itself_goes_before_what_lies_under_it(tmp_path: Path) -> None:
    started(tmp_path, 8)
    started(tmp_path / "replay", 9)
    assert find_running(tmp_path).ports == {"portal": 8}


def test_what_was_started_once_and_runs_no_longer_is_not_found(tmp_path: Path) -> None:
    started(tmp_path, 8)
    (tmp_path / "pids" / "portal.json").unlink()
    with pytest.raises(NothingRuns, match="otklik up"):
        find_running(tmp_path)


@pytest.mark.parametrize("command", [["status"], ["why", "X"], ["trace", "X"], ["dlq", "list"], ["dlq", "replay", "X"]])
def test_commands_say_in_one_line_that_nothing_runs_and_fail(command: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*command, "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stdout.count("\n") == 1
    assert "nothing runs under" in result.stdout
    assert not result.stderr


def test_down_ends_what_runs_in_the_folder_of_a_demo(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (tmp_path / "replay" / "pids").mkdir(parents=True)
    note(tmp_path / "replay" / "pids" / "intake.json", process.pid)
    result = CliRunner().invoke(app, ["down", "--folder", str(tmp_path)])
    assert (result.exit_code, psutil.pid_exists(process.pid)) == (0, False)
    assert "ending what runs under" in result.stdout
    again = CliRunner().invoke(app, ["down", "--folder", str(tmp_path)])
    assert (again.exit_code, "nothing runs under" in again.stdout) == (0, True)


def test_a_portal_that_does_not_answer_is_named_with_its_log(tmp_path: Path) -> None:
    started(tmp_path, 1)
    result = CliRunner().invoke(app, ["why", "X", "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert "portal.log" in result.stdout
