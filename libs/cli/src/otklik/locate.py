"""Which installation a command is about: what runs under a folder, or under its folders for replays and benches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded.processes import running

from otklik.console import CommandError
from otklik.supervisor_lock import reigning

PREFIX = "otklik"
"""Before every topic and group of an installation of this command line."""
BESIDE = ("replay", "bench")
"""Folders under the chosen one in which runs with a time of their own keep what is theirs."""


class NothingRuns(CommandError):
    """No installation runs where the command looked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation as its supervisor wrote it down: the services' HTTP ports by name."""

    folder: Path
    federation: Path
    ports: Mapping[str, int]

    @property
    def portal(self) -> str:
        return f"http://127.0.0.1:{self.ports['portal']}"

    @property
    def alive(self) -> bool:
        """Whether anything of it runs."""
        return anything_runs(self.folder)


def write_down(found: Installed) -> None:
    """Leave word in the folder for later commands."""
    body = {"federation": str(found.federation.resolve()), "ports": dict(found.ports)}
    part = found.folder / "installation.part"
    part.write_text(json.dumps(body, indent=1))
    part.rename(_file(found.folder))


def installed_in(folder: Path) -> Installed | None:
    """What was last started in exactly this folder; None when nothing was, or its word is unreadable."""
    try:
        body = json.loads(_file(folder).read_text())
        return Installed(folder.resolve(), Path(body["federation"]), dict(body["ports"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find_running(folder: Path) -> Installed:
    """The running installation of a folder or of one of its BESIDE; raises NothingRuns."""
    for place in (folder, *(folder / name for name in BESIDE)):
        found = installed_in(place)
        if found is not None and found.alive:
            return found
    raise NothingRuns(
        f"nothing runs under {folder}; `otklik up` or `otklik demo` starts it, --folder or"
        " OTKLIK_FOLDER names another place"
    )


def all_under(folder: Path) -> list[Path]:
    """The folder and those of its BESIDE in which something runs or is looked after."""
    places = [folder.resolve(), *(folder.resolve() / name for name in BESIDE)]
    return [place for place in places if reigning(place) is not None or anything_runs(place)]


def anything_runs(folder: Path) -> bool:
    """Whether a server or a service runs under exactly this folder."""
    files = [*(folder / "pids").glob("*.json"), folder / "kafka" / "pid.json", folder / "postgres" / "pid.json"]
    return any(running(file) is not None for file in files)


def _file(folder: Path) -> Path:
    return folder.resolve() / "installation.json"
