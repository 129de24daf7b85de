"""What is happening now, kept up to date while somebody looks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from common.federation.languages import short_day
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from portal import drawing
from portal.area_map import MEASURES, measured, value_words
from portal.area_sums import by_area, totals_of
from portal.change_signal import EVERYTHING, Changes
from portal.language import language
from portal.pages.frame import Frame

REFRESH_SECONDS = 0.5
LIST_SECONDS = 2.0
EVENTS_SHOWN = 12
TABLE_DAYS = 14
DEFAULT_MEASURE = "transferred"


class Board:
    """The moving part of the page: made at most twice a second and kept for whoever asks, so that a thousand
    watchers cost no more questions than one."""

    def __init__(self, frame: Frame, changes: Changes) -> None:
        self._frame, self._changes = frame, changes
        self._map = frame.outlines
        self._kept: dict[tuple[str, str], tuple[int, float, str]] = {}
        self._lock = asyncio.Lock()

    async def html(self, measure: str) -> str:
        async with self._lock:
            kept = self._kept.get((measure, language()))
            fresh = time.monotonic()
            if kept is not None and (kept[0] == self._changes.number or fresh - kept[1] < REFRESH_SECONDS):
                return kept[2]
            number = self._changes.number
            values = await self._values(measure)
            text = await asyncio.to_thread(self._frame.render, "now_part.html", **values)
            self._kept[measure, language()] = (number, fresh, text)
            return text

    async def _values(self, measure: str) -> dict[str, Any]:
        reader = self._frame.reader
        tallies, rows = await reader.tallies(), await reader.days(list(drawing.LINES))
        recent, clock = await reader.recent(EVENTS_SHOWN), await reader.clock()
        proposals = await reader.item_states("proposal")
        series = drawing.series_of(rows)
        areas = by_area(tallies)
        picture, legend = self._map.draw(areas, measure)
        days = drawing.days_of(series)
        return {
            "totals": totals_of(tallies),
            "trends": drawing.trends(series),
            "sparks": {name: drawing.spark(series, name) for name in series},
            "chart": drawing.day_chart(series),
            "top": drawing.nice_top(max((c for counts in series.values() for c in counts.values()), default=1)),
            "days": [short_day(day, language()) for day in days],
            "table": [
                (short_day(day, language()), {name: series[name].get(day, 0) for name in series})
                for day in days[-TABLE_DAYS:][::-1]
            ],
            "map": picture,
            "legend": legend,
            "measure": measure,
            "measures": MEASURES,
            "lines": drawing.LINE_WORDS,
            "areas": [
                (area, self._frame.names.region(row["region"]), row, value_words(measured(row, measure), measure))
                for area, row in sorted(areas.items())
            ],
            "recent": [self._told(event) for event in recent],
            "clock": clock,
            "waiting_proposals": sum(proposals.get(state, 0) for state in ("checked", "to_be_decided")),
        }

    def _told(self, event: dict[str, Any]) -> dict[str, Any]:
        return {**event, "words": self._frame.public_teller.sentence(event["type"], event["data"])}


def routes(frame: Frame, changes: Changes) -> list[BaseRoute]:
    board = Board(frame, changes)

    def measure_of(request: Request) -> str:
        asked = request.query_params.get("measure", "")
        return asked if asked in MEASURES else DEFAULT_MEASURE

    async def now(request: Request) -> Response:
        measure = measure_of(request)
        return await frame.page(request, "now.html", board=await board.html(measure), measure=measure)

    async def part(request: Request) -> Response:
        return HTMLResponse(await board.html(measure_of(request)), headers=frame.headers)

    async def live(request: Request) -> Response:
        """A server-sent event at once, since the page was made before, and each time that something which it shows has
        changed: at most twice a second, of a list every two seconds."""
        subjects = request.query_params.get("watch", EVERYTHING).split(",")
        pause = REFRESH_SECONDS if EVERYTHING in subjects or any(":" in s for s in subjects) else LIST_SECONDS

        async def events() -> AsyncIterator[dict[str, str]]:
            with changes.watching(subjects) as watch:
                watch.changed.set()
                while not await request.is_disconnected():
                    try:
                        await asyncio.wait_for(watch.changed.wait(), 15)
                    except TimeoutError:
                        continue
                    watch.changed.clear()
                    yield {"event": "changed", "data": str(changes.number)}
                    await asyncio.sleep(pause)

        return EventSourceResponse(events())

    return [Route("/", now), Route("/parts/now", part), Route("/live", live)]
