"""The composition root of routing."""

from __future__ import annotations

from pathlib import Path

from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main

from routing.handlers import RoutingHandler

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context) -> ServiceSpec:
    releases = Releases()
    handler = RoutingHandler(context.federation, releases, context.verifier, context.mandates)
    return ServiceSpec("routing", handler, MIGRATIONS, releases=releases)


if __name__ == "__main__":
    main(build)
