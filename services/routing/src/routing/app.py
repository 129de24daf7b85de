"""The composition root of routing."""

from __future__ import annotations

from pathlib import Path

from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main

from routing.handlers import WAITING_AT_MOST, RoutingHandler
from routing.model import RoutingContext
from routing.model_readiness import ModelWatch
from routing.models import Models
from routing.settings import RoutingSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[RoutingSettings]) -> ServiceSpec:
    releases = Releases()
    models = Models(context.settings.models_folder)
    routing = RoutingContext(context.federation, releases.book.in_force, models.read)
    at_most = WAITING_AT_MOST if context.settings.time == "wall" else None
    handler = RoutingHandler(routing, context.verifier, context.mandates, waiting_at_most=at_most)
    watch = ModelWatch(releases.book, models, wall=context.settings.time == "wall")
    return ServiceSpec("routing", handler, MIGRATIONS, releases=releases, warnings=watch)


if __name__ == "__main__":
    main(build, RoutingSettings)
