"""One seed: start an installation, load it, break it, let it come to rest, read everything, verify."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncpg
import yaml
from channels.edge_key import EdgeKey
from common.contracts.signing import Signer
from common.messaging.kafka import client_options
from common.runtime.key_setting import read_key
from common.runtime.settings import Settings
from embedded.stack import Stack, passwords
from otklik.locate import PREFIX
from otklik.process_plan import edge_url, installation_of, secret_key
from otklik.supervisor import Supervisor
from pydantic import SecretStr
from world.quiescence import NotAtRest, Watch

from tests.chaos.crowd import CHANNELS, Crowd
from tests.chaos.faults import Fault, Victim, schedule
from tests.chaos.load import Town
from tests.chaos.seen import Seen, read_everything

BEAT_SECONDS = 0.8
READY_SECONDS = 120.0
UNTOLD = "SELECT count(*) FROM notice_delivery WHERE delivered IS NULL OR receipt_due"
FEDERATION = Path(__file__).parents[1] / "federation"
Say = Callable[[str], None]


@dataclass
class Result:
    """What one seed found. `wrong` holds one sentence for each fault of the system; empty is what is wanted."""

    wrong: list[str]
    counts: dict[str, int]


class Load(Protocol):
    """Who loads the installation, and what must be true of what they sent."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def done(self) -> None:
        """Wait until everything under way was acknowledged or given up."""

    def beat(self, number: int) -> None: ...

    def complaints(self, seen: Sequence[Seen]) -> list[str]: ...

    def counts(self, seen: Sequence[Seen]) -> dict[str, int]: ...


