"""What would become of a message under other rules than those in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from common.contracts.patch import Patch
from common.contracts.trial import TrialPlan
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import ReleaseMissing
from common.rulebook.layers import Layer, Rulebook
from common.rulebook.patch import apply_patch
from common.rulebook.placement import Placed, Unplaced
from common.rulebook.release import NATIONAL, Release, sealed


def patched(book: ReleaseBook, region: str, now: datetime, patch: Patch) -> Rulebook:
    """The rulebook of a region at a time as it would be with a patch; one on another region's layer changes nothing.

    It is on trial nowhere, and so is nothing else: all follow the tables.
    Of NATIONAL it is that of the nation alone.
    Raises ReleaseMissing when nothing is in force, PatchConflict when the patch does not apply to what is.
    """
    national = _in_force(book, NATIONAL, now)
    overlay = _in_force(book, region, now) if region != NATIONAL else None
    if national is None:
        raise ReleaseMissing(f"no national release in force at {now.isoformat()} is known here")
    national, overlay = (_untried(_with(release, patch)) for release in (national, overlay))
    assert national is not None
    return Rulebook(Layer(national), Layer(overlay) if overlay is not None else None)


def with_release(book: ReleaseBook, region: str, now: datetime, release: Release) -> Rulebook:
    """The rulebook of a region at a time with a release in the place of the one that its layer has in force.

    One of another region's layer changes nothing. Raises ReleaseMissing when nothing is in force.
    """
    national = _in_force(book, NATIONAL, now) if release.layer != NATIONAL else release
    overlay = _in_force(book, region, now) if region != NATIONAL else None
    if national is None:
        raise ReleaseMissing(f"no national release in force at {now.isoformat()} is known here")
    if region == release.layer != NATIONAL:
        overlay = release
    return Rulebook(Layer(national), Layer(overlay) if overlay is not None else None)


def by_other_rules(
    rulebook: Rulebook, ask: Callable[[Rulebook], Placed | Unplaced]
) -> list[tuple[TrialPlan, Placed | Unplaced]]:
    """What would become of a message by the other rule of each trial, where that is something else.

    `ask` places the message by a rulebook; by the tables alone it is asked with `rulebook.without_trials()`.
    """
    held = _without_rows(ask(rulebook.without_trials()))
    found = ((plan, ask(rulebook.otherwise(plan.proposal_id))) for plan in rulebook.trials)
    return [(plan, placed) for plan, placed in found if _without_rows(placed) != held]


def _without_rows(placed: Placed | Unplaced) -> Placed | Unplaced:
    """What becomes of a message: by which row, or as which category a person is asked about it, is no difference."""
    return replace(placed, because=()) if isinstance(placed, Placed) else replace(placed, category=None)


def _in_force(book: ReleaseBook, layer: str, now: datetime) -> Release | None:
    number = book.number_at(layer, now)
    return next((r for r in book.releases(layer) if r.number == number), None)


def _with(release: Release | None, patch: Patch) -> Release | None:
    if release is None or release.layer != patch.layer:
        return release
    tables = apply_patch(release.tables, patch)
    return sealed(release.model_copy(update={"tables": tables, "number": release.number + 1}))


def _untried(release: Release | None) -> Release | None:
    return release.model_copy(update={"trials": ()}) if release is not None and release.trials else release
