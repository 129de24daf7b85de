"""What citizens are told and what the channel says became of it. Pure but for what it remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from common.contracts.catalogue import channel_of, topic_of
from common.contracts.envelope import header_map
from common.contracts.events.channel import NoticeDelivered, NoticeIssued, ProposalNoticeIssued
from common.contracts.notice_ids import read_notice_id
from common.messaging.kafka import Record
from pydantic import ValidationError

from otklik.channel_check.bodies import NotTaken, read, unknown_fields
from otklik.channel_check.findings import Finding, Position, Remembered
from otklik.channel_check.speech import MOST_REMEMBERED, outside_id

MOST_TIMES = 100_000
"""Of which a middle and a longest are told."""


@dataclass(frozen=True, slots=True)
class _Notice:
    at: Position
    said_ms: int


class Telling:
    """Notices and receipts of one channel, in whatever order their topics are read."""

    def __init__(self) -> None:
        self._models = {model.type: model for model in topic_of("channel.any.receipts").types}
        self._open: Remembered[str, _Notice] = Remembered(MOST_REMEMBERED)
        self._told: Remembered[str, tuple[bool, int]] = Remembered(MOST_REMEMBERED)
        """By notice: whether it was delivered, and when that was said."""
        self.counts: Counter[str] = Counter()
        self.tried: set[str] = set()
        self.receipt_ms: list[int] = []
        """From a notice to its first receipt."""
        self.first_word_ms: list[tuple[str, int]] = []
        """The ce_id of a message and when its sender was first told of it."""

    def hear_notice(self, record: Record) -> None:
        """A record of the outbound topic, which our own services write."""
        headers = header_map(record.headers)
        kind, notice_id, body = headers.get("ce_type"), headers.get("ce_id", ""), record.value or b""
        try:
            if kind == NoticeIssued.type:
                event = NoticeIssued.model_validate_json(body)
                for replaced in event.replaces:
                    self._open.drop(replaced)
                if event.message_id is not None and event.outside_id and len(self.first_word_ms) < MOST_TIMES:
                    self.first_word_ms.append((event.outside_id, record.timestamp))
            elif kind == ProposalNoticeIssued.type:
                ProposalNoticeIssued.model_validate_json(body)
            else:
                return
        except ValidationError:
            return
        self.counts["notices"] += 1
        self._issued(notice_id, Position(record.topic, record.partition, record.offset), record.timestamp)

    def _issued(self, notice_id: str, at: Position, said_ms: int) -> None:
        told = self._told.get(notice_id)
        if told is not None:
            self._time(told[1] - said_ms)
        else:
            self._open.put(notice_id, _Notice(at, said_ms))

    def hear_receipt(self, record: Record, topic: str) -> Iterator[Finding]:
        """A record of the receipts topic, whose logical name is `topic`."""
        at, name = Position(record.topic, record.partition, record.offset), outside_id(record)
        try:
            event = read(record, self._models)
        except NotTaken as error:
            self.counts["not taken"] += 1
            yield Finding("fault", error.rule, f"receipt: {error}", error.fix, at, name, refused=True)
            return
        assert isinstance(event, NoticeDelivered)
        self.counts["receipts"] += 1
        self.tried.add("a receipt of success" if event.delivered else "a receipt of failure")
        if read_notice_id(channel_of(topic), event.notice_id) is None:
            fix = "notice_id is the ce_id header of the notice's record, to the letter, and of this channel"
            words = "receipt: no notice of this channel has its notice_id"
            yield Finding("fault", "receipt", words, fix, at, name, refused=True)
            return
        for unknown, meant in unknown_fields(record.value or b"", NoticeDelivered):
            fix = f"did you mean {meant}?" if meant else "leave it out"
            yield Finding("warning", "field", f"receipt: nobody reads its field {unknown}", fix, at, name)
        if (record.key or b"").decode("utf-8", "replace") != event.notice_id:
            fix = "use notice_id as the key: then two words about one notice keep their order"
            yield Finding("warning", "key", "receipt: its key is not its notice_id", fix, at, name)
        if not event.delivered and not event.reason:
            fix = "say why in reason: the operator sees it, without what could tell who the citizen is"
            yield Finding("warning", "receipt", "receipt: a failure without a reason", fix, at, name)
        before = self._told.get(event.notice_id)
        if before is not None and before[0] and not event.delivered:
            fix = "say delivered only when it is so; after it nothing can fail"
            yield Finding("warning", "receipt", "receipt: a notice that was delivered has failed", fix, at, name)
        if before is None:
            notice = self._open.drop(event.notice_id)
            if notice is not None:
                self._time(record.timestamp - notice.said_ms)
        self._told.put(event.notice_id, (event.delivered, record.timestamp))

    def unanswered(self, before_ms: int) -> list[Position]:
        """Notices that were issued before that time and of which nothing was said."""
        return [notice.at for _, notice in self._open.items() if notice.said_ms < before_ms]

    def waiting(self) -> int:
        """How many notices nothing was said of, whenever they were issued."""
        return len(self._open.items())

    def _time(self, taken_ms: int) -> None:
        if len(self.receipt_ms) < MOST_TIMES:
            self.receipt_ms.append(max(0, taken_ms))
