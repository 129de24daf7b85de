"""Honest messages on channels beside the fuzz, and how long each took from its acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from common.contracts.catalogue import Installation
from common.contracts.events import channel
from common.contracts.events.base import Place
from common.messaging.consume.guarded_consumer import GuardedConsumer

TYPE = channel.MessageReceived.type.encode()


@dataclass
class Sent:
    """One message. Times are seconds of the monotonic clock; None until seen."""

    acknowledged: float
    in_intake: float | None = None
    receipt: float | None = None
    notices: list[str] = field(default_factory=list)


class Citizens:
    """Write on `channels` at a steady rate, and read what comes of it: the message on `intake.messages`, found by its
    text, and the receipt on the channel's outbound topic, found by the id that was given."""

    def __init__(
        self, installation: Installation, channels: Sequence[str], writer: dict[str, Any], reader: dict[str, Any]
    ) -> None:
        self._installation, self._channels = installation, channels
        self._writer, self._reader = writer, reader
        self.sent: dict[str, Sent] = {}
        self.doubled: list[str] = []

    async def start(self) -> None:
        self._producer = AIOKafkaProducer(**self._writer, acks="all", enable_idempotence=True)
        await self._producer.start()
        self._consumer = GuardedConsumer(**self._reader, enable_auto_commit=False)
        await self._consumer.start()
        topics = ["intake.messages", *(f"channel.{c}.outbound" for c in self._channels)]
        places = [TopicPartition(self._installation.physical(t), n) for t in topics for n in range(3)]
        self._consumer.assign(places)
        await self._consumer.seek_to_end(*places)
        self._reading = asyncio.create_task(self._read())

    async def stop(self) -> None:
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        await self._producer.stop()
        await self._consumer.stop()

    async def write(self, number: int) -> None:
        """One message; returns when Kafka has it."""
        name = f"good {_letters(number)}"
        at = self._channels[number % len(self._channels)]
        event = channel.MessageReceived(
            conversation=name, contact=channel.Contact(address=f"{_letters(number)}@example.org"), text=name,
            category="Pothole", place=Place(lat=0.5, lon=0.5), sent_at=datetime.now(UTC),
        )  # fmt: skip
        headers = [("ce_type", TYPE), ("ce_id", name.encode()), ("ce_source", b"world")]
        await self._producer.send_and_wait(
            self._installation.physical(f"channel.{at}.inbound"), event.wire(), key=name.encode(), headers=headers
        )
        self.sent.setdefault(name, Sent(0)).acknowledged = time.monotonic()

    def missing(self) -> list[str]:
        return [name for name, one in self.sent.items() if one.in_intake is None or one.receipt is None]

    def refused(self) -> list[str]:
        return [name for name, one in self.sent.items() if "refused" in one.notices]

    def seconds(self) -> tuple[list[float], list[float]]:
        """From acknowledgement to intake.messages, and to the receipt; sorted."""
        found = list(self.sent.values())
        return (
            sorted(max(0.0, s.in_intake - s.acknowledged) for s in found if s.in_intake is not None),
            sorted(max(0.0, s.receipt - s.acknowledged) for s in found if s.receipt is not None),
        )

    async def _read(self) -> None:
        outbound = ".outbound."
        while True:
            for place, records in (await self._consumer.getmany(timeout_ms=200)).items():
                now = time.monotonic()
                for record in records:
                    with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError):
                        self._note(orjson.loads(record.value or b""), outbound in place.topic, now)

    def _note(self, said: dict[str, Any], is_notice: bool, now: float) -> None:
        name = said["outside_id"] if is_notice else said["text"]
        if name is None or not name.startswith("good "):
            return
        one = self.sent.setdefault(name, Sent(now))
        if is_notice:
            one.notices.append(said["notice"])
            one.receipt = one.receipt or now
        elif one.in_intake is not None:
            self.doubled.append(name)
        else:
            one.in_intake = now


def spread(seconds: Sequence[float]) -> str:
    """Median, 99 % and largest, in milliseconds."""
    if not seconds:
        return "none"
    middle, high = statistics.median(seconds), seconds[int(len(seconds) * 0.99)]
    return f"{middle * 1000:.0f} / {high * 1000:.0f} / {seconds[-1] * 1000:.0f} ms"


def _letters(number: int) -> str:
    """A number in letters: digits may look like a telephone to the redaction."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:06d}")
