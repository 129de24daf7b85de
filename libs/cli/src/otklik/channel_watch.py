"""`otklik channel watch`: what became of each message of a channel, as it happens. Nothing personal is shown."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.contracts.envelope import header_map
from common.contracts.events.channel import NoticeDelivered, NoticeIssued, ProposalNoticeIssued, RecordRejected
from common.contracts.events.intake import (
    DeliveryFailed,
    DeliverySucceeded,
    MessageAdded,
    MessageRegistered,
    SupportGiven,
    VerdictGiven,
    VoiceGiven,
)
from common.contracts.reference import reference_of
from common.messaging.kafka import Record
from common.runtime.settings import Settings
from embedded.stack import Stack
from pydantic import SecretStr, ValidationError
from rich.console import Console

from otklik.console import visible
from otklik.harmless import UUID, harmless
from otklik.topic_reader import channel_reader

MESSAGES, VOICES = "intake.messages", "intake.voices"
STREAMS = ("rejections", "outbound", "receipts")
FACTS = (MessageRegistered, MessageAdded, VerdictGiven, SupportGiven, DeliveryFailed, DeliverySucceeded)
ACCEPTED = {
    MessageRegistered: "opens a case",
    MessageAdded: "joins a case",
    VerdictGiven: "the citizen's word on an answer",
    SupportGiven: "the citizen's word whether it is a known case",
}
MIN_WIDTH, INDENT = 40, " " * 9


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that became of a message or a notice."""

    at: datetime
    what: str
    """accepted, rejected, notice (to the citizen), receipt (of the channel), undelivered, delivered (after all)."""
    outside_id: str | None = None
    reference: str | None = None
    case_id: str | None = None
    message_id: str | None = None
    notice_id: str | None = None
    words: str = ""
    position: str | None = None
    """topic/partition/offset of what was rejected."""
    allowed: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> str:
        """One line; what is empty is left out."""
        body = {name: value for name, value in asdict(self).items() if value}
        return json.dumps({**body, "at": self.at.isoformat()}, ensure_ascii=False)

    def as_text(self, width: int) -> str:
        """A line, and below it what there is to say, within so many columns."""
        head = f"{self.at.astimezone().strftime('%H:%M:%S')} {self.what:<11} {self.reference or '-':<11}"
        lines = textwrap.wrap(f"{head} {self.outside_id or ''}".rstrip(), width, subsequent_indent=INDENT)
        details = [f"message {self.message_id}" if self.message_id else "", self.position or "", self.words]
        for detail in filter(None, (*details, *_allowed_words(self.allowed, self.words))):
            lines += textwrap.wrap(detail, width, initial_indent=INDENT, subsequent_indent=INDENT)
        return "\n".join(lines)


def _allowed_words(allowed: Mapping[str, Any], reason: str) -> list[str]:
    """Of limits, those of the fields that the reason names; all where it names none."""
    limits: Mapping[str, str] = allowed.get("limits", {})
    named = {name: words for name, words in limits.items() if f"{name}:" in reason} or limits
    found = [f"allowed {name}: {', '.join(allowed[name])}" for name in ("ce_types", "required", "categories")
             if allowed.get(name)]  # fmt: skip
    return found + [f"{name}: {words}" for name, words in named.items()]


def operator_settings(stack: Stack, federation: Path) -> Settings:
    """The administrator's place at an embedded installation."""
    return _settings(stack.kafka_bootstrap, stack.kafka_user, stack.kafka_password, None, federation)


def given_settings() -> Settings | None:
    """What OTKLIK_KAFKA_BOOTSTRAP, _USER, _PASSWORD, _PROTOCOL, _MECHANISM, _CA and OTKLIK_PREFIX say, as a file of
    access does; None when they say nothing."""
    bootstrap = os.environ.get("OTKLIK_KAFKA_BOOTSTRAP")
    if bootstrap is None:
        return None
    user, password = os.environ.get("OTKLIK_KAFKA_USER"), os.environ.get("OTKLIK_KAFKA_PASSWORD", "")
    return _settings(bootstrap, user, password, os.environ.get("OTKLIK_PREFIX"), Path(), _connection())


def _connection() -> dict[str, Any]:
    names = ("kafka_protocol", "kafka_mechanism", "kafka_ca")
    found = ((name, os.environ.get(f"OTKLIK_{name.upper()}")) for name in names)
    return {name: text for name, text in found if text}


def _settings(
    bootstrap: str,
    user: str | None,
    password: str,
    prefix: str | None,
    federation: Path,
    connection: Mapping[str, Any] | None = None,
) -> Settings:
    given: dict[str, Any] = {**(connection or {}), **({} if prefix is None else {"prefix": prefix})}
    return Settings(
        name="channel-watch", kafka_bootstrap=bootstrap, kafka_user=user, kafka_password=SecretStr(password),
        database_url="postgresql://none", federation=federation, keys=Path(), **given,
    )  # fmt: skip


