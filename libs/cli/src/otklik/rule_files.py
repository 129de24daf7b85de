"""A rulebook as files under version control, a JDM document a table: every release as it was sealed, a folder each; or
each layer's newest to be changed, with the release that it came from."""

from __future__ import annotations

import json
from dataclasses import dataclass
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


@dataclass(frozen=True)
class LayerFiles:
    """A layer's tables as files have them; `number` is of the release that they were taken from, where they say it."""

    layer: str
    number: int | None
    tables: dict[str, dict[str, Any]]


def write_newest(folder: Path, releases: list[Release]) -> None:
    """Write the tables of a layer's newest release to be changed; raises RuleFilesError where other ones stand."""
    newest = {r.layer: r for r in sorted(releases, key=lambda r: r.number)}
    for layer, release in newest.items():
        place = folder / layer
        held = {path.stem: read_table(path) for path in sorted(place.glob("*.json")) if path.name != HEAD_FILE}
        if held and held != release.tables:
            raise RuleFilesError(f"{place} holds other rules: choose an empty folder")
        place.mkdir(parents=True, exist_ok=True)
        for table, document in release.tables.items():
            _write(place / f"{table}.json", document)
        _write(place / HEAD_FILE, release.model_dump(mode="json", include={"layer", "number", "hash"}))


def read_layers(folder: Path) -> list[LayerFiles]:
    """What files say of each layer: an export's newest releases, what `write_newest` wrote, or a federation's rulebook.

    Raises RuleFilesError or FederationError.
    """
    if any(folder.glob(f"*/*/{HEAD_FILE}")):
        newest = {r.layer: r for r in sorted(read_releases(folder), key=lambda r: r.number)}
        return [LayerFiles(layer, None, release.tables) for layer, release in newest.items()]
    found = []
    for place in sorted(p for p in folder.glob("*/") if any(p.glob("*.json"))):
        tables = {path.stem: read_table(path) for path in sorted(place.glob("*.json")) if path.name != HEAD_FILE}
        number = read_table(place / HEAD_FILE).get("number") if (place / HEAD_FILE).exists() else None
        if number is not None and not isinstance(number, int):
            raise RuleFilesError(f"{place / HEAD_FILE} does not say which release this is")
        found.append(LayerFiles(place.name, number, tables))
    if not found:
        raise RuleFilesError(f"{folder} holds no rulebook: there is no <layer>/<table>.json")
    return found


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
