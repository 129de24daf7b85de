"""A rulebook as files under version control: a folder a layer, a folder a release, a JDM document a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from common.federation.country import read_table
from common.rulebook.release import Release, sealed
from pydantic import ValidationError

HEAD_FILE = "release.json"


class RuleFilesError(ValueError):
    """Files that are no exported rulebook, or were changed since; names the file."""


def write_releases(folder: Path, releases: list[Release]) -> None:
    """Write every release; raises RuleFilesError where another stands already."""
    for release in releases:
        place = folder / release.layer / f"{release.number:05}"
        if (place / HEAD_FILE).exists():
            if _read(place).hash != release.hash:
                raise RuleFilesError(f"{place} holds another release of that number: choose an empty folder")
            continue
        place.mkdir(parents=True, exist_ok=True)
        for table, document in release.tables.items():
            _write(place / f"{table}.json", document)
        _write(place / HEAD_FILE, release.model_dump(mode="json", exclude={"tables"}))


def read_releases(folder: Path) -> list[Release]:
    """Every release under a folder that `write_releases` wrote; raises RuleFilesError or FederationError."""
    places = sorted(path.parent for path in folder.glob(f"*/*/{HEAD_FILE}"))
    if not places:
        raise RuleFilesError(f"{folder} holds no exported rulebook: there is no <layer>/<number>/{HEAD_FILE}")
    return [_read(place) for place in places]


def _read(place: Path) -> Release:
    tables = {path.stem: read_table(path) for path in sorted(place.glob("*.json")) if path.name != HEAD_FILE}
    try:
        release = Release(**{**read_table(place / HEAD_FILE), "tables": tables})
    except (ValidationError, TypeError) as error:
        raise RuleFilesError(f"{place / HEAD_FILE} does not say which release this is: {error}") from error
    if sealed(release).hash != release.hash:
        raise RuleFilesError(f"{place}: its tables are not those that release {release.number} was sealed with")
    return release


def _write(path: Path, body: dict[str, Any]) -> None:
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
