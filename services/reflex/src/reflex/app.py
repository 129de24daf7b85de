"""The composition root of reflex."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from common.context import Context
from common.failures import Passing
from common.releases import Releases
from common.rulebook.errors import ReleaseMissing
from common.rulebook.release import NATIONAL
from common.service import ServiceSpec, main

from reflex.handlers import ReflexHandler, outcome_at
from reflex.loops.misrouting import NAME, MisroutingLoop, Settings
from reflex.loops.patching import patch_cell

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def settings_at(releases: Releases, now: datetime) -> Settings:
    """The loop's settings in force. Raises Passing while no release is here."""
    try:
        decision = releases.book.in_force(NATIONAL, now).decide("loop_settings", loop=NAME)
    except ReleaseMissing as error:
        raise Passing(str(error)) from error
    if decision is None:
        return Settings()
    held = decision.outputs
    return Settings(
        sr_threshold=float(held["sr_threshold"]),
        win_probability=float(held["win_probability"]),
        min_cases=int(held["min_cases"]),
        cooldown_days=int(held["cooldown_days"]),
        background_rate=float(held["background_rate"]),
    )


def build(context: Context) -> ServiceSpec:
    releases = Releases()
    loop = MisroutingLoop(partial(settings_at, releases), partial(patch_cell, releases.book))
    handler = ReflexHandler({NAME: loop}, partial(outcome_at, context.federation, releases.book))
    return ServiceSpec("reflex", handler, MIGRATIONS, releases=releases)


if __name__ == "__main__":
    main(build)
