"""What `otklik channel new` writes, and what it never does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from otklik.channel_new import (
    ACCESS_FILE,
    LANGUAGES,
    FolderInTheWay,
    UnknownLanguage,
    check_free,
    check_languages,
    lay_out,
)
from provision.channel_access import Access, with_password, write_access

ACCESS = Access("127.0.0.1:9092", "otklik", "pigeon-post", "s3cret", edges="http://127.0.0.1:8081")


def test_the_access_may_be_read_by_its_owner_alone_and_stands_in_no_other_file(tmp_path: Path) -> None:
    into = tmp_path / "pigeon-post"
    lay_out(into, ACCESS, {"EXAMPLE_LAT": "0.5"}, LANGUAGES)
    assert (into / ACCESS_FILE).stat().st_mode & 0o777 == 0o600
    assert [f.name for f in into.rglob("*") if f.is_file() and "s3cret" in f.read_text()] == [ACCESS_FILE]
    assert {f.name for f in into.iterdir() if f.is_dir()} == set(LANGUAGES)


def test_a_shell_reads_the_access_as_it_was_meant(tmp_path: Path) -> None:
    write_access(tmp_path / ACCESS_FILE, ACCESS, {"EXAMPLE_CATEGORY": "Dog's mess in the park"})
    told = subprocess.run(
        ["sh", "-c", f'. ./{ACCESS_FILE}; echo "$OTKLIK_INBOUND|$OTKLIK_KAFKA_PASSWORD|$EXAMPLE_CATEGORY"'],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "otklik.channel.pigeon-post.inbound.v1|s3cret|Dog's mess in the park\n"


def test_a_new_password_changes_nothing_else_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / ACCESS_FILE
    write_access(path, ACCESS, {})
    before = path.read_text()
    with_password(path, "another")
    assert path.read_text() == before.replace("s3cret", "another")
    assert path.stat().st_mode & 0o777 == 0o600


def test_only_the_languages_that_were_asked_for_are_laid_out(tmp_path: Path) -> None:
    lay_out(tmp_path, ACCESS, {}, check_languages(["go"]))
    assert {f.name for f in tmp_path.iterdir()} == {"go", "README.md", ".gitignore", ACCESS_FILE}
    assert check_languages([]) == LANGUAGES


def test_a_language_without_an_example_is_refused_by_name() -> None:
    with pytest.raises(UnknownLanguage, match="cobol"):
        check_languages(["go", "cobol"])


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    check_free(tmp_path / "not-there", "pigeon-post")
    (tmp_path / "mine").touch()
    with pytest.raises(FolderInTheWay, match="otklik channel rotate pigeon-post --into"):
        check_free(tmp_path, "pigeon-post")
