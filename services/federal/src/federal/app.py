"""The composition root of the federal centre."""

from __future__ import annotations

from pathlib import Path

from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from federal import store
from federal.handlers import FederalHandler
from federal.ladder import Ladder
from federal.model import Calendar, FederalContext
from federal.settings import FederalSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[FederalSettings]) -> ServiceSpec:
    """Cases that nobody holds count by the nation's working time and rules."""
    federation = context.federation
    releases = Releases(base=federation.base_releases())

    def calendar(region: str | None) -> Calendar:
        return federation.national_calendar if region is None else federation.calendar(region)

    async def supervision(request: Request) -> JSONResponse:
        counts = await store.supervision(context.pool)
        nothing = {"open": 0, "overdue": 0, "escalated": 0, "directives_open": 0, "directives_late": 0}
        regions = {region.id: counts.get(region.id, nothing) for region in federation.regions}
        return JSONResponse({"regions": regions, "held_by_nobody": counts.get("", nothing)})

    handler = FederalHandler(FederalContext(calendar, Ladder(releases.book).rung), context.settings.lateness)
    return ServiceSpec(
        name=context.name,
        handler=handler,
        migrations=MIGRATIONS,
        releases=releases,
        patient=True,
        routes=[Route("/v1/supervision", supervision, methods=["GET"])],
    )


if __name__ == "__main__":
    main(build, FederalSettings)
