"""The read API: what anybody may know, and for the command line of the operator everything."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from portal.area_sums import by_region, totals_of
from portal.division import division_of
from portal.pages.cases import arms_of, because_of
from portal.pages.frame import Frame
from portal.timeline import Line


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
        entitled = frame.entitled(request)
        whole = entitled.see_words(view)
        teller = frame.teller if whole else frame.public_teller

        def shown(event: dict[str, Any], line: Line) -> dict[str, Any]:
            told = {"type": line.type, "time": line.time, "words": line.words, "by": line.by,
                    "local_time": frame.times.plain(line.time)}  # fmt: skip
            if entitled.machine:
                return event | told
            return told | ({"said": line.said, "reason": line.reason, "position": line.position} if whole else {})

        division = division_of(view.case_id, history, frame.names.actor)
        found = {
            "case": asdict(view),
            "title": frame.names.category(view.category),
            "region": frame.names.region(view.region),
            "authority": frame.names.authority(view.authority),
            "due": frame.times.zoned(view.due_at),
            "events": [shown(event, line) for event, line in zip(history, teller.tell(history), strict=True)],
            **({"because": because, "division": asdict(division) if division is not None else None} if whole else {}),
            "why": [frame.words.because(b) for b in because],
            "trials": [frame.words.arm(arm) for arm in arms_of(history)],
        }
        return Response(json.dumps(found, default=str), media_type="application/json")

    return [
        Route("/api/status", status),
        Route("/api/cases/{name}", case),
    ]
