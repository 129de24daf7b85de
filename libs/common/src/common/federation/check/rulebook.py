"""The first release of every layer: tables that can be read, rows that can be reached, nothing looser than the nation,
and no authority, area or category that does not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from common.federation.check.head import Found
from common.federation.country import read_table
from common.federation.faults import Fault, FederationError
from common.rulebook import check_table, loosened_rows
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import parse_table
from common.rulebook.references import KnownNames, unknown_names
from common.rulebook.release import NATIONAL


def check(found: Found) -> Iterator[Fault]:
    """Faults of the files under rulebook/."""
    folder = found.folder / "rulebook"
    if not folder.is_dir():
        yield Fault(folder, None, "there is no rulebook: the national layer lies in rulebook/national/*.json")
        return
    layers: dict[str, dict[str, dict[str, Any]]] = {}
    for layer in sorted(p for p in folder.iterdir() if p.is_dir()):
        layers[layer.name] = tables = {}
        for path in sorted(layer.glob("*.json")):
            try:
                tables[path.stem] = read_table(path)
            except FederationError as error:
                yield from error.faults
                continue
            yield from _table(found, layer.name, path, tables[path.stem])
    if not layers.get(NATIONAL):
        yield Fault(folder / NATIONAL, None, "the national layer has no tables")
    if found.head is None:
        return
    regions = {r.id for r in found.head.regions}
    for name in layers:
        if name not in regions | {NATIONAL}:
            yield Fault(folder / name, None, f"{name!r} is no region: nobody reads these tables")
    for name in sorted(regions & set(layers)):
        yield from _looser(folder / name, layers.get(NATIONAL, {}), layers[name])


def _table(found: Found, layer: str, path: Path, document: dict[str, Any]) -> Iterator[Fault]:
    for finding in check_table(path.stem, document, layer):
        where = f"row {finding.row_id}: " if finding.row_id is not None else ""
        if finding.severity == "error":
            yield Fault(path, line_of(path, finding.row_id), f"{where}{finding.words}")
    try:
        table = parse_table(path.stem, document)
    except RulebookError:
        return  # check_table has said so
    known = KnownNames(found.areas(), {a.id for a in found.authorities or ()}, {c.code for c in found.categories or ()})
    for row_id, words in unknown_names(table, known):
        yield Fault(path, line_of(path, row_id), f"row {row_id}: {words}")


def _looser(
    folder: Path, national: Mapping[str, dict[str, Any]], overlay: Mapping[str, dict[str, Any]]
) -> Iterator[Fault]:
    for name, document in overlay.items():
        try:
            found = loosened_rows(dict(national), {name: document})
        except RulebookError:
            continue  # the table itself has its fault already
        for loosening in found:
            path = folder / f"{name}.json"
            yield Fault(path, line_of(path, loosening.row_id), loosening.in_words())


def line_of(path: Path, row_id: str | None) -> int | None:
    """The first line that holds the row's id."""
    if row_id is None:
        return None
    quoted = f'"{row_id}"'
    lines = path.read_text().splitlines()
    return next((number for number, line in enumerate(lines, 1) if quoted in line), None)
