"""Hostile and honest senders side by side for a time, and what became of both."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import psutil

from tests.fuzz.http.attacks import ATTACKS, QUICK, Target
from tests.kafka import eventually

HONEST_PAUSE_SECONDS = 0.1
HONEST_PATIENCE_SECONDS = 60.0
SETTLING_SECONDS = 30.0
"""For the last connections to be cut off, and for readiness."""


@dataclass
class PostOutcome:
    """What happened; `complaints` says in words what must not."""

    seed: int
    attacks: Counter[str] = field(default_factory=Counter)
    """By attack and what it was answered with."""
    honest: Counter[str] = field(default_factory=Counter)
    """By status, or by the kind of failure."""
    memory_before_mb: float = 0.0
    memory_most_mb: float = 0.0
    ready: bool = False

    def complaints(self, most_growth_mb: float, least_share: float = 0.95) -> list[str]:
        wrong = []
        share = self.honest["202"] / max(1, self.honest.total())
        if share < least_share:
            wrong.append(f"only {share:.1%} of the honest posts were taken: {dict(self.honest)}")
        if self.memory_most_mb - self.memory_before_mb > most_growth_mb:
            wrong.append(f"memory grew from {self.memory_before_mb:.0f} to {self.memory_most_mb:.0f} MB")
        wrong += [f"answered with a failure: {name}" for name in self.attacks if name.endswith(("500", "502"))]
        if not self.ready:
            wrong.append("not ready at the end")
        return wrong

    def shown(self) -> dict[str, Any]:
        return {
            "seed": self.seed, "attacks": self.attacks.total(), "by answer": dict(sorted(self.attacks.items())),
            "honest": dict(self.honest), "memory_mb": [round(self.memory_before_mb), round(self.memory_most_mb)],
            "ready": self.ready,
        }  # fmt: skip


async def fuzz(port: int, pid: int, seed: int, seconds: float, attackers: int, least_honest: int = 0) -> PostOutcome:
    """Attack the edge of one process on this machine for so long, and until so many honest posts are answered."""
    found, process = PostOutcome(seed), psutil.Process(pid)
    found.memory_before_mb = found.memory_most_mb = process.memory_info().rss / 1e6
    target = Target(port, json.dumps(message("stranger")).encode())
    over = asyncio.Event()
    attacking = [asyncio.create_task(_attack(target, random.Random(f"{seed} {n}"), n, found, over))
                 for n in range(attackers)]  # fmt: skip
    beside = [asyncio.create_task(_post(port, seed, found, over)), asyncio.create_task(_weigh(process, found, over))]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(beside[0]), seconds)
    await eventually(partial(_answered, found, least_honest))
    over.set()
    await asyncio.gather(*beside)
    for task in attacking:
        task.cancel()
    await asyncio.gather(*attacking, return_exceptions=True)
    found.ready = await _ready(port)
    return found


def message(name: str) -> dict[str, object]:
    return {"conversation": name, "contact": {"address": "ann@example.org"}, "text": "A hole", "category": "Pothole",
            "place": {"lat": 0.5, "lon": 0.5}, "sent_at": "2011-07-01T14:00:00Z"}  # fmt: skip


async def _answered(found: PostOutcome, number: int) -> bool:
    return found.honest.total() >= number


async def _attack(target: Target, draw: random.Random, number: int, found: PostOutcome, over: asyncio.Event) -> None:
    """A third of the attackers make quick attacks alone, so that those come in numbers."""
    attacks = QUICK if number % 3 == 0 else ATTACKS
    while not over.is_set():
        attack = draw.choice(attacks)
        try:
            answer = await attack(target, draw)
        except OSError as error:
            answer = type(error).__name__
        found.attacks[f"{attack.__name__} {answer}"] += 1


async def _post(port: int, seed: int, found: PostOutcome, over: asyncio.Event) -> None:
    """An honest citizen after the other, at an even pace, from one address; each with a connection of its own."""
    posting: set[asyncio.Task[None]] = set()
    number = 0
    while not over.is_set():
        number += 1
        posting.add(asyncio.create_task(_honest(port, f"honest {seed} {number}", found)))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), HONEST_PAUSE_SECONDS)
    await asyncio.gather(*posting)


async def _honest(port: int, name: str, found: PostOutcome) -> None:
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", timeout=HONEST_PATIENCE_SECONDS, verify=False
    ) as http:
        try:
            answer = await http.post("/v1/channels/web/messages", json=message(name), headers={"Idempotency-Key": "1"})
            found.honest[str(answer.status_code)] += 1
        except httpx.HTTPError as error:
            found.honest[type(error).__name__] += 1


async def _weigh(process: psutil.Process, found: PostOutcome, over: asyncio.Event) -> None:
    while not over.is_set():
        found.memory_most_mb = max(found.memory_most_mb, process.memory_info().rss / 1e6)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 0.1)


async def _ready(port: int) -> bool:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10, verify=False) as http:
        end = asyncio.get_running_loop().time() + SETTLING_SECONDS
        while asyncio.get_running_loop().time() < end:
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get("/health/ready")).status_code == 200:
                    return True
            await asyncio.sleep(0.5)
    return False
