"""The composition root of routing."""

from __future__ import annotations

from pathlib import Path

from common.context import Context
from common.releases import Releases
from common.service import ServiceSpec, main

from routing.handlers import RoutingHandler

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context) -> ServiceSpec:
    releases = Releases()
    handler = RoutingHandler(context.federation, releases, context.verifier, context.mandates)
    return ServiceSpec("routing", handler, MIGRATIONS, releases=releases)


if __name__ == "__main__":
    main(build)
