"""The objectives - receipts, routing, answers, ladder - counted from what a service has published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from prometheus_client import Histogram

from common.contracts.catalogue import channel_of
from common.contracts.delivery import Emit
from common.contracts.events import channel, federal, intake, region, routing
from common.contracts.events.base import Event
from common.messaging.telemetry.metrics import (
    CASE_OUTCOMES,
    DELIVERIES,
    ESCALATIONS,
    NOTICES,
    RECEIPT_SECONDS,
    REJECTIONS,
    ROUTED,
    ROUTING_SECONDS,
)

STEPS: dict[type[Event], str] = {
    region.CaseOpened: "opened",
    region.CaseOverdue: "overdue",
    region.CaseTransferred: "transferred",
    region.CaseReopened: "reopened",
    region.CaseConfirmed: "confirmed",
    region.CaseDeclined: "declined",
}


def count(emits: Sequence[Emit], appended: Mapping[str, datetime]) -> None:
    """Count acknowledged events; `appended` holds when the broker took each record that caused one, by its id."""
    now = datetime.now(UTC)
    for emit in emits:
        event = emit.event
        kind = type(event)
        if kind in STEPS:
            CASE_OUTCOMES.labels(getattr(event, "region", ""), STEPS[kind]).inc()
        elif isinstance(event, region.CaseAnswered):
            CASE_OUTCOMES.labels(event.region, "answered_on_time" if event.on_time else "answered_late").inc()
        elif isinstance(event, channel.NoticeIssued):
            NOTICES.labels("corrected" if event.replaces else event.notice).inc()
            if event.notice == "registered":
                _observe(RECEIPT_SECONDS, emit, appended, now)
        elif isinstance(event, routing.CaseAssigned | routing.TriageRequested):
            ROUTED.labels("assigned" if isinstance(event, routing.CaseAssigned) else "triage").inc()
            _observe(ROUTING_SECONDS, emit, appended, now)
        elif isinstance(event, federal.CaseEscalated):
            ESCALATIONS.labels(str(event.level)).inc()
        elif isinstance(event, channel.RecordRejected):
            REJECTIONS.labels(channel_of(emit.topic), event.fault).inc()
        elif isinstance(event, intake.DeliveryFailed | intake.DeliverySucceeded):
            DELIVERIES.labels(
                event.channel, "failed" if isinstance(event, intake.DeliveryFailed) else "succeeded"
            ).inc()


def _observe(histogram: Histogram, emit: Emit, appended: Mapping[str, datetime], now: datetime) -> None:
    taken = appended.get(emit.cause.id)
    if taken is not None:
        histogram.observe(max(0.0, (now - taken).total_seconds()))
