"""How the rows of a layer came to say what they say: what each of its releases changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from common.rulebook.differences import RowDifference, differences
from common.rulebook.release import Release
from common.rulebook.tables import TABLES

CACHED_STEPS = 2_000


@dataclass(frozen=True, slots=True)
class ReleaseStep:
    """A release, and the rows in which it differs from the one before it; for the first that is every row."""

    release: Release
    changes: tuple[RowDifference, ...]


def steps(releases: Iterable[Release], table: str | None = None, row_id: str | None = None) -> list[ReleaseStep]:
    """Every release of a layer, oldest first, with what it changed: of all tables or one, of all rows or one.

    With a table or a row only the releases that changed it.
    """
    found: list[ReleaseStep] = []
    before: Release | None = None
    for release in sorted(releases, key=lambda r: r.number):
        tables = TABLES if table is None else (table,)
        changed = tuple(
            change
            for name in sorted(tables)
            for change in _changes(_Known(before), _Known(release), name)
            if row_id is None or change.row_id == row_id
        )
        if changed or (table is None and row_id is None):
            found.append(ReleaseStep(release, changed))
        before = release
    return found


class _Known:
    """A release as a key: equal when its hash is. None stands for what was before a layer's first."""

    __slots__ = ("key", "release")

    def __init__(self, release: Release | None) -> None:
        self.release = release
        self.key = None if release is None else (release.layer, release.number, release.hash)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.key == self.key


@lru_cache(CACHED_STEPS)
def _changes(before: _Known, after: _Known, table: str) -> tuple[RowDifference, ...]:
    old, new = (
        {table: known.release.tables[table]} if known.release is not None and table in known.release.tables else {}
        for known in (before, after)
    )
    return tuple(differences(old, new))
