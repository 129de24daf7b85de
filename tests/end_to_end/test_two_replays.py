"""Two replays of the same days with one seed say the same, however records were batched and whoever handled them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import federal.app
import intake.app
import portal.app
import reflex.app
import regional.app
import routing.app
import rules.app
from common.catalogue import regional_instance
from common.federation import load_federation
from common.service import Build, Service
from embedded.stack import Stack
from pydantic import SecretStr
from world.replay import Progress
from world.run import Task, WorldSettings, as_principal, replay
from world.sameness import Said, differences, everything_said

from tests.conftest import ROOT, Ground, new_ground

BOSTON = ROOT / "deploy" / "federations" / "boston"
LOG = BOSTON / "log" / "boston_2011_h2.csv.gz"
DAYS = 3
SEED = 7
KEYS = [base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2)]
APPS: dict[str, Build] = {
    "rules": rules.app.build, "intake": intake.app.build, "routing": routing.app.build,
    "federal": federal.app.build, "reflex": reflex.app.build, "portal": portal.app.build,
}  # fmt: skip


@dataclass
class Running:
    """The services of one installation in this process, with replicas and restarts."""

    ground: Ground
    batch_records: int
    key: str
    services: dict[str, list[Service]] = field(default_factory=dict)

    async def start(self, name: str) -> None:
        """One more replica of a service."""
        settings = self.ground.settings(
            name, vault_key=self.key, pseudonym_key=self.key, batch_records=self.batch_records
        )
        build = APPS.get(name, regional.app.build)
        service = Service(settings, build)
        await service.start()
        self.services.setdefault(name, []).append(service)

    async def restart(self, name: str) -> None:
        """End the first replica and start another."""
        await self.services[name].pop(0).stop()
        await self.start(name)

    async def stop(self) -> None:
        for service in [s for replicas in self.services.values() for s in replicas][::-1]:
            await service.stop()


@asynccontextmanager
async def running(ground: Ground, batch_records: int, key: str) -> AsyncIterator[Running]:
    regions = [regional_instance(r.id) for r in load_federation(ground.federation).regions]
    made = Running(ground, batch_records, key)
    try:
        for name in [*APPS, *regions]:
            await made.start(name)
        yield made
    finally:
        await made.stop()


async def said_in(
    ground: Ground, batch_records: int, key: str, shake: Callable[[Running, Progress], None] | None = None
) -> tuple[list[Said], dict[str, object]]:
    """Replay the days on an installation; everything that was said there, and the report."""
    task = Task(BOSTON, LOG, seed=SEED, days=DAYS, accept="auto", http_share=0.1)
    async with running(ground, batch_records, key) as services:
        edge = f"http://127.0.0.1:{services.services['intake'][0].http_port}"
        password = SecretStr(ground.stack.kafka_password)
        world = WorldSettings(
            edge_url=edge, watch_user=ground.stack.kafka_user, watch_password=password,
            operator_password=SecretStr(ground.passwords["operator"]),
        )  # fmt: skip
        report = await replay(task, ground.settings("world"), world, lambda p: shake(services, p) if shake else None)
    reader = as_principal(ground.settings("world"), ground.stack.kafka_user, password)
    return await everything_said(reader, ground.installation), report


async def test_two_replays_with_one_seed_are_equal_whatever_the_batches_replicas_and_restarts(
    stack: Stack, tmp_path: Path
) -> None:
    print(f"seed {SEED}, {DAYS} days")
    calm, report = await said_in(await new_ground(stack, tmp_path / "calm", BOSTON), 500, KEYS[0])

    under_way: list[asyncio.Task[None]] = []

    def shake(services: Running, progress: Progress) -> None:
        """At some intervals, with records under way: second replicas come up, and services end and come back."""
        one_more = {2: ("regional-central", "federal"), 8: ("rules", "routing")}.get(progress.done, ())
        anew = {5: ("routing",), 8: ("federal",), 11: ("regional-central", "reflex")}.get(progress.done, ())
        under_way.extend(asyncio.ensure_future(services.start(name)) for name in one_more)
        under_way.extend(asyncio.ensure_future(services.restart(name)) for name in anew)

    shaken, again = await said_in(await new_ground(stack, tmp_path / "shaken", BOSTON), 7, KEYS[1], shake)
    await asyncio.gather(*under_way)
    assert report["balance"] == again["balance"]
    assert len(calm) > 3_000
    found = differences(calm, shaken)
    assert not found, "\n".join(found)
