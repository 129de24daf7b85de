"""The composition root of reflex."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from common.federation.country import Federation
from common.messaging.failures import TransientError
from common.messaging.release_cache import Releases
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import ReleaseMissing
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT
from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main

from reflex.facts import outcome_at
from reflex.handlers import ReflexHandler
from reflex.loops.misrouting import NAME, MisroutingLoop
from reflex.loops.patching import Patcher
from reflex.loops.settings import InForce, Settings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def in_force(book: ReleaseBook, now: datetime) -> InForce:
    """The loop's settings at a time, from the nation's rulebook. Raises TransientError while no release is here."""
    try:
        rulebook = book.in_force(NATIONAL, now)
    except ReleaseMissing as error:
        raise TransientError(str(error)) from error
    decision = rulebook.decide("loop_settings", {"loop": NAME}, NO_UNIT)

    def background(category: str) -> float | None:
        found = rulebook.decide("background", {"category": category}, NO_UNIT)
        return None if found is None else float(found.outputs["rate"])

    return InForce(Settings() if decision is None else Settings.of(decision.outputs), background)


def misrouting_loop(federation: Federation, book: ReleaseBook) -> MisroutingLoop:
    """The loop over a federation's authorities and rulebook."""

    def everywhere(authority_id: str) -> bool:
        authority = federation.authority(authority_id)
        return authority is not None and all(authority.serves(r.id) for r in federation.regions)

    region_of = {area: region.id for region in federation.regions for area in region.areas}
    return MisroutingLoop(partial(in_force, book), Patcher(book), region_of, everywhere)


def build(context: Context) -> ServiceSpec:
    releases = Releases()
    federation, book = context.federation, releases.book
    loops = {NAME: misrouting_loop(federation, book)}
    handler = ReflexHandler(loops, partial(outcome_at, federation, book))
    return ServiceSpec("reflex", handler, MIGRATIONS, releases=releases, patient=True)


if __name__ == "__main__":
    main(build)
