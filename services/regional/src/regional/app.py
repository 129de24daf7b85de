"""The composition root of one region's instance: `regional-<region>`."""

from __future__ import annotations

from pathlib import Path

from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main

from regional.case import Authority, RegionContext
from regional.handlers import RegionalHandler
from regional.settings import RegionalSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[RegionalSettings]) -> ServiceSpec:
    """The region is the part of the instance's name after `regional-`."""
    region = context.name.removeprefix("regional-")
    federation = context.federation
    region_context = RegionContext(
        region=region,
        calendar=federation.calendar(region),
        authorities={
            a.id: Authority(a.id, tuple(a.regions), a.acceptance == "automatic") for a in federation.authorities
        },
    )
    handler = RegionalHandler(
        region_context, federation, context.verifier, context.settings.lateness,
        endpoints=frozenset(a.id for a in federation.authorities if a.open311 is not None),
    )  # fmt: skip
    return ServiceSpec(name=context.name, handler=handler, migrations=MIGRATIONS)


if __name__ == "__main__":
    main(build, RegionalSettings)
