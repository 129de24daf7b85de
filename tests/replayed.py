"""Every service of an installation in the test's own process, and a log replayed through them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import archive.app
import channels.app
import deliberation.app
import federal.app
import intake.app
import portal.app
import reflex.app
import regional.app
import routing.app
import rules.app
from common.contracts.catalogue import regional_instance
from common.federation.country import load_federation
from common.runtime.service import Build, Service
from pydantic import SecretStr
from world.compare_runs import RecordSeen, everything_said
from world.replay import Progress
from world.run import Task, WorldSettings, as_principal, replay

from tests.conftest import Ground

KEYS = [base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2)]
APPS: dict[str, Build] = {
    "rules": rules.app.build, "channels": channels.app.build, "intake": intake.app.build, "routing": routing.app.build,
    "federal": federal.app.build, "deliberation": deliberation.app.build, "archive": archive.app.build,
    "reflex": reflex.app.build, "portal": portal.app.build,
}  # fmt: skip


@dataclass
class Running:
    """The services of one installation in this process, with replicas and restarts."""

    ground: Ground
    batch_records: int
    key: str
    services: dict[str, list[Service]] = field(default_factory=dict)

    async def start(self, name: str, **more: str) -> None:
        """One more replica of a service, or with its settings a set of loops beside reflex."""
        settings = self.ground.settings(
            name,
            vault_key=self.key,
            pseudonym_key=self.key,
            edge_key=KEYS[0],
            voice_key=KEYS[0],
            batch_records=self.batch_records,
            time="ticks",
            **more,
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
        await asyncio.gather(*(s.stop() for replicas in self.services.values() for s in replicas))


@asynccontextmanager
async def running(
    ground: Ground, batch_records: int, key: str, loop_sets: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    regions = [regional_instance(r.id) for r in load_federation(ground.federation).regions]
    made = Running(ground, batch_records, key)
    try:
        # The others read its releases before anything else.
        await made.start("rules")
        async with asyncio.TaskGroup() as starting:
            for name in {*APPS, *regions} - {"rules"}:
                starting.create_task(made.start(name))
        for name, loops in (loop_sets or {}).items():
            await made.start("reflex", loop_set=name, loops=loops)
        yield made
    finally:
        await made.stop()


async def replayed(
    ground: Ground,
    task: Task,
    batch_records: int = 500,
    key: str = KEYS[0],
    shake: Callable[[Running, Progress], None] | None = None,
    loop_sets: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Replay on an installation; returns the report. `shake` is called at each step forward. `loop_sets`: the loops of
    each set that runs beside reflex."""
    sets = tuple(f"reflex.set_{name}" for name in loop_sets or {})
    async with running(ground, batch_records, key, loop_sets) as services:
        edge = f"http://127.0.0.1:{services.services['channels'][0].http_port}"
        world = WorldSettings(
            edge_url=edge, watch_user=ground.stack.kafka_user, watch_password=SecretStr(ground.stack.kafka_password),
            operator_password=SecretStr(ground.passwords["operator"]),
            services=(*ground.installation.instances(), *sets),
        )  # fmt: skip
        return await replay(task, ground.settings("world"), world, lambda p: shake(services, p) if shake else None)


async def said_in(ground: Ground) -> list[RecordSeen]:
    """Everything that was said on an installation, in canonical order."""
    password = SecretStr(ground.stack.kafka_password)
    reader = as_principal(ground.settings("world"), ground.stack.kafka_user, password)
    return await everything_said(reader, ground.installation)
