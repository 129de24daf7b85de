"""Metrics no service can tell of itself, asked of Kafka, PostgreSQL and disks: `python -m common.runtime.exporter`.

Lag by group and topic comes from the broker, so it is told of services that do not run. It counts from committed
offsets to the last stable offset: records of transactions that are still open are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pydantic import Field

from common.contracts.catalogue import Installation, subscription_pattern
from common.federation.country import FederationError, load_federation
from common.messaging.committed_offsets import CommittedOffsets
from common.messaging.consume.error_text import reason_of
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.kafka import client_options
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.problems import Problem
from common.messaging.settings import SettingsError
from common.messaging.telemetry.log_lines import configure_logging
from common.messaging.telemetry.metrics import (
    DISK_FREE,
    DISK_SIZE,
    GROUP_LAG,
    GROUP_READ,
    KAFKA_PARTITIONS,
    KAFKA_UP,
    POSTGRES_CONNECTIONS,
    POSTGRES_UP,
    READY,
)
from common.runtime.health import health_routes
from common.runtime.http.app import HttpServer
from common.runtime.http.limits import HttpLimits
from common.runtime.settings import Settings, load_settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
PATIENCE_SECONDS = 10.0
"""How long one look at one server may take."""
MAX_CONNECTIONS = "SELECT count(*)::int AS used, current_setting('max_connections')::int AS most FROM pg_stat_activity"


@dataclass(frozen=True)
class Standing:
    """Where one group stands in one topic: records before its committed offsets, and records that wait."""

    read: int
    waiting: int


@dataclass
class KafkaSeen:
    """One look at the cluster. Groups by instance, topics by logical name."""

    standing: dict[tuple[str, str], Standing] = field(default_factory=dict)
    partitions: Counter[str] = field(default_factory=Counter)
    """leaderless, under_replicated, all."""


class ExporterSettings(Settings):
    """What the exporter may be told beside."""

    watched_folders: tuple[Path, ...] = Field(
        default=(), description="JSON list; folders of data whose free space the exporter tells"
    )


class Cluster:
    """Asks one Kafka, over connections that are kept."""

    def __init__(self, settings: ExporterSettings, installation: Installation) -> None:
        self._settings = settings
        self._installation = installation
        self._consumer: GuardedConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self._committed: CommittedOffsets | None = None

    async def look(self) -> KafkaSeen:
        """Raises KafkaError."""
        consumer, committed_offsets = await self._connected()
        begins = f"{self._settings.prefix}."
        cluster = await consumer._client.fetch_all_metadata()
        names = {t for t in cluster.topics() if t.startswith(begins)}
        # Of these the client then knows whom to ask for offsets.
        await consumer._client.set_topics(names)
        seen = KafkaSeen()
        partitions: dict[str, list[TopicPartition]] = {}
        for name in names:
            for number in cluster.partitions_for_topic(name) or ():
                place = TopicPartition(name, number)
                seen.partitions["all"] += 1
                if cluster.leader_for_partition(place) in (None, -1):
                    seen.partitions["leaderless"] += 1
                    continue
                about = cluster._partitions[name][number]
                seen.partitions["under_replicated"] += len(about.isr) < len(about.replicas)
                partitions.setdefault(name, []).append(place)
        everywhere = [place for places in partitions.values() for place in places]
        ends = await consumer.end_offsets(everywhere) if everywhere else {}
        starts = await consumer.beginning_offsets(everywhere) if everywhere else {}
        for instance in self._installation.instances():
            pattern = re.compile(subscription_pattern(instance, self._settings.prefix))
            committed = await committed_offsets.of(f"{begins}{instance}")
            for name in filter(pattern.match, names):
                read = waiting = 0
                for place in partitions.get(name, ()):
                    # A group that never committed begins with what is there.
                    stands = max(committed.get(place, -1), starts[place])
                    read += stands
                    waiting += max(0, ends[place] - stands)
                seen.standing[(instance, self._installation.logical(name))] = Standing(read, waiting)
        return seen

    async def _connected(self) -> tuple[GuardedConsumer, CommittedOffsets]:
        if self._consumer is None:
            self._consumer = GuardedConsumer(**client_options(self._settings), enable_auto_commit=False)
            await self._consumer.start()
        if self._admin is None:
            self._admin = AIOKafkaAdminClient(**client_options(self._settings))
            await self._admin.start()
        if self._committed is None:
            self._committed = CommittedOffsets(self._admin)
        return self._consumer, self._committed

    async def close(self) -> None:
        consumer, admin, self._consumer, self._admin = self._consumer, self._admin, None, None
        self._committed = None
        with contextlib.suppress(KafkaError, OSError):
            if consumer is not None:
                await consumer.stop()
            if admin is not None:
                await admin.close()


class Exporter:
    """Looks every LOOK_SECONDS until it is told to end. What cannot be asked has no series, but an `up` of 0."""

    def __init__(self, settings: ExporterSettings, installation: Installation) -> None:
        self._settings = settings
        self._cluster = Cluster(settings, installation)
        self._over = asyncio.Event()
        self._problems: dict[str, str] = {}
        self._looked: float | None = None

    def end(self) -> None:
        self._over.set()

    async def run(self) -> None:
        try:
            while not self._over.is_set():
                await asyncio.gather(self.look_at_kafka(), self.look_at_postgres())
                self.look_at_disks()
                self._looked = time.monotonic()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._over.wait(), LOOK_SECONDS)
        finally:
            await self._cluster.close()

    async def facts(self, _within: float | None = None) -> dict[str, Any]:
        """What readiness says: it is ready when it looks, whatever it sees."""
        age = None if self._looked is None else round(time.monotonic() - self._looked, 1)
        problems = [] if age is not None and age < 4 * LOOK_SECONDS else ["nothing was looked at yet, or not for long"]
        READY.set(not problems)
        return {
            "service": self._settings.name, "problems": problems, "seconds_since_last_look": age,
            "warnings": list(self._problems.values()),
            "details": [
                *(Problem("not_ready", words).facts() for words in problems),
                *(Problem("exporter_blind", words, "warning").facts() for words in self._problems.values()),
            ],
        }  # fmt: skip

    async def look_at_kafka(self) -> None:
        seen = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                seen = await self._cluster.look()
        except (KafkaError, OSError, TimeoutError) as error:
            self._note("Kafka", error)
            await self._cluster.close()
        else:
            self._problems.pop("Kafka", None)
        KAFKA_UP.set(seen is not None)
        GROUP_LAG.clear()
        GROUP_READ.clear()
        KAFKA_PARTITIONS.clear()
        if seen is None:
            return
        for (group, topic), standing in seen.standing.items():
            GROUP_LAG.labels(group, topic).set(standing.waiting)
            GROUP_READ.labels(group, topic).set(standing.read)
        for state in ("all", "leaderless", "under_replicated"):
            KAFKA_PARTITIONS.labels(state).set(seen.partitions[state])

    async def look_at_postgres(self) -> None:
        """A new connection each time, as a service that starts needs one."""
        row = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                db = await asyncpg.connect(self._settings.database_url, timeout=PATIENCE_SECONDS)
                try:
                    row = await db.fetchrow(MAX_CONNECTIONS)
                finally:
                    db.terminate()
        except (asyncpg.PostgresError, *DATABASE_AWAY) as error:
            self._note("PostgreSQL", error)
        else:
            self._problems.pop("PostgreSQL", None)
        POSTGRES_UP.set(row is not None)
        POSTGRES_CONNECTIONS.clear()
        if row is not None:
            POSTGRES_CONNECTIONS.labels("used").set(row["used"])
            POSTGRES_CONNECTIONS.labels("most").set(row["most"])

    def look_at_disks(self) -> None:
        """The file systems of the servers' data folders."""
        DISK_FREE.clear()
        DISK_SIZE.clear()
        for folder in self._settings.watched_folders:
            try:
                about = os.statvfs(folder)
            except OSError as error:
                self._note(f"folder {folder.name}", error)
                continue
            self._problems.pop(f"folder {folder.name}", None)
            DISK_FREE.labels(folder.name).set(about.f_bavail * about.f_frsize)
            DISK_SIZE.labels(folder.name).set(about.f_blocks * about.f_frsize)

    def _note(self, what: str, error: BaseException) -> None:
        words = f"{what} cannot be asked: {reason_of(error)}"
        if self._problems.get(what) != words:
            log.warning("%s", words)
        self._problems[what] = words


async def run(settings: ExporterSettings) -> None:
    """Until SIGTERM or SIGINT, with health and metrics over HTTP."""
    federation = load_federation(settings.federation)
    channels, regions = tuple(c.id for c in federation.channels), tuple(r.id for r in federation.regions)
    exporter = Exporter(settings, Installation(settings.prefix, channels, regions))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, exporter.end)
    http = HttpServer(settings.http_host, settings.http_port, health_routes(exporter.facts), HttpLimits.of(settings))
    await http.start()
    try:
        await exporter.run()
    finally:
        await http.stop()


if __name__ == "__main__":
    try:
        loaded = load_settings(ExporterSettings)
    except SettingsError as error:
        sys.exit(str(error))
    configure_logging(loaded.log_level, loaded.log_format, loaded.name)
    try:
        uvloop.run(run(loaded))
    except FederationError as error:
        sys.exit(str(error))
