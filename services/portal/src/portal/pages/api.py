"""The read API that the command line uses."""

from __future__ import annotations

import json
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from portal.area_sums import by_region, totals_of
from portal.pages.cases import arms_of, because_of
from portal.pages.frame import Frame


def routes(frame: Frame) -> list[BaseRoute]:
    async def status(_: Request) -> Response:
        reader = frame.reader
        clock, tallies = await reader.clock(), await reader.tallies()
        letters, proposals = await reader.open_letters(), await reader.item_states("proposal")
        return JSONResponse(
            {
                "federation": frame.federation.title,
                "now": clock.isoformat() if clock else None,
                "clock": frame.times.zoned(clock) if clock else None,
                "simulated": frame.context.settings.time == "ticks",
                "totals": totals_of(tallies),
                "regions": by_region(tallies),
                "dead_letters": letters,
                "proposals": proposals,
            }
        )

    async def case(request: Request) -> Response:
        view = await frame.reader.case(request.path_params["name"])
        if view is None:
            return JSONResponse({"error": f"no case {request.path_params['name']}"}, 404)
        history = await frame.reader.history(view.case_id)
        because = because_of(history)
        found = {
            "case": asdict(view),
            "title": frame.names.category(view.category),
            "region": frame.names.region(view.region),
            "authority": frame.names.authority(view.authority),
            "due": frame.times.zoned(view.due_at),
            "events": [
                {**event, "words": line.words, "by": line.by, "local_time": frame.times.plain(line.time)}
                for event, line in zip(history, frame.teller.tell(history), strict=True)
            ],
            "because": because,
            "why": [frame.words.because(b) for b in because],
            "trials": [frame.words.arm(arm) for arm in arms_of(history)],
        }
        return Response(json.dumps(found, default=str), media_type="application/json")

    return [
        Route("/api/status", status),
        Route("/api/cases/{name}", case),
    ]
