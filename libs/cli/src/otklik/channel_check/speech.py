"""What citizens say, record by record: contract, key, order of conversations, ids. Pure but for what it remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from common.contracts.catalogue import topic_of
from common.contracts.envelope import own_headers
from common.contracts.events.base import Event
from common.contracts.events.channel import MessageReceived, VerdictReceived
from common.contracts.seen_text import same_name
from common.contracts.unambiguous_bytes import joined
from common.messaging.kafka import Record

from otklik.channel_check.bodies import NotTaken, lost_files, read, unknown_fields
from otklik.channel_check.findings import Finding, Position, Remembered, Severity
from otklik.channel_check.meaning import Meaning
from otklik.harmless import harmless

MOST_REMEMBERED = 200_000
"""Of conversations and of ids each."""
ONE_PARTITIONER = (
    "use the conversation as the record's key and one partitioner in all your programs, Java's murmur2 (librdkafka:"
    " partitioner=murmur2_random)"
)
RETRY_SAME = "make the id once for each message, keep it, and send that same record again when you are not sure"


Saying = Callable[[Severity, str, str, str], Finding]
"""Makes a finding of the record at hand: severity, rule, words, fix."""


@dataclass(slots=True)
class _Conversation:
    partitions: set[int] = field(default_factory=set)
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Sent:
    body: bytes
    at: Position


class Speech:
    """Of one channel. `meaning` judges categories and places; None where no federation is known."""

    def __init__(self, meaning: Meaning | None) -> None:
        self._meaning = meaning
        self._models = {model.type: model for model in topic_of("channel.any.inbound").types}
        self._conversations: Remembered[bytes, _Conversation] = Remembered(MOST_REMEMBERED)
        self._ids: Remembered[bytes, _Sent] = Remembered(MOST_REMEMBERED)
        self._words: Remembered[bytes, bytes] = Remembered(MOST_REMEMBERED)
        self.counts: Counter[str] = Counter()
        self.tried: set[str] = set()
        """What an integrator should have tried once, by name."""

    @property
    def forgotten(self) -> int:
        return max(self._conversations.forgotten, self._ids.forgotten)

    def hear(self, record: Record) -> Iterator[Finding]:
        """What there is to say of a record of the inbound topic."""
        at = Position(record.topic, record.partition, record.offset)
        try:
            event = read(record, self._models)
        except NotTaken as error:
            self.counts["not taken"] += 1
            yield Finding("fault", error.rule, str(error), error.fix, at, outside_id(record), refused=True)
            return
        self.counts[event.type] += 1
        conversation = same_name(event.conversation)  # type: ignore[attr-defined]

        def say(severity: Severity, rule: str, words: str, fix: str) -> Finding:
            return Finding(severity, rule, words, fix, at, outside_id(record))

        for name, meant in unknown_fields(record.value or b"", type(event)):
            fix = f"did you mean {meant}?" if meant else "leave it out, or see the schema for where it belongs"
            yield say("warning", "field", f"nobody reads its field {name}", fix)
        if (record.key or b"").decode("utf-8", "replace") != event.conversation:  # type: ignore[attr-defined]
            words = "it has no key" if not record.key else "its key is not its conversation"
            yield say("fault", "key", f"{words}: the order of the conversation is not kept", ONE_PARTITIONER)
        repeat = yield from self._identity(record, at, say)
        if not repeat:
            yield from self._order(event, record, conversation, say)
            yield from self._content(event, say)

    def _identity(self, record: Record, at: Position, say: Saying) -> Generator[Finding, None, bool]:
        """Returns whether the record repeats an earlier one."""
        headers = own_headers(record.headers)
        given = headers.get("ce_id")
        body = _hashed(record.value or b"")
        if not given:
            self._words_twice(body)
            yield say("warning", "id", "it has no ce_id: a retry of yours would be a second message", RETRY_SAME)
            return False
        name = _hashed(joined((headers.get("ce_source", ""), given), "\0"))
        before = self._ids.get(name)
        if before is None:
            self._ids.put(name, _Sent(body, at))
            if self._words_twice(body):
                yield say("warning", "two ids", "the same body came under another ce_id: it counts twice", RETRY_SAME)
            return False
        self.tried.add("a repeat")
        if before.body == body:
            self.counts["repeats"] += 1
            yield say("note", "repeat", "the same record came before: it is taken once", "")
        else:
            fix = "every message has an id of its own; an edit names the earlier one in replaces"
            words = "its ce_id was used before for another body: it is not taken"
            yield Finding("fault", "other body", words, fix, at, outside_id(record), refused=True)
        return True

    def _words_twice(self, body: bytes) -> bool:
        """sent_at is part of the body, so that a citizen who says the same again is not meant."""
        twice = self._words.get(body) is not None
        self._words.put(body, b"")
        return twice

    def _order(self, event: Event, record: Record, conversation: str, say: Saying) -> Iterator[Finding]:
        key = _hashed(conversation.encode())
        held = self._conversations.get(key)
        if held is None:
            held = _Conversation()
        elif isinstance(event, MessageReceived):
            self.tried.add("a second message in a conversation")
        if held.partitions and record.partition not in held.partitions:
            words = "its conversation lies on several partitions: its order is not kept"
            yield say("fault", "order", words, ONE_PARTITIONER)
        sent_at: datetime = event.sent_at  # type: ignore[attr-defined]
        if held.sent_at is not None and sent_at < held.sent_at:
            words = "its sent_at is before that of the record before it in its conversation"
            yield say("warning", "order", words, "send in the order in which citizens spoke, one after the other")
        held.partitions.add(record.partition)
        held.sent_at = max(sent_at, held.sent_at or sent_at)
        self._conversations.put(key, held)

    def _content(self, event: Event, say: Saying) -> Iterator[Finding]:
        if isinstance(event, VerdictReceived):
            self.tried.add("a verdict")
        if not isinstance(event, MessageReceived):
            return
        self.tried |= {name for name, there in (("a message", True), ("a file", bool(event.attachments)),
                                                ("an edit", event.replaces is not None)) if there}  # fmt: skip
        if lost := lost_files(event):
            fix = "send each file to OTKLIK_ATTACHMENTS_URL first, and name it by the `name` of the answer"
            yield say("fault", "attachment", f"{lost} of its attachments are no names that the edges gave", fix)
        if event.replaces is None and self._meaning is not None:
            for rule, words, fix in self._meaning.doubts(event):
                yield say("warning", rule, words, fix)


def outside_id(record: Record) -> str | None:
    """The ce_id of a record that may be anything, where it may be shown."""
    raw = next((value for name, value in record.headers if name.lower() == "ce_id"), None)
    return harmless((raw or b"").decode("utf-8", "replace")[:300] or None)


def _hashed(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
