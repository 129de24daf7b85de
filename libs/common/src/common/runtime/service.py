"""One runner for every service: it makes a service's `app.py` a page."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

import asyncpg
import uvloop
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.security import BaseSecurity, SASLScram256, SASLScram512
from starlette.routing import BaseRoute

from common.contracts.catalogue import Installation, subscription_pattern
from common.contracts.delivery import Emit
from common.contracts.mandates import KEY_FILE, Mandates, holders
from common.contracts.signing import Signer, Verifier
from common.federation.country import load_federation
from common.messaging.clock.tick_bounds import TickBounds
from common.messaging.consume.consumer import BatchConsumer
from common.messaging.consume.consumer_parts import Belief, ConsumingService, Output, Pace
from common.messaging.consume.dead_letter_commands import Operations
from common.messaging.consume.dead_letter_limit import StopLimit
from common.messaging.consume.dead_letters import DeadLetters, forget_settled
from common.messaging.consume.fair_consumer import FairConsumer
from common.messaging.consume.fair_share import OWN_FACTOR, PATIENT_FACTOR, FairShare
from common.messaging.consume.faststream_parser import lenient, whole
from common.messaging.consume.guarded_consumer import GuardedConsumer
from common.messaging.consume.handler import Handler, TellsOfDisclosures
from common.messaging.consume.inbox import forget_old
from common.messaging.consume.set_aside import set_aside
from common.messaging.failures import TransientError
from common.messaging.kafka import close, new_producer, over_tls, rewind, ssl_context_of
from common.messaging.postgres import DATABASE_AWAY, PLUMBING, migrate, open_pool, transaction
from common.messaging.problems import Problem
from common.messaging.produce.outbox import Outbox, Packing
from common.messaging.produce.relay import Relay
from common.messaging.release_cache import Releases
from common.messaging.sealing import Seals
from common.messaging.settings import SettingsError
from common.messaging.telemetry import case_traces
from common.messaging.telemetry.log_lines import configure_logging
from common.messaging.telemetry.requests import Traced
from common.messaging.telemetry.spans import SpanWriter
from common.messaging.telemetry.tracing import Tracing
from common.runtime.context import Context
from common.runtime.health import health_routes
from common.runtime.http.app import HttpServer
from common.runtime.http.limits import HttpLimits
from common.runtime.http.protocol import ErrorForm, ErrorsByPath
from common.runtime.http.settings import HttpSettings
from common.runtime.readiness.database import Warnings
from common.runtime.readiness.look import Readiness
from common.runtime.settings import Settings, load_settings

log = logging.getLogger(__name__)

START_PATIENCE_SECONDS = 60.0
INBOX_CLEANING_SECONDS = 3600.0


@runtime_checkable
class Starts(Protocol):
    """A handler with something to say before it reads anything, once: inside one transaction."""

    async def startup(self, db: asyncpg.Connection) -> list[Emit]: ...


@dataclass(frozen=True)
class ServiceSpec:
    """All that differs between services."""

    name: str
    handler: Handler
    migrations: Path
    releases: Releases | None = None
    routes: Sequence[BaseRoute] = ()
    error_forms: Mapping[str, ErrorForm | ErrorsByPath] = field(default_factory=dict)
    """By the beginning of a path: how a request is refused that no route sees."""
    large_bodies: Mapping[str, int] = field(default_factory=dict)
    """By the beginning of a path: how many bytes a request's body may have there."""
    seals: Seals | None = None
    """Under which lie, where they may hold personal data, records of others that could not be handled, their ids in the
    inbox, and what this service has to say, until Kafka has it."""
    patient: bool = False
    """A read side or a loop: under load it may let records gather for longer."""
    background: Sequence[Callable[[], Awaitable[None]]] = field(default_factory=tuple)
    """Tasks that run beside the consumer until the service stops."""
    warnings: Warnings | None = None
    """What readiness tells of this service's own affairs, and does not make it unready."""


Build = Callable[[Context[Any]], ServiceSpec]
"""A composition root; its own settings are of the class that it gives to `main`."""


