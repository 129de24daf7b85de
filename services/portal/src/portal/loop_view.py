"""A loop as its page shows it: how it stands, its record, its settings and where each value came from. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.rulebook.jdm import rows_of
from common.rulebook.release import NATIONAL, Release

from portal.blame import Makers, last_changed
from portal.item_fold import Item

TABLE = "loops"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. Without a row of the rulebook it is as declared; without a declaration nothing else is known."""

    name: str
    value: float | str | None
    default: float | None
    least: float | None = None
    most: float | None = None
    row_id: str = ""
    since: Release | None = None
    proposal: Item | None = None
    """That gave it its value; None where it stands since the first release, or as declared."""

    @property
    def changed(self) -> bool:
        return self.default is not None and self.value != self.default


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop as the list shows it."""

    name: str
    findings: int
    proposals: int
    record: Mapping[str, Any]
    """Of its proposals; empty where none is known."""
    stopped: bool
    declared: bool
    """Whether it runs here and has said what it watches."""


def loops_of(
    declared: Iterable[Item], records: Iterable[Item], counts: Mapping[str, Mapping[str, int]],
    standings: Mapping[str, str],
) -> list[Loop]:  # fmt: skip
    """All that are known, by name. `standings`: of each loop the kind of the last finding about itself."""
    known, kept = {i.id for i in declared}, {i.data["author"]: i.data for i in records if i.data.get("loop") is True}
    return [
        Loop(
            name, counts.get(name, {}).get("finding", 0), counts.get(name, {}).get("proposal", 0), kept.get(name, {}),
            standings.get(name) == "stopped", name in known,
        )
        for name in sorted({*known, *kept, *counts})
    ]  # fmt: skip


def standings(findings: Iterable[Item]) -> dict[str, str]:
    """`findings`: newest first."""
    found: dict[str, str] = {}
    for item in findings:
        loop = str(item.data.get("loop", ""))
        if item.data.get("key") == f"loop|{loop}" and item.state in ("stopped", "resumed"):
            found.setdefault(loop, item.state)
    return found


def settings_of(
    loop: str, declared: Mapping[str, Any], releases: Sequence[Release], number: int | None, made: Makers
) -> list[Setting]:
    """`releases` are the nation's, `number` that in force."""
    said = {str(s["name"]): s for s in declared.get("settings", ())}
    release = next((r for r in releases if r.number == number), None)
    document = release.tables.get(TABLE) if release is not None else None
    rows = {
        _text(cells["setting"]): (row_id, cells["value"])
        for row_id, cells in (rows_of(TABLE, document) if document is not None else ())
        if _text(cells["loop"]) == loop
    }
    since = last_changed(releases, TABLE, number) if number is not None else {}
    found = []
    for name in [*said, *(n for n in rows if n not in said)]:
        told, (row_id, cell) = said.get(name, {}), rows.get(name, ("", ""))
        came = since.get(row_id)
        maker = made.get((NATIONAL, came.number)) if came is not None else None
        found.append(
            Setting(
                name,
                _number(cell) if row_id else told.get("default"),
                told.get("default"),
                told.get("least"),
                told.get("most"),
                row_id,
                came,
                None if maker is None else maker[0],
            )
        )
    return found


def _text(cell: str) -> str:
    try:
        return str(json.loads(cell))
    except ValueError:
        return cell


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell
