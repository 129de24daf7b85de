"""Two replays of the same days with one seed say the same, however records were batched and whoever handled them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from embedded.stack import Stack
from world.replay import Progress
from world.run import Task
from world.sameness import differences

from tests.conftest import ROOT, new_ground
from tests.replayed import KEYS, Running, replayed, said_in

BOSTON = ROOT / "deploy" / "federations" / "boston"
LOG = BOSTON / "log" / "boston_2011_h2.csv.gz"
DAYS = 3
SEED = 7


async def test_two_replays_with_one_seed_are_equal_whatever_the_batches_replicas_and_restarts(
    stack: Stack, tmp_path: Path
) -> None:
    print(f"seed {SEED}, {DAYS} days")
    task = Task(BOSTON, LOG, seed=SEED, days=DAYS, accept="auto")
    ground = await new_ground(stack, tmp_path / "calm", BOSTON)
    report = await replayed(ground, task)
    calm = await said_in(ground)

    under_way: list[asyncio.Task[None]] = []

    def shake(services: Running, progress: Progress) -> None:
        """At some intervals, with records under way: second replicas come up, and services end and come back."""
        one_more = {2: ("regional-central", "federal"), 8: ("rules", "routing")}.get(progress.done, ())
        anew = {5: ("routing",), 8: ("federal",), 11: ("regional-central", "reflex")}.get(progress.done, ())
        under_way.extend(asyncio.ensure_future(services.start(name)) for name in one_more)
        under_way.extend(asyncio.ensure_future(services.restart(name)) for name in anew)

    ground = await new_ground(stack, tmp_path / "shaken", BOSTON)
    again = await replayed(ground, task, batch_records=7, key=KEYS[1], shake=shake)
    await asyncio.gather(*under_way)
    shaken = await said_in(ground)
    assert report["balance"] == again["balance"]
    assert len(calm) > 3_000
    found = differences(calm, shaken)
    assert not found, "\n".join(found)
