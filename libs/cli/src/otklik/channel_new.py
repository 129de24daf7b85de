"""`otklik channel new`: a channel plugged in, its access in a file, and programs that use it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from provision.channel_access import Access, write_access

from otklik.console import CommandError

EXAMPLES = Path(__file__).with_name("channel_examples")
LANGUAGES = ("python", "node", "go", "java")
ACCESS_FILE = "channel.env"
COMMON = ("README.md", "gitignore")
GENERATED = shutil.ignore_patterns("__pycache__", "node_modules", "target", "*.pyc", ".venv")


class FolderInTheWay(CommandError):
    """The folder holds something already; the message says what to do."""


class UnknownLanguage(CommandError):
    """There is no example in it."""


def check_languages(wanted: Sequence[str]) -> Sequence[str]:
    """All where none is named. Raises UnknownLanguage."""
    unknown = [one for one in wanted if one not in LANGUAGES]
    if unknown:
        raise UnknownLanguage(
            f"no example in {', '.join(unknown)}: there are {', '.join(LANGUAGES)}; for any other see the README.md of"
            " the folder, which says what a client must do"
        )
    return wanted or LANGUAGES


def check_free(into: Path, channel: str) -> None:
    """Raises FolderInTheWay where anything would be overwritten."""
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise FolderInTheWay(
            f"{into} is there already and nothing in it is overwritten: name another with --into, or write a new"
            f" password into its {ACCESS_FILE} by `otklik channel rotate {channel} --into {into / ACCESS_FILE}`"
        )


def lay_out(into: Path, access: Access, example: Mapping[str, str], languages: Sequence[str]) -> None:
    """The folder: access, README and a program in each language."""
    into.mkdir(parents=True, exist_ok=True)
    write_access(into / ACCESS_FILE, access, example)
    for name in COMMON:
        # A .gitignore in our own tree would hide what it stands for from us.
        shutil.copyfile(EXAMPLES / name, into / name.replace("gitignore", ".gitignore"))
    for language in languages:
        shutil.copytree(EXAMPLES / language, into / language, ignore=GENERATED)
