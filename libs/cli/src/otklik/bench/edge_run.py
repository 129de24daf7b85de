"""The HTTP edge apart: posts of whole messages, answered once Kafka has them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import httpx

from otklik.bench.measure import Run

CONCURRENT_CITIZENS = 128
"""Citizens posting at the same time."""


async def post_all(edge: str, channel: str, bodies: Sequence[tuple[str, bytes]]) -> Run:
    """Post every (idempotency key, body); raises httpx.HTTPStatusError when one is not taken."""
    waiting = list(reversed(bodies))
    took: list[float] = []

    async def citizen() -> None:
        # One client each: a pool that many share looks through all its connections for each request. The edge is on
        # this machine and speaks plain HTTP, so nobody needs to load certificates 128 times.
        async with httpx.AsyncClient(base_url=edge, timeout=60, verify=False) as client:
            while waiting:
                key, body = waiting.pop()
                began = time.perf_counter()
                answer = await client.post(
                    f"/v1/channels/{channel}/messages", content=body, headers={"Idempotency-Key": key}
                )
                answer.raise_for_status()
                took.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(citizen() for _ in range(CONCURRENT_CITIZENS)))
    return Run(len(took), time.perf_counter() - began, tuple(sorted(took)))
