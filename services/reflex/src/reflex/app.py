"""The composition root of reflex."""

from __future__ import annotations

from pathlib import Path

from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main

from reflex.handlers import ReflexHandler
from reflex.loop import LoopContext
from reflex.loop_homes import LoopHomes
from reflex.loop_readiness import LoopWatch
from reflex.loops import LOOPS
from reflex.settings import ReflexSettings, chosen

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[ReflexSettings]) -> ServiceSpec:
    releases, names = Releases(), chosen(context.settings.loops, LOOPS)
    ground = LoopContext(context.federation, releases.book)
    homes = LoopHomes(names, context.settings.part, named=bool(context.settings.loops.strip()))
    handler = ReflexHandler([LOOPS[name](ground) for name in names], context.verifier.check, homes)
    return ServiceSpec("reflex", handler, MIGRATIONS, releases=releases, patient=True, warnings=LoopWatch(names))


if __name__ == "__main__":
    main(build, ReflexSettings)
