"""`otklik loop new`: a loop outside, its access and key in files, and a program that uses them."""

from __future__ import annotations

import shutil
from pathlib import Path

from common.contracts.outside_loops import principal_of_loop
from common.contracts.signing import public_key_file, write_key_pair
from provision.loop_access import LoopAccess, write_loop_access

from otklik.console import CommandError

EXAMPLE = Path(__file__).with_name("loop_example")
ACCESS_FILE, KEY_FILE = "loop.env", "loop.pem"
GENERATED = shutil.ignore_patterns("__pycache__", "*.pyc", ".venv", "gitignore")


class FolderInTheWay(CommandError):
    """The folder holds something already; the message says what to do."""


def check_free(into: Path) -> None:
    """Raises FolderInTheWay where anything would be overwritten."""
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise FolderInTheWay(f"{into} is there already and nothing in it is overwritten: name another with --into")


def lay_out(into: Path, access: LoopAccess, keys: Path) -> None:
    """The folder: access, a new signing key whose public half goes to `keys`, README, client, example and its test."""
    shutil.copytree(EXAMPLE, into, ignore=GENERATED, dirs_exist_ok=True)
    # A .gitignore in our own tree would hide what it stands for from us.
    shutil.copyfile(EXAMPLE / "gitignore", into / ".gitignore")
    write_loop_access(into / ACCESS_FILE, access)
    write_key_pair(into / KEY_FILE, public_key_file(keys, principal_of_loop(access.loop)))
