"""Whether an adopted change is in a release, and what the rules would be without it."""

from __future__ import annotations

from datetime import datetime

from common.contracts.patch import Patch
from common.contracts.trial import TrialPlan
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import PatchConflict, ReleaseMissing
from common.rulebook.layers import Layer, Rulebook
from common.rulebook.patch import apply_patch
from common.rulebook.release import NATIONAL, Release, sealed


def without_change(release: Release, proposal_id: str, reversal: Patch) -> Release | None:
    """The release as it would be had the change not been made; None where the change is not in it, or no more."""
    try:
        tables = apply_patch(release.tables, reversal)
    except PatchConflict:
        return None
    trials = tuple(plan for plan in release.trials if plan.proposal_id != proposal_id)
    return sealed(release.model_copy(update={"tables": tables, "trials": trials}))


def rulebook_without(book: ReleaseBook, tag: str, proposal_id: str, reversal: Patch) -> Rulebook | None:
    """What stands behind a tag such as `national:1+north:2`, without a change; None where the change is not in it.

    Raises ReleaseMissing.
    """
    book.get(tag)
    releases = [_release(book, *part.split(":")) for part in tag.split("+")]
    changed = next((r for r in releases if r.layer == reversal.layer), None)
    before = without_change(changed, proposal_id, reversal) if changed is not None else None
    if before is None:
        return None
    layers = {r.layer: Layer(_of_what_fits(before) if r is changed else r) for r in releases}
    national = layers.pop(NATIONAL)
    return Rulebook(national, next(iter(layers.values()), None))


def _of_what_fits(release: Release) -> Release:
    """Without the trials of changes to what is taken back: they would never have begun."""
    fit = tuple(plan for plan in release.trials if _fits(release, plan))
    return release if len(fit) == len(release.trials) else release.model_copy(update={"trials": fit})


def _fits(release: Release, plan: TrialPlan) -> bool:
    try:
        apply_patch(release.tables, plan.reversal if plan.adopted else plan.patch)
    except PatchConflict:
        return False
    return True


def _release(book: ReleaseBook, layer: str, number: str) -> Release:
    found = next((r for r in book.releases(layer) if r.number == int(number)), None)
    if found is None:
        raise ReleaseMissing(f"release {layer}:{number} is not known here yet")
    return found


def held_until(book: ReleaseBook, proposal_id: str, reversal: Patch, since: datetime, until: datetime) -> datetime:
    """When a change that came into force at `since` was taken back or changed again; `until` if not before."""
    releases = {release.number: release for release in book.releases(reversal.layer)}
    moments = {since, *(r.effective_at for r in releases.values() if since < r.effective_at < until)}
    for moment in sorted(moments):
        number = book.number_at(reversal.layer, moment)
        if number is not None and without_change(releases[number], proposal_id, reversal) is None:
            return moment
    return until


class RulesAround:
    """Rules at the moment in which a change came into force, without it and with it, by region; none on trial."""

    def __init__(self, book: ReleaseBook, proposal_id: str, reversal: Patch, since: datetime) -> None:
        self._book, self._change, self._since = book, (proposal_id, reversal), since
        self._made: dict[str, tuple[Rulebook, Rulebook] | None] = {}

    def of(self, region: str) -> tuple[Rulebook, Rulebook] | None:
        """None for a region whose rules the change is not in. Raises ReleaseMissing."""
        if region not in self._made:
            instead = self._book.in_force(region, self._since)
            without = rulebook_without(self._book, instead.release, *self._change)
            both = None if without is None else (without.without_trials(), instead.without_trials())
            self._made[region] = both
        return self._made[region]
