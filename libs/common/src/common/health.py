"""Liveness, readiness that tells the truth, and metrics, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Facts = Callable[[], dict[str, Any]]
"""What readiness says; `problems` is a list of sentences, empty when ready."""


def health_routes(facts: Facts) -> Sequence[Route]:
    """/health/live, /health/ready and /metrics."""

    async def live(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_: Request) -> Response:
        found = facts()
        return JSONResponse(found, status_code=503 if found["problems"] else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)]


def seconds_since(moment: float | None) -> float | None:
    """Age of a monotonic moment, for people."""
    return None if moment is None else round(time.monotonic() - moment, 1)
