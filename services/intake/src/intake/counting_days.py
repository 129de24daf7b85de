"""What citizens say, counted by conversation and day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

import asyncpg
from common.contracts.catalogue import channel_of
from common.contracts.delivery import Delivery
from common.contracts.events.channel import MessageReceived, Said, VoiceReceived
from common.messaging.consume.time_bounds import Timeliness
from common.messaging.telemetry.metrics import BEYOND_DAY

from intake import day_store
from intake.batch import Batch
from intake.believed_time import believed_time
from intake.conversation import Begun, MessageDecision
from intake.day_limit import DayLimit, DayRuling, SaidToday, answers_us, counted, day_of, end_of
from intake.domain import Incoming, IntakeRules, reader_language, refuse, refused


class Rules(Protocol):
    """See intake.day_rules."""

    def at(self, channel: str, now: datetime) -> DayLimit | None: ...
    def emergency(self, text: str, channel: str, language: str, now: datetime) -> bool: ...


class CountingDays:
    """By the time of records, in the country's time zone."""

    def __init__(self, by_rule: Rules, rules: IntakeRules, zone: tzinfo, timeliness: Timeliness) -> None:
        self._by_rule = by_rule
        self._rules = rules
        self._zone = zone
        self._timeliness = timeliness

    async def load(
        self, said: Sequence[Delivery], begun: Collection[bytes], work: Batch, db: asyncpg.Connection
    ) -> None:
        """`begun`: conversations that were begun before."""
        if begun and any(self._by_rule.at(channel_of(one.topic), self._now(one)) is not None for one in said):
            work.days = await day_store.of_threads(db, begun)

    def over(
        self, incoming: Incoming, begun: Begun | None, delivery: Delivery, thread: bytes, work: Batch,
        *, answers: bool,
    ) -> MessageDecision | None:  # fmt: skip
        """Count what is said in a conversation that was begun; the refusal of what is too much. `answers`: it is the
        answer to a question that intake itself has asked."""
        now = self._now(delivery)
        limit = self._by_rule.at(incoming.channel, now) if begun is not None else None
        if begun is None or limit is None or refused(begun, incoming, self._rules, self._timeliness) is not None:
            return None
        key = thread, day_of(now, self._zone)
        today = work.days.get(key) or SaidToday(*key, begun.citizen)
        full = today.said >= limit.most
        through = full and (answers or self._goes_through(incoming, thread, now, work))
        ruling = counted(today, limit, goes_through=through, until=end_of(key[1], self._zone))
        work.days[key] = work.days_changed[key] = ruling.today
        return self._told(ruling, incoming, begun) if ruling.refusal is not None else None

    async def save(self, work: Batch, passed: datetime | None, db: asyncpg.Connection) -> None:
        """`passed`: until when a tick says that time has gone on."""
        await day_store.keep(db, work.days_changed.values())
        if passed is not None:
            await day_store.forget_before(db, day_of(passed, self._zone))

    def _goes_through(self, incoming: Incoming, thread: bytes, now: datetime, work: Batch) -> bool:
        event = incoming.event
        if answers_us(incoming, work.threads.get(thread, []), work.living, work.standings):
            return True
        if not isinstance(event, MessageReceived | VoiceReceived):
            return False
        return self._by_rule.emergency(event.text, incoming.channel, reader_language(incoming, self._rules), now)

    def _told(self, ruling: DayRuling, incoming: Incoming, begun: Begun) -> MessageDecision:
        assert ruling.refusal is not None
        BEYOND_DAY.labels(incoming.channel).inc()
        return refuse(
            incoming, ruling.refusal, self._rules, self._timeliness, tellings=ruling.tellings, known=begun.language
        )

    def _now(self, delivery: Delivery) -> datetime:
        return believed_time(delivery, self._timeliness)


def said_in(batch: Sequence[Delivery]) -> list[Delivery]:
    return [one for one in batch if isinstance(one.event, Said)]
