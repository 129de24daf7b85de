"""One fuzz of a whole installation: every service a process, attackers beside citizens, then what became of it all."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg
import psutil
from common.contracts.catalogue import TOPICS
from common.contracts.provisioning import integrator_of
from common.messaging.kafka import client_options
from common.runtime.settings import Settings
from embedded.provision import provision_channel
from embedded.stack import Stack, passwords
from otklik.locate import PREFIX
from otklik.process_plan import installation_of
from otklik.supervisor import Supervisor
from pydantic import SecretStr
from world.quiescence import NotAtRest, Watch

from tests.fuzz.attack import Attack, Attacker
from tests.fuzz.citizens import Citizens, spread

FEDERATION = Path(__file__).parents[1] / "federation"
FUZZED_CHANNELS = ("fuzz-1", "fuzz-2", "fuzz-3")
GOOD_CHANNELS = ("web", "hotline")
GOOD_A_SECOND = 5
MAX_MEDIAN_SECONDS = 2.0
MAX_MEGABYTES = 700
REST_SECONDS = 600.0
READY_SECONDS = 120.0
MEMORY_EVERY_SECONDS = 0.5
Say = Callable[[str], None]


@dataclass
class Result:
    """`wrong` holds one sentence for each promise that was broken; `figures` are for people."""

    wrong: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


class Trial:
    """One seed in a folder of its own."""

    def __init__(self, seed: int, records: int, folder: Path, jars: Path, port: int, say: Say) -> None:
        self._seed, self._records, self._say = seed, records, say
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "jars").symlink_to(jars.resolve())
        # As in a replay, where an outside world may give commands too.
        self._supervisor = Supervisor(folder, FEDERATION, time="ticks", clock=False, first_port=port)
        self._installation = installation_of(self._supervisor.federation)
        self._peaks: dict[str, int] = {}

    async def run(self) -> Result:
        """Start, attack, come to rest, judge, stop."""
        try:
            stack = await asyncio.to_thread(self._supervisor.start, self._say)
            return await self._on(stack)
        finally:
            await asyncio.to_thread(self._supervisor.stop, self._say)

    async def _on(self, stack: Stack) -> Result:
        result = Result()
        attackers = [await asyncio.to_thread(self._integrator, stack, name) for name in FUZZED_CHANNELS]
        attackers.append(self._world(stack))
        admin = client_options(self._settings(stack, stack.kafka_user, stack.kafka_password))
        citizens = Citizens(self._installation, GOOD_CHANNELS, attackers[-1].options, admin)
        await citizens.start()
        pids = {name: self._supervisor.pid_of(name) for name in self._installation.instances()}
        memory = asyncio.create_task(self._watch_memory())
        try:
            attack = Attack(self._installation, self._seed, self._records)
            began = time.monotonic()
            writing = asyncio.create_task(self._write(citizens))
            await attack.run(attackers)
            attacked = time.monotonic() - began
            self._say(f"{attack.sent} records sent in {attacked:.0f} s, {attack.taken} taken by the broker")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REST_SECONDS):
                    result.wrong += await self._rest(admin)
            rested = time.monotonic() - began
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await self._until_told(citizens)
            result.wrong += await self._until_ready()
        finally:
            memory.cancel()
            await citizens.stop()
        self._judge(result, citizens, attack)
        result.wrong += [
            f"{name} is another process than at the start: it died"
            for name, pid in pids.items()
            if self._supervisor.pid_of(name) != pid
        ]
        result.wrong += await self._letters_of_good_channels(stack)
        result.figures.insert(0, f"{attack.sent} records in {attacked:.0f} s, all handled after {rested:.0f} s")
        return result

    def _integrator(self, stack: Stack, name: str) -> Attacker:
        password = provision_channel(stack, self._installation, name)
        options = client_options(self._settings(stack, integrator_of(name), password))
        return Attacker(name, options, (f"channel.{name}.inbound", f"channel.{name}.receipts"))

    def _world(self, stack: Stack) -> Attacker:
        """Whatever is open to many and is not a channel's. No ticks: a true one would be believed."""
        secret = passwords(stack.folder, ["kafka:world"])["kafka:world"]
        topics = [
            name
            for row in TOPICS
            if row.multi_writer and "world" in row.writers
            for name, _ in self._installation.names(row)
            if not name.startswith(("channel.", "clock."))
        ]
        return Attacker("world", client_options(self._settings(stack, "world", secret)), topics)

    def _settings(self, stack: Stack, user: str, password: str) -> Settings:
        return Settings(
            name=user, prefix=PREFIX, kafka_bootstrap=stack.kafka_bootstrap, kafka_user=user,
            kafka_password=SecretStr(password), database_url="postgresql://none", federation=FEDERATION,
            keys=stack.folder / "keys",
        )  # fmt: skip

    async def _write(self, citizens: Citizens) -> None:
        """Every message waits for its acknowledgement alone, so that a slow one holds up no other."""
        writing: set[asyncio.Task[None]] = set()
        number = 0
        try:
            while True:
                task = asyncio.create_task(citizens.write(number))
                writing.add(task)
                task.add_done_callback(writing.discard)
                number += 1
                await asyncio.sleep(1 / GOOD_A_SECOND)
        finally:
            await asyncio.gather(*writing)

    async def _watch_memory(self) -> None:
        while True:
            for name in self._installation.instances():
                pid = self._supervisor.pid_of(name)
                if pid is not None:
                    with contextlib.suppress(psutil.Error):
                        self._peaks[name] = max(self._peaks.get(name, 0), psutil.Process(pid).memory_info().rss)
            await asyncio.sleep(MEMORY_EVERY_SECONDS)

    async def _rest(self, admin: dict[str, object]) -> list[str]:
        """Until the fuzzed channels are read to their ends too. Messages and ticks go on coming meanwhile, so what was
        there at the end of the attack is waited for."""
        channels = (*self._installation.channels, *FUZZED_CHANNELS)
        watch = Watch(replace(self._installation, channels=channels), admin)
        await watch.start()
        try:
            ends = await watch.ends(watch._all)
            last, moved = -1, time.monotonic()
            while left := await self._left(watch, ends):
                if left != last:
                    last, moved = left, time.monotonic()
                elif time.monotonic() - moved > READY_SECONDS:
                    return [f"{left} records are not read, and nothing moves"]
                await asyncio.sleep(0.5)
        except NotAtRest as error:
            return [str(error)]
        finally:
            await watch.stop()
        return []

    async def _left(self, watch: Watch, ends: dict[object, int]) -> int:
        left = 0
        # The edges over HTTP read the federation's own channels alone.
        plugged_in = {self._installation.physical(f"channel.{name}.outbound") for name in FUZZED_CHANNELS}
        for group, read in watch._groups.items():
            places = [p for p in read if not (group.endswith(".channels") and p.topic in plugged_in)]
            held = await watch._admin.list_consumer_group_offsets(group, watch._coordinators[group], places)
            for place in places:
                at = held[place].offset if place in held else -1
                begins = watch._starts.get(place, 0)
                left += max(0, ends[place] - (at if at >= 0 else begins))
        return left

    async def _until_told(self, citizens: Citizens) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                while citizens.missing():  # noqa: ASYNC110
                    await asyncio.sleep(0.2)

    async def _until_ready(self) -> list[str]:
        waiting = set(self._installation.instances())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                while waiting := {n for n in waiting if not await asyncio.to_thread(self._supervisor.ready, n)}:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        return [f"{name} is not ready: {self._supervisor.facts(name)}" for name in sorted(waiting)]

    def _judge(self, result: Result, citizens: Citizens, attack: Attack) -> None:
        missing, refused, sent = citizens.missing(), citizens.refused(), len(citizens.sent)
        intake, receipts = citizens.seconds()
        result.figures += [
            f"{sent} good messages, {len(missing)} lost, {len(refused)} refused, {len(citizens.doubled)} doubled",
            f"from acknowledgement to intake.messages (median / 99 % / most): {spread(intake)}",
            f"from acknowledgement to the receipt on the channel: {spread(receipts)}",
            "memory at most: " + ", ".join(f"{n} {b >> 20} MB" for n, b in sorted(self._peaks.items())),
            f"batches: {_counted(attack.batches)}",
        ]
        for words, found in (("lost", missing), ("refused", refused), ("doubled", citizens.doubled)):
            if found:
                result.wrong.append(f"{len(found)} good messages {words}: {', '.join(sorted(found)[:5])}")
        for words, seconds in (("intake.messages", intake), ("the receipt", receipts)):
            if not seconds or statistics.median(seconds) > MAX_MEDIAN_SECONDS:
                result.wrong.append(f"good messages took too long to {words}: {spread(seconds)}")
        result.wrong += [
            f"{name} took {size >> 20} MB" for name, size in self._peaks.items() if size >> 20 > MAX_MEGABYTES
        ]

    async def _letters_of_good_channels(self, stack: Stack) -> list[str]:
        db = await asyncpg.connect(stack.database_url("intake"))
        try:
            rows = await db.fetch("SELECT topic, reason FROM dead_letter")
        finally:
            await db.close()
        good = tuple(f"channel.{c}." for c in GOOD_CHANNELS)
        return [f"a dead letter of {r['topic']}: {r['reason']}" for r in rows if r["topic"].startswith(good)][:5]


def _counted(batches: dict[tuple[str, str], int]) -> str:
    kinds: dict[str, list[str]] = {}
    for (what, answer), number in sorted(batches.items()):
        kinds.setdefault(what, []).append(f"{answer} {number}")
    return "; ".join(f"{what}: {', '.join(said)}" for what, said in kinds.items())


def shown(figures: Sequence[str]) -> str:
    return "\n".join(f"  {line}" for line in figures)
