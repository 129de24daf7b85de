"""What the clock's topic says, judged as every consumer of it judges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.contracts.catalogue import Installation
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.signing import Verifier
from common.federation.country import Federation
from common.messaging.clock.tick_bounds import TickBounds, Wrong, after
from common.messaging.consume.decode import Reader
from common.messaging.kafka import Record, read_to_end
from common.messaging.settings import MessagingSettings

TOPIC = "clock.ticks"


@dataclass(frozen=True, slots=True)
class TickFound:
    """A tick or correction on the topic: when the broker took it, and why it is not believed, if so."""

    event: TimePassed | TimeCorrected
    appended_at: datetime
    wrong: Wrong | None
    stale: bool = False
    """A tick that is not later than one before it says nothing."""


class TickTopic:
    """Follows the topic from its beginning; `last` is the last tick that is believed."""

    def __init__(self, settings: MessagingSettings, installation: Installation, federation: Federation) -> None:
        self._settings = settings
        self._physical = installation.physical(TOPIC)
        self._bounds = TickBounds(settings.time, settings.tick_skew, federation)
        self._reader = Reader(installation, [TimePassed, TimeCorrected], Verifier.load(settings.keys))
        self._next = 0
        self.last: TimePassed | None = None

    async def follow(self) -> list[TickFound]:
        """What came since the last call; raises KafkaError."""
        return list(self._take(await read_to_end(self._settings, self._physical, {0: self._next})))

    def _take(self, records: Iterable[Record]) -> Iterable[TickFound]:
        for record in records:
            self._next = record.offset + 1
            read = self._reader.read(record)
            if read is None or read.delivery is None:
                continue
            event, appended_at = read.delivery.event, read.delivery.appended_at
            assert isinstance(event, TimePassed | TimeCorrected)
            assert appended_at is not None
            wrong = self._bounds.wrong(read.delivery, self.last)
            before, self.last = self.last, self.last if wrong is not None else after(event, self.last)
            yield TickFound(event, appended_at, wrong, wrong is None and self.last is before)
