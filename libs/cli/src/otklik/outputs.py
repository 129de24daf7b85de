"""Files that a command writes when it has ended: looked at before it begins."""

from __future__ import annotations

import os
from pathlib import Path

from otklik.console import CommandError


def can_be_written(path: Path | None) -> None:
    """Raises CommandError where the file cannot be made: hours of work would end at it."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise CommandError(f"{path.parent} is no folder to write {path.name} into; make it first")
    if path.is_dir():
        raise CommandError(f"{path} is a folder; name a file in it")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise CommandError(f"{path} cannot be written: this user has no right to")
