"""Counts in and out of every stage of the path, from the types of what was said on the topics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from common.contracts.catalogue import TOPICS, Installation
from common.contracts.envelope import record_type
from common.contracts.events import federal, intake, region, routing
from common.contracts.events.base import Event
from common.messaging.kafka import Record, read_to_end
from common.runtime.settings import Settings

FURTHER = ("intake.messages", "region.{region}.assignments", "federal.escalations", "federal.directives")
"""Topics that the outside world does not listen to; their counts need a principal that may read them."""


def further_topics(installation: Installation) -> tuple[str, ...]:
    """By the broker's names."""
    return tuple(
        installation.physical(name)
        for topic in TOPICS
        if topic.template in FURTHER
        for name, _ in installation.names(topic)
    )


async def counted_further(
    settings: Settings, installation: Installation, starts: Mapping[TopicPartition, int]
) -> Counter[str]:
    """Records on those topics since the run began, by type; escalations by `escalation.<level>`."""
    counts: Counter[str] = Counter()
    for topic in further_topics(installation):
        since = {p.partition: at for p, at in starts.items() if p.topic == topic}
        counts.update(map(_counted_as, await read_to_end(settings, topic, since)))
    return counts


def _counted_as(record: Record) -> str:
    kind = record_type(record.headers) or "unknown"
    if kind == federal.CaseEscalated.type:
        return f"escalation.{federal.CaseEscalated.model_validate_json(record.value or b'').level}"
    if kind == federal.DirectiveClosed.type:
        closed = federal.DirectiveClosed.model_validate_json(record.value or b"")
        return "directive.closed in time" if closed.on_time else "directive.closed late"
    return kind


def stages(acknowledged: int, verdicts: int, heard: Mapping[str, int], further: Mapping[str, int] | None) -> Any:
    """The stages in the order of the path; None where a stage's topic may not be read."""

    def told(kind: type[Event]) -> int:
        return heard.get(kind.type, 0)

    def known(kind: type[Event]) -> int | None:
        return None if further is None else further.get(kind.type, 0)

    def part(counts: Mapping[str, int] | None, start: str) -> dict[str, int] | None:
        if counts is None:
            return None
        return {k.removeprefix(start): n for k, n in sorted(counts.items()) if k.startswith(start)}

    return {
        "sent": {"first_messages": acknowledged, "verdicts": verdicts},
        "intake": {
            "registered": known(intake.MessageRegistered),
            "added": known(intake.MessageAdded),
            "verdicts": known(intake.VerdictGiven),
            "refused": known(intake.MessageRefused),
        },
        "routing": {
            "assigned": known(routing.CaseAssigned),
            "to_triage": told(routing.TriageRequested),
            "answered_in_triage": told(routing.TriageAnswered),
            "declined_in_triage": told(routing.TriageDeclined),
            "thanked": told(routing.ThanksReceived),
            "divided": told(routing.MessageSplit),
        },
        "regions": {
            "opened": told(region.CaseOpened),
            "accepted": told(region.CaseAccepted),
            "transferred": told(region.CaseTransferred),
            "joined": told(region.CaseJoined),
            "answered": told(region.CaseAnswered),
            "confirmed": told(region.CaseConfirmed),
            "rated": told(region.CaseRated),
            "reopened": told(region.CaseReopened),
            "declined": told(region.CaseDeclined),
            "overdue": told(region.CaseOverdue),
        },
        "centre": {
            "escalated_to_level": part(further, "escalation."),
            "directives_issued": known(federal.DirectiveIssued),
            "directives_closed": part(further, "directive.closed "),
        },
        "notices": part(heard, "notice."),
    }
