"""The composition root of the portal."""

from __future__ import annotations

from pathlib import Path

from common.context import Context
from common.releases import Releases
from common.service import ServiceSpec, main

from portal.handlers import Changes, PortalHandler
from portal.pages import Pages
from portal.store import Reader

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context) -> ServiceSpec:
    changes, releases = Changes(), Releases()
    pages = Pages(context, Reader(context.pool), releases, changes)
    return ServiceSpec("portal", PortalHandler(changes), MIGRATIONS, releases=releases, routes=pages.routes())


if __name__ == "__main__":
    main(build)