class Trial:
    """One seed in a folder of its own. Raises nothing about the system: that stands in the result."""

    def __init__(
        self, seed: int, beats: int, folder: Path, jars: Path, port: int, say: Say, senders: int = 0
    ) -> None:  # fmt: skip
        """With `senders` so many citizens load every channel in wall time, instead of the town."""
        self._seed, self._beats, self._say = seed, beats, say
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "jars").symlink_to(jars.resolve())
        self._federation = _with_channels(folder / "federation") if senders else FEDERATION
        self._supervisor = Supervisor(
            folder, self._federation, time="wall" if senders else "ticks", clock=bool(senders), first_port=port,
            one_source=True,
        )  # fmt: skip
        self._installation = installation_of(self._supervisor.federation)
        self._crowd = Crowd(seed, senders) if senders else None
        self._port = port
        self._tending = asyncio.Lock()

    async def run(self) -> Result:
        """Start, break, verify, stop."""
        async with contextlib.AsyncExitStack() as open_:
            if self._crowd is not None:
                # The far side of the bots must be there before they start.
                os.environ |= await open_.enter_async_context(self._crowd.far_sides())
            try:
                stack = await asyncio.to_thread(self._supervisor.start, self._say)
                return await self._on(stack)
            finally:
                await asyncio.to_thread(self._supervisor.stop, self._say)

    async def _on(self, stack: Stack) -> Result:
        load = self._load(stack)
        tender = asyncio.create_task(self._tend())
        await load.start()
        try:
            await self._beat(load)
            wrong = await self._until_ready()
            await load.done()
            wrong += await self._rest(stack)
            wrong += await self._until_told(stack)
            wrong += await self._rest(stack)
        finally:
            await load.stop()
            tender.cancel()
        seen = await read_everything(self._admin(stack), self._installation)
        wrong += load.complaints(seen)
        wrong += await self._left_in_databases(stack)
        return Result(wrong, load.counts(seen) | {"records": len(seen)})

    def _load(self, stack: Stack) -> Load:
        if self._crowd is not None:
            self._crowd.meet(self._admin(stack), self._installation, edge_url(self._port))
            return self._crowd
        settings, signer = self._world(stack)
        edge_key = EdgeKey(read_key("OTKLIK_EDGE_KEY", secret_key(stack.folder, "edge")))
        return Town(self._seed, self._installation, settings, signer, edge_url(self._port), edge_key)

    def _world(self, stack: Stack) -> tuple[Settings, Signer]:
        secret = passwords(stack.folder, ["kafka:world"])["kafka:world"]
        signer = Signer.load(stack.folder / "keys", "world")
        assert signer is not None
        return self._settings(stack, "world", secret), signer

    def _admin(self, stack: Stack) -> Settings:
        return self._settings(stack, stack.kafka_user, stack.kafka_password)

    def _settings(self, stack: Stack, user: str, password: str) -> Settings:
        return Settings(
            name=user, prefix=PREFIX, kafka_bootstrap=stack.kafka_bootstrap, kafka_user=user,
            kafka_password=SecretStr(password), database_url="postgresql://none",
            federation=self._federation,
            keys=stack.folder / "keys",
        )  # fmt: skip

    async def _beat(self, load: Load) -> None:
        """Beat after beat, faults beside them."""
        victim = Victim(self._supervisor, self._say)
        services = list(self._installation.instances())
        faults = schedule(self._seed, self._beats, services, victim)
        acting = []
        for beat in range(self._beats):
            began = time.monotonic()
            load.beat(beat)
            acting += [asyncio.create_task(self._act(beat, f)) for f in faults if f.beat == beat]
            await asyncio.sleep(max(0.0, BEAT_SECONDS - (time.monotonic() - began)))
        await asyncio.gather(*acting)

    async def _act(self, beat: int, fault: Fault) -> None:
        self._say(f"beat {beat}: {fault.words}")
        await asyncio.to_thread(fault.act)

    async def _tend(self) -> None:
        """As `otklik up` does, for services: the servers come back when their fault says so."""
        while True:
            await asyncio.to_thread(self._supervisor.tend_services, self._say)
            await asyncio.sleep(1)

    async def _until_ready(self) -> list[str]:
        """Wait until every service says again that it is ready; who does not in time, and why."""
        waiting = set(self._installation.instances())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                while waiting := {n for n in waiting if not await asyncio.to_thread(self._supervisor.ready, n)}:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        return [f"{name} is not ready: {self._supervisor.facts(name)}" for name in sorted(waiting)]

    async def _rest(self, stack: Stack) -> list[str]:
        watch = Watch(self._installation, client_options(self._admin(stack)))
        await watch.start()
        try:
            await watch.rest(READY_SECONDS)
        except NotAtRest as error:
            return [str(error)]
        finally:
            await watch.stop()
        return []

    async def _until_told(self, stack: Stack) -> list[str]:
        """Wait until every notice that channels delivers has its receipt; how many have none in time."""
        db = await asyncpg.connect(stack.database_url("channels"))
        left = 0
        try:
            async with asyncio.timeout(READY_SECONDS):
                while left := await db.fetchval(UNTOLD):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        except TimeoutError:
            return [f"channels: {left} notices have no receipt"]
        finally:
            await db.close()
        return []

    async def _left_in_databases(self, stack: Stack) -> list[str]:
        """What at rest must be empty: outboxes, and what is parked behind a dead letter."""
        found = []
        for name in self._installation.instances():
            db = await asyncpg.connect(stack.database_url(name))
            try:
                for table, left in (
                    ("outbox", await db.fetchval("SELECT count(*) FROM outbox")),
                    ("outbox_held", await db.fetchval("SELECT count(*) FROM outbox_held")),
                    ("parked", await db.fetchval("SELECT count(*) FROM parked")),
                ):
                    if left:
                        found.append(f"{name}: {left} rows are left in table {table}")
            finally:
                await db.close()
        return found


def _with_channels(folder: Path) -> Path:
    """The federation of the tests with every channel that the crowd speaks on."""
    shutil.copytree(FEDERATION, folder)
    file = folder / "federation.yaml"
    country = yaml.safe_load(file.read_text())
    known = {channel["id"] for channel in country["channels"]}
    country["channels"] += [{"id": name, "title": name.title()} for name in CHANNELS if name not in known]
    file.write_text(yaml.safe_dump(country))
    return folder
