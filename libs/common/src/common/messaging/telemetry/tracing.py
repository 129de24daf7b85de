"""Spans of a consumer's batches: what was handled, in which transaction, and what was made of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import asyncpg
from opentelemetry.trace import SpanKind

from common.contracts.catalogue import Installation, topic_of
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events import channel, intake, region, routing, rules
from common.contracts.events.base import Command, Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.operations import DeadLetterRecorded, DeadLetterSettled
from common.messaging.kafka import Record
from common.messaging.settings import MessagingSettings
from common.messaging.telemetry import case_traces
from common.messaging.telemetry.spans import Attributes, SpanError, SpanWriter, own_id
from common.messaging.telemetry.trace_context import is_sampled, new_span_id, parse, received, written

REFUSALS: frozenset[type[Event]] = frozenset(
    {
        channel.RecordRejected, intake.MessageRefused, region.CommandRefused, routing.RoutingCommandRefused,
        rules.RulesCommandRefused, rules.ProposalRefused,
    }
)  # fmt: skip
"""A record that is answered so was refused: its span has an error."""
IN_THE_EVENT = "refused; the event says why"

Letters = Mapping[str, tuple[str, str, str | None]]
"""Of dead letters by id: their kind, the traceparent of their handling, and the span id of whoever sent them."""


class Tracing:
    """What one service writes of its batches. Nothing of it is done for a record that is not sampled and went well."""

    def __init__(self, settings: MessagingSettings, installation: Installation) -> None:
        self.spans = SpanWriter(settings)
        self.sample = settings.trace_sample
        self.service = settings.name
        self.installation = installation
        self.group = settings.group
        self.database = urlsplit(settings.database_url).path.strip("/")

    def batch(self, records: int) -> BatchTrace:
        return BatchTrace(self, records)

    def failed(self, records: Sequence[Record], contexts: Iterable[tuple[Record, str]], error: SpanError) -> None:
        """An attempt at a batch failed: its sampled records have a span each, else its first record has one."""
        start = time.time_ns()
        some = list(contexts)
        sampled = [(record, t) for record, t in some if is_sampled(t)] or some[:1]
        for record, traceparent in sampled:
            found = parse(traceparent)
            if found is not None:
                attributes = self.of_record(record) | {"messaging.batch.message_count": len(records)}
                # The attempt that succeeds has the record's own span id.
                own = written(found[0], new_span_id(), found[2])
                name = f"process {self.installation.logical(record.topic)}"
                self.spans.write(name, SpanKind.CONSUMER, own, found[1], start, attributes, error=error)

    def of_record(self, record: Record) -> dict[str, str | int]:
        return self.of_place(record.topic, record.partition, record.offset)

    def of_place(self, topic: str, partition: int, offset: int) -> dict[str, str | int]:
        """Attributes of the handling of a record; `topic` is the broker's name."""
        return {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.destination.name": topic,
            "messaging.destination.partition.id": str(partition),
            "messaging.kafka.offset": offset,
            "messaging.consumer.group.name": self.group,
        }

    def shutdown(self) -> None:
        self.spans.shutdown()


@dataclass
class _Handling:
    """A sampled record that is being handled."""

    delivery: Delivery
    case_id: str | None = None
    links: list[str] = field(default_factory=list)
    error: SpanError | None = None


@dataclass
class _Creation:
    """A sampled record that was decided."""

    topic: str
    message_id: str
    traceparent: str
    parent: str
    at: int
    case_id: str | None
    links: list[str]