class Watch:
    """Reads what its principal may of a channel's topics and of intake's facts; to be used with `async with`."""

    def __init__(self, settings: Settings, channel: str) -> None:
        self._channel = channel
        self._reader = channel_reader(settings, channel, STREAMS, (MESSAGES, VOICES))
        self._installation = self._reader.installation
        self._facts = False

    @property
    def left_out(self) -> list[str]:
        """Topics that are not there, or not to be read as this principal."""
        return self._reader.left_out

    async def __aenter__(self) -> Watch:
        """Raises NothingToWatch or KafkaError."""
        await self._reader.__aenter__()
        self._facts = self._reader.reads(MESSAGES)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._reader.__aexit__()

    async def seen(self, *, beginning: bool, to_end: bool) -> AsyncIterator[Seen]:
        """From now on, or from the beginning; for ever, or to the present end. Raises KafkaError."""
        facts = self._installation.physical(MESSAGES)
        async for batch in self._reader.batches(beginning=beginning, to_end=to_end):
            for record in sorted(batch, key=lambda r: (r.timestamp, r.topic != facts)):
                for one in self._of(record):
                    yield one

    def _of(self, record: Record) -> list[Seen]:
        headers = header_map(record.headers)
        kind, at = headers.get("ce_type", ""), datetime.fromtimestamp(record.timestamp / 1000, UTC)
        topic, body = self._installation.logical(record.topic), record.value or b""
        try:
            if topic == MESSAGES:
                return self._fact(kind, body, at)
            if kind == VoiceGiven.type:
                return self._voice(VoiceGiven.model_validate_json(body), at)
            if kind == ProposalNoticeIssued.type:
                return [_proposal_notice(ProposalNoticeIssued.model_validate_json(body), headers.get("ce_id", ""), at)]
            if kind == RecordRejected.type:
                return [_rejected(RecordRejected.model_validate_json(body), at)]
            if kind == NoticeIssued.type:
                return self._notice(NoticeIssued.model_validate_json(body), headers.get("ce_id", ""), at)
            if kind == NoticeDelivered.type:
                return [_receipt(NoticeDelivered.model_validate_json(body), at)]
        except ValidationError:
            # A receipt that cannot be read is told of as a rejection.
            return []
        return []

    def _fact(self, kind: str, body: bytes, at: datetime) -> list[Seen]:
        model = next((m for m in FACTS if m.type == kind), None)
        event = model.model_validate_json(body) if model is not None else None
        if event is None or event.channel != self._channel:
            return []
        reference = reference_of(event.case_id) if event.case_id else None
        if isinstance(event, DeliveryFailed | DeliverySucceeded):
            failed = isinstance(event, DeliveryFailed)
            words = (event.reason or "no reason given") if isinstance(event, DeliveryFailed) else "after it had failed"
            return [
                Seen(at, "undelivered" if failed else "delivered", reference=reference, case_id=event.case_id,
                     notice_id=event.notice_id, words=f"{event.notice}: {words}")
            ]  # fmt: skip
        words = ACCEPTED[type(event)]
        return [
            Seen(at, "accepted", reference=reference, case_id=event.case_id, message_id=event.message_id, words=words)
        ]

    def _voice(self, event: VoiceGiven, at: datetime) -> list[Seen]:
        if event.channel != self._channel:
            return []
        words = "a wish for a rule" if event.proposal is None else f"a voice on {event.proposal}"
        return [Seen(at, "accepted", message_id=event.voice_id, words=words)]

    def _notice(self, event: NoticeIssued, notice_id: str, at: datetime) -> list[Seen]:
        outside, reference = harmless(event.outside_id), event.reference or None
        case_id = event.case_id if reference else None
        notice = Seen(at, "notice", outside, reference, case_id, event.message_id, notice_id, event.notice)
        if event.notice != "registered" or self._facts:
            return [notice]
        return [Seen(at, "accepted", outside, reference, case_id, event.message_id, words="opens a case"), notice]


def _proposal_notice(event: ProposalNoticeIssued, notice_id: str, at: datetime) -> Seen:
    return Seen(
        at, "notice", harmless(event.outside_id), event.reference or None, notice_id=notice_id,
        words=f"of a proposal: {event.kind.replace('_', ' ')}",
    )  # fmt: skip


def _rejected(event: RecordRejected, at: datetime) -> Seen:
    return Seen(
        at, "rejected", harmless(event.outside_id), message_id=event.message_id,
        words=f"{event.fault.replace('_', ' ')}: {event.reason}",
        position=f"{event.topic}/{event.partition}/{event.offset}",
        allowed=event.allowed.model_dump(exclude_defaults=True),
    )  # fmt: skip


def _receipt(event: NoticeDelivered, at: datetime) -> Seen:
    """Without the channel's reason: intake tells of a failure when it has taken out who it was."""
    about, _, rest = event.notice_id.partition(".")
    notice = rest.partition(".")[0]
    of_a_case = notice not in ("", "refused") and not notice.startswith("proposal_")
    case_id = about if UUID.fullmatch(about) and of_a_case else None
    return Seen(
        at, "receipt", reference=reference_of(case_id) if case_id else None, case_id=case_id,
        notice_id=harmless(event.notice_id),
        words=f"{harmless(notice) or 'of no notice'}: {'delivered' if event.delivered else 'not delivered'}",
    )  # fmt: skip


async def show(
    settings: Settings, channel: str, console: Console, *, beginning: bool, to_end: bool, as_json: bool
) -> None:
    """Print until it ends; what may not be read is said on standard error. Raises NothingToWatch or KafkaError."""
    async with Watch(settings, channel) as watch:
        told = 0
        async for one in watch.seen(beginning=beginning, to_end=to_end):
            for name in watch.left_out[told:]:
                print(f"left out: {name} (not there, or not to be read as {settings.kafka_user})", file=sys.stderr)
            told = len(watch.left_out)
            print(one.as_json() if as_json else visible(one.as_text(max(console.width, MIN_WIDTH))), flush=True)
