"""The mirror of values: how cases went by every declared value, week by week and region by region."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import mirror_drawing
from portal.formats import day_text, points
from portal.mirror_view import MEASURES, ids_of, records_of, spreads_of, views_of, weeks_until
from portal.pages.frame import Frame

COUNTER = ("reopened", "repeated", "without_work", "within_a_minute")


def routes(frame: Frame) -> list[BaseRoute]:
    regions = sorted((region.id for region in frame.federation.regions), key=frame.names.region)

    async def values(request: Request) -> Response:
        newest = records_of(await frame.reader.items("mirror", "ended", 1))
        weeks = weeks_until(newest[0].week) if newest else []
        records = records_of(await frame.reader.items_named("mirror", ids_of(weeks, regions)))
        views = views_of(records, regions)
        return await frame.page(
            request, "values.html", views=views, spreads=spreads_of(records), words=MEASURES, counter=COUNTER,
            first=records[0].week if records else None, last=records[-1].week if records else None,
            panel=mirror_drawing.panel, on=day_text, points=points,
        )  # fmt: skip

    return [Route("/values", values)]