class BatchTrace:
    """One attempt at a batch, from its transaction's begin to the acknowledgement of what it led to."""

    def __init__(self, tracing: Tracing, records: int) -> None:
        self._tracing = tracing
        self._records = records
        self._start = time.time_ns()
        self._committed = self._start
        self._sampled: dict[str, _Handling] = {}
        """By the traceparent of the handling."""
        self._created: list[_Creation] = []
        self._notices: dict[str, str] = {}
        self._links: dict[str, list[str]] = {}
        """Of records caused by a tick, by the traceparent of their cause: the tick's."""

    async def begin(self, db: asyncpg.Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """The deliveries with the traceparents of their handling, which what follows from them carries on."""
        found = await self._continued(db, deliveries)
        for delivery in found:
            traceparent = delivery.envelope.traceparent
            if traceparent is not None and traceparent.endswith("-01"):
                self._sampled[traceparent] = _Handling(delivery)
        return found

    async def _continued(self, db: asyncpg.Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """A command about a sampled case is sampled too; a receipt goes on with the trace of its notice, once."""
        orders = {d.key for d in deliveries if isinstance(d.event, Command)}
        receipts = {d.event.notice_id for d in deliveries if isinstance(d.event, channel.NoticeDelivered)}
        if not orders and not receipts:
            return list(deliveries)
        cases = await case_traces.known(db, orders)
        notices = await case_traces.take(db, receipts)
        if not cases and not notices:
            return list(deliveries)
        return [self._continue(d, cases, notices) for d in deliveries]

    def _continue(self, delivery: Delivery, cases: Mapping[str, str], notices: Mapping[str, str]) -> Delivery:
        event, envelope = delivery.event, delivery.envelope
        found = parse(envelope.traceparent)
        if found is None:
            return delivery
        if isinstance(event, Command) and delivery.key in cases and not found[2]:
            return replace(delivery, envelope=replace(envelope, traceparent=written(found[0], found[1], True)))
        if isinstance(event, channel.NoticeDelivered) and event.notice_id in notices:
            notice = parse(notices[event.notice_id])
            if notice is not None:
                traceparent = written(notice[0], found[1], notice[2])
                return replace(delivery, envelope=replace(envelope, traceparent=traceparent), caller_span=notice[1])
        return delivery

    async def follow(self, db: asyncpg.Connection, emits: Sequence[Emit]) -> list[Emit]:
        """The decisions of the batch, those that a tick brought about each in the trace of its case."""
        ticked = [n for n, e in enumerate(emits) if e.cause.type == TimePassed.type]
        if not self._sampled and not ticked:
            return list(emits)
        abouts = {c for n in ticked if (c := _case_of(emits[n].event)) is not None}
        for emit in emits if self._sampled else ():
            handling = self._sampled.get(emit.cause.traceparent or "")
            if handling is not None and handling.case_id is None:
                handling.case_id = _case_of(emit.event)
            if handling is not None and type(emit.event) in REFUSALS:
                handling.error = SpanError(emit.event.type, IN_THE_EVENT)
        for handling in self._sampled.values():
            handling.case_id = _case_of(handling.delivery.event) or handling.case_id
            if handling.case_id is not None:
                abouts.add(handling.case_id)
        known = await case_traces.known(db, abouts)
        for handling in self._sampled.values():
            begun = known.get(handling.case_id or "")
            if begun is not None and not _same_trace(begun, handling.delivery.envelope.traceparent):
                handling.links.append(begun)
        followed = list(emits)
        silent: dict[str, Envelope] = {}
        for n in ticked:
            followed[n] = self._of_case(emits[n], known.get(_case_of(emits[n].event) or ""), silent)
        return followed

    def _of_case(self, emit: Emit, begun: str | None, silent: dict[str, Envelope]) -> Emit:
        """A tick is about every case, so its own trace ends with it."""
        tick = emit.cause
        if begun is not None:
            if tick.traceparent is not None:
                self._links[begun] = [tick.traceparent]
            return replace(emit, cause=replace(tick, traceparent=begun))
        if not is_sampled(tick.traceparent) or _case_of(emit.event) is None:
            return emit
        quiet = silent.get(tick.id)
        if quiet is None:
            assert tick.traceparent is not None
            quiet = silent[tick.id] = replace(tick, traceparent=f"{tick.traceparent[:-2]}00")
        return replace(emit, cause=quiet)

    def created(self, emit: Emit, envelope: Envelope) -> str:
        """A sampled record is put into the outbox: the traceparent that it carries."""
        found = parse(envelope.traceparent)
        if found is None or envelope.traceparent is None:
            return envelope.traceparent or ""
        trace_id, parent, _ = found
        traceparent = written(trace_id, new_span_id(), True)
        self._created.append(
            _Creation(
                self._tracing.installation.physical(emit.topic), envelope.id, traceparent, parent, time.time_ns(),
                own_id(_case_of(emit.event)), self._links.get(envelope.traceparent, []),
            )
        )  # fmt: skip
        if isinstance(emit.event, channel.NoticeIssued):
            self._notices[envelope.id] = traceparent
        return traceparent

    async def keep(self, db: asyncpg.Connection) -> None:
        """Inside the transaction, after its records were written: what later steps will link to."""
        found = {
            handling.case_id: traceparent
            for traceparent, handling in self._sampled.items()
            if handling.case_id is not None and not handling.links
        }
        await case_traces.keep(db, {**found, **self._notices})

    def committed(self) -> None:
        """The transaction is over."""
        self._committed = time.time_ns()

    def done(self) -> None:
        """What the batch led to is acknowledged: write the spans of its sampled records."""
        write = self._tracing.spans.write
        for one in self._created:
            attributes: Attributes = {
                "messaging.system": "kafka",
                "messaging.operation.name": "create",
                "messaging.operation.type": "create",
                "messaging.destination.name": one.topic,
                **_some({"messaging.message.id": own_id(one.message_id), "otklik.case_id": one.case_id}),
            }
            name = f"create {self._tracing.installation.logical(one.topic)}"
            write(name, SpanKind.PRODUCER, one.traceparent, one.parent, one.at, attributes, links=one.links, end=one.at)
        for traceparent, handling in self._sampled.items():
            self._write_handling(traceparent, handling)

    def _write_handling(self, traceparent: str, handling: _Handling) -> None:
        tracing, delivery = self._tracing, handling.delivery
        name = f"process {delivery.topic}"
        tracing.spans.write(
            name, SpanKind.CONSUMER, traceparent, delivery.caller_span, self._start,
            self._about(delivery, handling.case_id), links=handling.links, error=handling.error,
        )  # fmt: skip
        found = parse(traceparent)
        if found is not None:
            attributes: Attributes = {
                "db.system.name": "postgresql",
                "db.namespace": tracing.database,
                "db.operation.name": "TRANSACTION",
                "db.operation.batch.size": self._records,
            }
            tracing.spans.write(
                f"TRANSACTION {tracing.service}", SpanKind.CLIENT, written(found[0], new_span_id(), True), found[1],
                self._start, attributes, end=self._committed,
            )  # fmt: skip

    def _about(self, delivery: Delivery, case_id: str | None) -> Attributes:
        physical = self._tracing.installation.physical(delivery.topic)
        envelope = delivery.envelope
        # What comes from outside has ids of its sender, even where they look like ours.
        message_id = None if topic_of(delivery.topic).multi_writer else own_id(envelope.id)
        return {
            **self._tracing.of_place(physical, delivery.partition, delivery.offset),
            "otklik.event_type": delivery.event.type,
            **_some({"messaging.message.id": message_id, "otklik.case_id": own_id(case_id)}),
        }

    def refused(self, said: Sequence[Emit], deliveries: Sequence[Delivery]) -> None:
        """Records that are not sampled and were refused: a span with an error each."""
        refusals = [e for e in said if type(e.event) in REFUSALS or _settled_badly(e.event)]
        if not refusals:
            return
        by_trace = {d.envelope.traceparent: d for d in deliveries}
        by_id = {d.envelope.id: d for d in deliveries}
        for emit in refusals:
            if emit.cause.traceparent not in self._sampled:
                delivery = by_id.get(emit.cause.id) or by_trace.get(emit.cause.traceparent)
                if delivery is not None:
                    self._write_error(delivery, SpanError(emit.event.type, IN_THE_EVENT), _case_of(emit.event))

    def refused_here(self, delivery: Delivery, why: str) -> None:
        """A record that was refused without an event."""
        handling = self._sampled.get(delivery.envelope.traceparent or "")
        error = SpanError(why, f"refused: {why}")
        if handling is not None:
            handling.error = error
        else:
            self._write_error(delivery, error, None)

    def _write_error(self, delivery: Delivery, error: SpanError, case_id: str | None) -> None:
        found = parse(delivery.envelope.traceparent)
        if found is None:
            return
        traceparent, parent = delivery.envelope.traceparent, delivery.caller_span
        if not topic_of(delivery.topic).multi_writer:
            # What is not sampled carries its sender's span id on.
            traceparent, parent = written(found[0], new_span_id(), False), found[1]
        assert traceparent is not None
        self._tracing.spans.write(
            f"process {delivery.topic}", SpanKind.CONSUMER, traceparent, parent, self._start,
            self._about(delivery, case_id), error=error,
        )  # fmt: skip

    def dead(self, event: DeadLetterRecorded, letters: Letters) -> str:
        """A dead letter was kept: its span has an error; returns its traceparent."""
        kind, traceparent, parent = letters.get(event.dead_letter_id, ("failed", "", None))
        tracing = self._tracing
        place = (tracing.installation.physical(event.topic), event.partition, event.offset)
        if parse(traceparent) is None:
            traceparent, parent = received(None, place, 0.0, trusted=False)
        attributes = {**tracing.of_place(*place), "otklik.dead_letter_id": event.dead_letter_id}
        tracing.spans.write(
            f"process {event.topic}", SpanKind.CONSUMER, traceparent, parent, self._start, attributes,
            error=SpanError(kind, event.reason),
        )  # fmt: skip
        return traceparent


def _case_of(event: Event) -> str | None:
    found = getattr(event, "case_id", None)
    return found if isinstance(found, str) else None


def _same_trace(one: str, other: str | None) -> bool:
    return other is not None and one[:35] == other[:35]


def _settled_badly(event: Event) -> bool:
    return isinstance(event, DeadLetterSettled) and event.outcome in ("refused", "failed_again")


def _some(given: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value is not None}
