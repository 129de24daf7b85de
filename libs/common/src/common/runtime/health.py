"""Liveness, readiness and metrics over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Facts = Callable[[float | None], Awaitable[dict[str, Any]]]
"""What readiness says, within so many seconds if given; `problems` is a list of sentences, empty when ready. `started`
may say that it works all the same: what is wrong is left over for an operator."""


def health_routes(facts: Facts) -> Sequence[Route]:
    """/health/live, /health/started, /health/ready and /metrics.

    `started` asks less than `ready`: work that is left over for an operator keeps no service from starting.
    `ready?within=SECONDS` is for people who wait: what is not known by then is said to be so.
    """

    async def live(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(request: Request) -> Response:
        found = await facts(_seconds(request.query_params.get("within")))
        return JSONResponse(found, status_code=503 if found["problems"] else 200)

    async def started(_: Request) -> Response:
        found = await facts(None)
        works = found.get("started", not found["problems"])
        return JSONResponse(found, status_code=200 if works else 503)

    async def metrics(_: Request) -> Response:
        await facts(None)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/health/live", live),
        Route("/health/started", started),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else min(60.0, max(0.0, float(text)))
    except ValueError:
        return None
