"""The composition root of the archive."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main

from archive.backtest_http import Backtests
from archive.ends import ends_of
from archive.handlers import SEAL_BYTES, ArchiveHandler
from archive.open_data_http import OpenData
from archive.settings import ArchiveSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[ArchiveSettings]) -> ServiceSpec:
    releases = Releases()
    ask_ends = partial(ends_of, context.settings, context.installation)
    handler = ArchiveHandler(releases.book, ask_ends, SEAL_BYTES, context.settings.scratch)
    public = OpenData(context.pool, context.settings.scratch)
    asked = Backtests(context.pool, releases.book, context.settings.scratch)
    routes = [*public.routes(), *asked.routes()]
    return ServiceSpec("archive", handler, MIGRATIONS, releases=releases, routes=routes, patient=True)


if __name__ == "__main__":
    main(build, ArchiveSettings)
