"""What the program that verifies the record finds, from the records' bytes alone."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from common.contracts.events.rules import ChainHeadPublished
from rules.chain import Head, link
from rules.verify import examined, head_of, read_file, write_file

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def written(*bodies: object, head: Head | None = None) -> list[bytes]:
    """A chain with these contents."""
    head, records = head or Head(), []
    for body in bodies:
        step = link(head, "rules.proposal.checked", "p1", AT, {"said": body, "ы": ["я", 0.1]})
        head = Head(step.number, step.hash)
        records.append(step.model_dump_json(exclude_none=True).encode())
    return records


RECORD = written(*range(6))


def head(number: int, record: list[bytes] = RECORD) -> tuple[int, str]:
    return number, json.loads(record[number - 1])["hash"]


def faults(record: list[bytes], *heads: tuple[int, str]) -> str:
    return "; ".join(examined(record, heads).faults)


def test_an_untouched_record_holds_and_agrees_with_its_heads() -> None:
    report = examined(RECORD, [head(2), head(6)])
    assert report.faults == ()
    assert (report.links, report.last) == (6, "6:" + head(6)[1])
    assert examined([]).faults == ()


def test_dropped_links_are_named() -> None:
    assert faults([*RECORD[:2], *RECORD[4:]]) == "links 3 to 4 are missing"
    assert faults(RECORD[1:]) == "link 1 is missing"


def test_a_changed_link_is_named() -> None:
    changed = [RECORD[0], RECORD[1].replace(b'"said":1', b'"said":7'), *RECORD[2:]]
    assert "link 2 (rules.proposal.checked) was changed" in faults(changed)
    assert len(examined(changed).faults) == 1


def test_a_changed_link_whose_hash_was_made_to_fit_does_not_lead_to_the_next() -> None:
    forged = written(0, "forged")
    assert "link 3 (rules.proposal.checked) does not follow link 2" in faults([*forged, *RECORD[2:]])


def test_links_in_another_order_are_named() -> None:
    moved = [RECORD[0], RECORD[2], RECORD[1], *RECORD[3:]]
    assert faults(moved) == "link 2 stands after link 3 (record 3): the order was changed"


def test_inserted_links_are_named() -> None:
    assert "link 2 is there twice (record 3)" in faults([*RECORD[:2], *RECORD[1:]])
    (second,) = written("inserted", head=Head(*head(1)))
    assert "one was inserted" in faults([*RECORD[:2], second, *RECORD[2:]])
    assert "record 2 is no link" in faults([RECORD[0], b"", *RECORD[1:]])
    assert "record 7 is no link" in faults([*RECORD, b"{}"])


def test_a_record_written_anew_holds_by_itself_and_not_by_a_head_that_was_kept() -> None:
    anew = written("another", *range(1, 6))
    assert faults(anew) == ""
    assert "link 4 was published as" in faults(anew, head(4))


def test_a_record_that_lost_its_end_is_found_by_a_head_alone() -> None:
    assert faults(RECORD[:4]) == ""
    assert "the record ends at link 4, and link 6 was published" in faults(RECORD[:4], head(6))


def test_an_export_holds_every_byte_that_is_judged(tmp_path: Path) -> None:
    write_file(tmp_path / "record", RECORD)
    assert read_file(str(tmp_path / "record")) == RECORD
    write_file(tmp_path / "record", [RECORD[0], b"", b"with a\nbreak"])
    assert len(read_file(str(tmp_path / "record"))) == 3


@pytest.mark.parametrize("text", ["", "7", "x:y", "7:abc"])
def test_what_is_no_head_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no head"):
        head_of(text)


def run(*words: str) -> tuple[int, str]:
    found = subprocess.run(
        [sys.executable, "-m", "rules.verify", *words], capture_output=True, text=True, check=False, timeout=60
    )
    return found.returncode, found.stdout + found.stderr


def test_the_program_says_what_holds_and_what_does_not_and_exits_so(tmp_path: Path) -> None:
    record, heads = tmp_path / "record", tmp_path / "heads"
    write_file(record, RECORD)
    number, digest = head(3)
    published = ChainHeadPublished(number=number, hash=digest, day="2026-03-02", at=AT)
    heads.write_text(published.model_dump_json() + "\n" + f"{number}:{digest}\n")
    code, said = run("--file", str(record), "--heads", str(heads), "--export", str(tmp_path / "copy"))
    assert (code, "all 6 links hold and agree with the published heads, 1 in number" in said) == (0, True), said
    assert (tmp_path / "copy").read_bytes() == record.read_bytes()
    write_file(record, RECORD[1:])
    code, said = run("--file", str(record), "--head", "7:" + digest)
    assert code == 1
    assert "link 1 is missing" in said
    assert "its end was cut off" in said
    assert run("--file", str(tmp_path / "nothing"))[0] == 2
    assert run("--file", str(record), "--head", "seven")[0] == 2
