"""The folder of a run that begins with nothing: a replay, a bench."""

from __future__ import annotations

import shutil
from pathlib import Path

import typer
from embedded.errors import EmbeddedError

from otklik.console import complain
from otklik.supervisor import stop_all
from otklik.supervisor_lock import refuse_second


def fresh_folder(base: Path, name: str) -> Path:
    """An empty folder for a run with its own time; the jars are shared with everything under `base`."""
    folder = base.resolve() / name
    try:
        refuse_second(folder)
    except EmbeddedError as error:
        raise typer.Exit(complain(error)) from error
    stop_all(folder, lambda words: None)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    jars = base.resolve() / "jars"
    jars.mkdir(exist_ok=True)
    (folder / "jars").symlink_to(jars)
    return folder
