"""Which release gave a row of the rulebook its present words, and what it said before. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from common.contracts.patch import Cells
from common.rulebook.release import Release

from portal.rule_text import rows_by_id

CACHED_TABLES = 500


@dataclass(frozen=True, slots=True)
class RowVersion:
    """What one release made of a row; None where it has no such row."""

    release: Release
    before: Cells | None
    after: Cells | None


def versions(releases: Iterable[Release], table: str, row_id: str) -> list[RowVersion]:
    """Every release of a layer that changed the row, newest first."""
    found: list[RowVersion] = []
    before: Cells | None = None
    for release in sorted(releases, key=lambda r: r.number):
        after = _rows(release, table).get(row_id)
        if after != before:
            found.append(RowVersion(release, before, after))
        before = after
    return found[::-1]


def last_changed(releases: Iterable[Release], table: str, until: int) -> dict[str, Release]:
    """The release that gave each row of release `until` its words."""
    found: dict[str, Release] = {}
    before: dict[str, Cells] = {}
    for release in sorted(releases, key=lambda r: r.number):
        if release.number > until:
            break
        rows = _rows(release, table)
        found = {row: found[row] if before.get(row) == cells else release for row, cells in rows.items()}
        before = rows
    return found


class _Known:
    """A release as a key: equal when its hash is."""

    __slots__ = ("release",)

    def __init__(self, release: Release) -> None:
        self.release = release

    def __hash__(self) -> int:
        return hash(self.release.hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.release.hash == self.release.hash


def _rows(release: Release, table: str) -> dict[str, Cells]:
    return _read(_Known(release), table)


@lru_cache(CACHED_TABLES)
def _read(known: _Known, table: str) -> dict[str, Cells]:
    return rows_by_id(known.release, table)
