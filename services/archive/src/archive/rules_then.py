"""The rules of a moment with a change and without it, as decisions met them that followed the other rule of a trial."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from common.contracts.patch import Patch
from common.contracts.trial import TrialPlan
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import PatchConflict, ReleaseMissing
from common.rulebook.layers import Layer, Rulebook
from common.rulebook.patch import apply_patch
from common.rulebook.release import NATIONAL, Release

Both = tuple[Rulebook, Rulebook]
"""Without the change and with it."""


class RulesThen:
    """Of each region, made once. No trial divides in them: a past decision keeps the rule that it followed.

    They are those in force at `moment`, or from later on where the release that the patch changes was published ahead.
    """

    def __init__(self, book: ReleaseBook, patch: Patch, moment: datetime) -> None:
        base = next((r for r in book.releases(patch.layer) if r.number == patch.base_number), None)
        self._now = moment if base is None else max(moment, base.effective_at)
        self._book = book
        self._patch = patch
        self._made: dict[tuple[str, str | None], Both] = {}
        self._trials = {_other_arm(plan): plan for plan in self._plans()}

    @property
    def other_rules(self) -> tuple[str, ...]:
        """Of each trial that runs then, the arm whose rule its release's tables do not hold."""
        return tuple(sorted(self._trials))

    def of(self, layer: str, arms: str | None) -> Both:
        """Of a region, or of NATIONAL alone. Raises PatchConflict, ReleaseMissing."""
        key = layer, arms
        if key not in self._made:
            self._made[key] = self._both(layer, arms)
        return self._made[key]

    def _both(self, layer: str, arms: str | None) -> Both:
        releases = [self._in_force(NATIONAL), self._in_force(layer) if layer != NATIONAL else None]
        if releases[0] is None:
            raise ReleaseMissing(f"no national release in force at {self._now.isoformat()} is known here")
        if not arms:
            return _rulebook(releases), _rulebook([_patched(one, self._patch) for one in releases])
        try:
            for plan in (self._trials[arm] for arm in arms.split(" ")):
                other = plan.reversal if plan.adopted else plan.patch
                releases = [_patched(one, other) for one in releases]
            return _rulebook(releases), _rulebook([_patched(one, self._patch) for one in releases])
        except PatchConflict:
            # The change is one of the rule that the tables hold: of the other one nobody can say what it would be.
            return self.of(layer, None)

    def _in_force(self, layer: str) -> Release | None:
        number = self._book.number_at(layer, self._now)
        return next((r for r in self._book.releases(layer) if r.number == number), None)

    def _plans(self) -> Iterator[TrialPlan]:
        for layer in self._book.layers:
            release = self._in_force(layer)
            yield from release.trials if release is not None else ()


def _other_arm(plan: TrialPlan) -> str:
    """As `rows.arms_text` writes it."""
    return f"{plan.proposal_id}:{'current' if plan.adopted else 'candidate'}"


def _patched(release: Release | None, patch: Patch) -> Release | None:
    if release is None or release.layer != patch.layer:
        return release
    return release.model_copy(update={"tables": apply_patch(release.tables, patch)})


def _rulebook(releases: list[Release | None]) -> Rulebook:
    made = [Layer(one.model_copy(update={"trials": ()})) for one in releases if one is not None]
    return Rulebook(made[0], made[1] if len(made) > 1 else None)
