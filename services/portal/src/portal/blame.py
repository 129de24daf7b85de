"""Which release gave a row of the rulebook its present words, what it said before, and which proposal made it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from common.contracts.patch import Cells
from common.rulebook.differences import RowDifference
from common.rulebook.history import steps
from common.rulebook.release import Release

from portal.item_fold import Item

Makers = Mapping[tuple[str, int], tuple[Item, Mapping[str, Any]]]
"""By layer and number of a release: the proposal that it was made for, and the step of it that made it."""


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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a release came from; `why` it has no proposal that is known here.

    `first`: it is its layer's first. `trial`: only what is on trial differs from the release before it. `time`: the
    same rules were published again. `unknown`: its rows differ.
    """

    release: Release
    proposal: Item | None
    step: Mapping[str, Any] | None
    state: Literal["coming", "in_force", "past"]
    why: Literal["first", "trial", "time", "unknown"] | None


def makers(proposals: Iterable[Item]) -> Makers:
    return {
        (step["layer"], int(step["number"])): (proposal, step)
        for proposal in proposals
        for step in proposal.data.get("steps", ())
        if "layer" in step and "number" in step
    }


def origin(release: Release, releases: Sequence[Release], made: Makers, in_force: int | None, now: datetime) -> Origin:
    """`releases` are those of its layer, `in_force` the number of the one in force."""
    state: Literal["coming", "in_force", "past"] = "coming" if release.effective_at > now else "past"
    if release.number == in_force:
        state = "in_force"
    proposal, step = made.get((release.layer, release.number), (None, None))
    return Origin(release, proposal, step, state, _why(release, releases) if proposal is None else None)


def _why(release: Release, releases: Sequence[Release]) -> Literal["first", "trial", "time", "unknown"]:
    before = next((r for r in releases if r.number == release.number - 1), None)
    if before is None:
        return "first" if release.number == 1 else "unknown"
    if release.tables != before.tables:
        return "unknown"
    return "time" if release.trials == before.trials else "trial"
