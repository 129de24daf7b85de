"""`otklik verify-record`: reads the chained record where the operator may, and has the stand-alone program judge it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import typer
from common.messaging.kafka import read_to_end

from otklik.console import console
from otklik.dead_letter_command import desk_at, said_in_words

PROGRAM = "rules.verify"
"""It shares no code with anything here."""
RECORD, HEADS = "rules.lifecycle", "rules.heads"


def verify(folder: Path, file: Path | None, head: Sequence[str], heads: Path | None, export: Path | None) -> None:
    """Exits 0 when every link holds, 1 when one does not, 2 when the record cannot be read."""
    given = [word for one in head for word in ("--head", one)]
    given += [] if heads is None else ["--heads", str(heads)]
    given += [] if export is None else ["--export", str(export)]
    with TemporaryDirectory() as made:
        source = file
        if source is None:
            source, published = Path(made) / "record", Path(made) / "heads"
            with said_in_words():
                _read(folder, source, published)
            given += ["--heads", str(published)]
        command = [sys.executable, "-m", PROGRAM, "--file", str(source), *given]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    console.print(found.stderr + found.stdout, end="", highlight=False, markup=False, soft_wrap=True)
    if found.returncode:
        raise typer.Exit(found.returncode)


def _read(folder: Path, record: Path, published: Path) -> None:
    """The topic of the record and that of its heads, one record a line."""
    desk = desk_at(folder)
    for topic, path in ((RECORD, record), (HEADS, published)):
        found = asyncio.run(read_to_end(desk.settings, desk.installation.physical(topic)))
        path.write_bytes(b"".join((one.value or b"").replace(b"\n", b" ") + b"\n" for one in found))
