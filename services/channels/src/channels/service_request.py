"""A report as anybody may read it: what it is about, where, who has it, and what was last said of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from common.contracts.events import region
from common.contracts.events.intake import MessageRegistered
from common.contracts.frozen import value


@value
class ServiceRequest:
    """One report; words are redacted."""

    case_id: str
    event_id: str
    """Of the post that began it."""
    message_id: str
    service: str
    """What its sender was answered with: `realtime`, `batch` or `blackbox`."""
    requested_at: datetime
    service_code: str
    citizen: str | None = None
    """The pseudonym; None until intake has it."""
    description: str | None = None
    address: str | None = None
    lat: float | None = None
    lon: float | None = None
    authority: str | None = None
    due_at: datetime | None = None
    status_notes: str | None = None
    sender_key: str | None = None
    """By which the client is known again that sent it; None for one without a key."""
    contact: bytes | None = None
    """Who sent it, sealed; None once that was forgotten."""


def registered(request: ServiceRequest, event: MessageRegistered) -> ServiceRequest:
    """Intake has it: who said it, and in which words it may be shown."""
    place = event.place
    return replace(
        request, citizen=event.citizen, description=event.text, address=place.address, lat=place.lat, lon=place.lon
    )  # fmt: skip


def follow(request: ServiceRequest, event: region.CaseEvent) -> ServiceRequest:
    """What a region said of its case."""
    due_at = getattr(event, "due_at", None)
    code = event.category if isinstance(event, region.CaseOpenedSummary) else request.service_code
    said = words_of(event)
    return replace(
        request, service_code=code, authority=event.authority, due_at=due_at or request.due_at,
        status_notes=said or request.status_notes,
    )  # fmt: skip


def words_of(event: region.CaseEvent) -> str | None:
    """What the citizen is told of a step in the authority's own words; None where it has none."""
    if isinstance(event, region.CaseAnswered):
        return event.text or None
    if isinstance(event, region.CaseDeclined):
        return event.ground or event.reason or None
    if isinstance(event, region.CitizenAsked):
        return event.question or None
    if isinstance(event, region.CaseDeferred | region.CaseExtended):
        return event.reason or None
    return None
