"""`otklik verify-record` on an exported file: what the stand-alone program says, with its exit code."""

from __future__ import annotations

from pathlib import Path

from otklik.main import app
from rules.verify import write_file
from typer.testing import CliRunner, Result

from tests.unit.rules.test_verify import RECORD, head


def asked(path: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["verify-record", "--file", str(path), *words])


def test_a_record_that_holds_and_one_that_lost_a_link(tmp_path: Path) -> None:
    record = tmp_path / "record"
    write_file(record, RECORD)
    number, digest = head(4)
    found = asked(record, "--head", f"{number}:{digest}", "--export", str(tmp_path / "copy"))
    assert found.exit_code == 0
    assert "all 6 links hold" in found.output
    assert (tmp_path / "copy").read_bytes() == record.read_bytes()
    write_file(record, RECORD[1:])
    found = asked(record)
    assert found.exit_code == 1
    assert "link 1 is missing" in found.output


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    found = asked(tmp_path / "nothing")
    assert found.exit_code == 2
    assert "nothing" in found.output
