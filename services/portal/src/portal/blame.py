"""Which release gave a row of the rulebook its present words, and what it said before. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from common.contracts.patch import Cells
from common.rulebook.differences import RowDifference
from common.rulebook.history import steps
from common.rulebook.release import Release


@dataclass(frozen=True, slots=True)
class RowVersion:
    """What one release made of a row."""

    release: Release
    change: RowDifference

    @property
    def before(self) -> Cells | None:
        """None where the release before has no such row."""
        return self.change.before

    @property
    def after(self) -> Cells | None:
        """None where the release has no such row."""
        return self.change.after


def versions(releases: Iterable[Release], table: str, row_id: str) -> list[RowVersion]:
    """Every release of a layer that changed or moved the row, newest first."""
    return [RowVersion(step.release, change) for step in steps(releases, table, row_id) for change in step.changes][
        ::-1
    ]


def last_changed(releases: Iterable[Release], table: str, until: int) -> dict[str, Release]:
    """The release that gave each row of release `until` its words."""
    found: dict[str, Release] = {}
    for step in steps((r for r in releases if r.number <= until), table):
        for change in step.changes:
            if change.after is None:
                found.pop(change.row_id, None)
            elif not change.moved:
                found[change.row_id] = step.release
    return found