class Service:
    """A running service process."""

    def __init__(self, settings: Settings, build: Build) -> None:
        self._settings = settings
        self._build = build
        self._stack = contextlib.AsyncExitStack()
        self._consumer: BatchConsumer | None = None
        self._relay: Relay | None = None
        self._subscriber: Any = None
        self._tasks: list[asyncio.Task[None]] = []
        self._readiness: Readiness | None = None

    async def start(self) -> None:
        """Wire, migrate, catch up with releases, then consume. Raises TransientError when a server is away."""
        settings = self._settings
        federation = load_federation(settings.federation)
        federation.prepare()
        regions, channels = [r.id for r in federation.regions], [c.id for c in federation.channels]
        installation = Installation(settings.prefix, tuple(channels), tuple(regions))
        pool = await open_pool(settings.database_url, settings.part)
        self._stack.push_async_callback(_close_pool, pool)
        producer = new_producer(settings)
        await producer.start()
        self._stack.push_async_callback(close, producer)
        tracing = Tracing(settings, installation)
        self._stack.callback(tracing.shutdown)
        verifier = Verifier.load(settings.keys)
        signer = Signer.load(settings.keys, settings.name)
        mandates = Mandates.load(settings.keys)
        if mandates is None and settings.name in holders():
            raise SettingsError(f"{settings.keys}/{KEY_FILE} is missing: `provision` and `otklik up` make it")
        context = Context(settings, federation, installation, verifier, signer, pool, producer, tracing.spans, mandates)
        spec = self._build(context)
        await migrate(pool, [PLUMBING, spec.migrations])
        if spec.releases is not None:
            await spec.releases.catch_up(settings, installation, pool)
        packing = Packing(spec.seals)
        relay = self._relay = Relay(settings, installation, pool, packing)
        await relay.start()
        self._stack.push_async_callback(relay.stop)
        outbox = Outbox(settings.name, installation, signer, packing)
        if isinstance(spec.handler, Starts):
            await self._say_first(spec.handler, pool, outbox, relay)
        letters = DeadLetters(settings.name, spec.seals)
        tells = spec.handler if isinstance(spec.handler, TellsOfDisclosures) else None
        operations = Operations(letters, settings.name, installation, verifier, federation, tells)
        bounds = TickBounds(settings.time, settings.tick_skew, federation)
        # A replay goes on when everyone is at rest, so there somebody waits for everyone.
        patient = spec.patient and settings.time == "wall"
        factor = 1.0 if spec.seals is not None else PATIENT_FACTOR if patient else OWN_FACTOR
        share = FairShare(settings.batch_records, factor)
        limit = StopLimit(settings.stop_run, settings.stop_ratio, settings.stop_window, settings.stop_pause_seconds)
        inbox_key = spec.seals.hash_key if spec.seals is not None else b""
        self._consumer = BatchConsumer(
            ConsumingService(settings.name, installation, pool, spec.handler, spec.releases, operations, inbox_key),
            Belief(verifier, mandates, settings.time, bounds),
            Output(outbox, relay),
            Pace(settings.retry_seconds, limit, settings.batch_records, patient, share),
            tracing,
        )
        await self._serve_http(spec, tracing.spans)
        await self._subscribe(installation, share)
        works = context.works
        clean = works.periodically(
            "forget_records", INBOX_CLEANING_SECONDS, partial(self._forget_old, pool, letters, outbox, relay),
            matters=True,
        )  # fmt: skip
        self._tasks.extend(asyncio.ensure_future(works.keep_up(job)) for job in (clean, *spec.background))
        self._readiness = Readiness(
            settings, installation, pool, self._subscriber, self._consumer, relay, spec.releases, spec.warnings, works
        )
        log.info("%s is up on port %d", settings.name, self.http_port)

    async def _say_first(self, handler: Starts, pool: asyncpg.Pool, outbox: Outbox, relay: Relay) -> None:
        async with transaction(pool) as db:
            await db.execute("SELECT pg_advisory_xact_lock(hashtext('otklik.startup'))")
            chunks = await outbox.append(db, await handler.startup(db))
            expected = relay.expect(chunks)
        await relay.published(expected)

    async def _subscribe(self, installation: Installation, share: FairShare) -> None:
        settings, consumer = self._settings, self._consumer
        assert consumer is not None
        tls = ssl_context_of(settings) if over_tls(settings) else None
        security: BaseSecurity | None = BaseSecurity(use_ssl=True, ssl_context=tls) if tls is not None else None
        if settings.kafka_user is not None:
            password = settings.kafka_password.get_secret_value() if settings.kafka_password else ""
            scram = SASLScram512 if settings.kafka_mechanism == "SCRAM-SHA-512" else SASLScram256
            security = scram(username=settings.kafka_user, password=password, use_ssl=tls is not None, ssl_context=tls)
        broker = KafkaBroker(
            settings.kafka_bootstrap,
            client_id=settings.name,
            # The relay publishes, so FastStream's producer and administrator would be two more connections that fetch
            # all topics' metadata as often as the consumer.
            consumer_only=True,
            parser=lenient,
            decoder=whole,
            # Each batch would be handed to a thread and back, only to be given as an argument.
            apply_types=False,
            security=security,
            allow_auto_create_topics=False,
            metadata_max_age_ms=int(settings.metadata_seconds * 1000),
            graceful_timeout=20.0,
            logger=logging.getLogger("faststream"),
        )
        # What makes consumers is set when the broker connects.
        await broker.connect()
        options = cast("partial[Any]", broker.config.broker_config.builder).keywords
        broker.config.broker_config.builder = partial(FairConsumer, share=share, installation=installation, **options)
        subscriber = broker.subscriber(
            pattern=subscription_pattern(settings.name, settings.prefix),
            group_id=settings.group,
            batch=True,
            max_records=settings.batch_records,
            batch_timeout_ms=200,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            isolation_level="read_committed",
            max_poll_interval_ms=300_000,
        )

        @subscriber
        async def on_batch(message: KafkaMessage) -> None:
            raw = message.raw_message
            records = raw if isinstance(raw, tuple) else (raw,)
            consumer.standing.source = cast(GuardedConsumer, message.consumer)
            try:
                left = await consumer.on_batch(records)
            except Exception:
                # FastStream rewinds too, but gives up at the first partition that is no longer ours; the next commit
                # would then pass over the others' records.
                rewind(message.consumer, records)
                raise
            set_aside(message.consumer, left, consumer.stops.stopped)

        self._subscriber = subscriber
        await broker.start()
        assert isinstance(subscriber.consumer, GuardedConsumer)
        self._stack.push_async_callback(broker.stop)

    async def _serve_http(self, spec: ServiceSpec, spans: SpanWriter) -> None:
        settings = self._settings
        health = health_routes(self.facts)
        health_port = settings.health_port if isinstance(settings, HttpSettings) else None
        if health_port is not None:
            apart = HttpServer(settings.http_host, health_port, health)
            await apart.start()
            self._stack.push_async_callback(apart.stop)
            self.health_port = apart.port
        http = HttpServer(
            settings.http_host,
            settings.http_port,
            [*(health if health_port is None else ()), *spec.routes],
            replace(HttpLimits.of(settings), large_bodies=tuple(spec.large_bodies.items())),
            dict(spec.error_forms),
            partial(Traced, spans=spans, sample=settings.trace_sample),
        )
        await http.start()
        self.http_port = http.port
        self._stack.push_async_callback(http.stop)

    async def _forget_old(self, pool: asyncpg.Pool, letters: DeadLetters, outbox: Outbox, relay: Relay) -> None:
        await forget_old(pool)
        await case_traces.forget_old(pool)
        await forget_settled(pool, timedelta(days=self._settings.settled_letter_days))
        more = True
        while more:
            async with transaction(pool) as db:
                emits, more = await letters.expire(db)
                expected = relay.expect(await outbox.append(db, emits))
            await relay.published(expected)

    async def facts(self, within: float | None = None) -> dict[str, Any]:
        """What readiness says about this process, within so many seconds if given."""
        if self._readiness is None:
            starting = Problem("service_starting", "starting")
            return {
                "service": self._settings.name, "problems": [starting.words], "details": [starting.facts()],
                "started": False,
            }  # fmt: skip
        return {"service": self._settings.name, **await self._readiness.look(within)}

    async def stop(self) -> None:
        """Finish the batch in hand, commit, close; in the opposite order of the start."""
        if self._consumer is not None:
            self._consumer.end_pauses()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()


async def _close_pool(pool: asyncpg.Pool) -> None:
    try:
        await asyncio.wait_for(pool.close(), 5)
    except TimeoutError:
        pool.terminate()


async def run(settings: Settings, build: Build) -> None:
    """Run until SIGTERM or SIGINT."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    service = await _start_patiently(settings, build, over)
    if service is None:
        return
    await over.wait()
    log.info("%s stops", settings.name)
    await service.stop()


async def _start_patiently(settings: Settings, build: Build, over: asyncio.Event) -> Service | None:
    deadline = asyncio.get_running_loop().time() + START_PATIENCE_SECONDS
    while not over.is_set():
        service = Service(settings, build)
        try:
            await service.start()
            return service
        except (TransientError, KafkaError, *DATABASE_AWAY) as error:
            await service.stop()
            if asyncio.get_running_loop().time() > deadline:
                raise
            log.warning("%s cannot start yet: %s", settings.name, error)
            await asyncio.sleep(1)
    return None


def tune_gc() -> None:
    """Batches make many objects that live a moment: what was loaded at start is not looked through again for them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def main(build: Build, kind: type[Settings]) -> None:
    """The entry point of every service, `python -m <service>.app`, with settings of its own kind."""
    try:
        settings = load_settings(kind)
    except SettingsError as error:
        sys.exit(str(error))
    configure_logging(settings.log_level, settings.log_format, settings.name)
    tune_gc()
    try:
        uvloop.run(run(settings, build))
    except SettingsError as error:
        sys.exit(str(error))
