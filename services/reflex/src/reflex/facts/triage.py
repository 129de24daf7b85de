"""What people say of suggested duplicates and in triage."""

from __future__ import annotations

from typing import Any, Literal

from common.contracts.envelope import Envelope
from common.contracts.events import routing
from common.contracts.events.base import Event

from reflex.facts.fact import Fact


class DuplicateSuggested(Fact):
    """The rules say that a case may be about the same thing as an earlier one."""

    event = routing.DuplicateSuggested

    type: Literal["routing.duplicate.suggested.v1"] = "routing.duplicate.suggested.v1"
    case_id: str
    region: str
    other_case: str
    category: str


class DuplicateDecided(Fact):
    """A person, official or citizen, said whether it is."""

    event = routing.DuplicateDecided

    type: Literal["routing.duplicate.decided.v1"] = "routing.duplicate.decided.v1"
    case_id: str
    region: str
    other_case: str
    category: str
    same: bool
    distance_metres: int
    apart_minutes: int
    warning: str | None = None
    """The early warning by which it was suggested; None: the rule of its category."""


class TriageRequested(Fact):
    """A person must say what a message is about, or where it belongs."""

    event = routing.TriageRequested

    type: Literal["routing.triage.requested.v1"] = "routing.triage.requested.v1"
    case_id: str
    channel: str
    category: str | None = None
    """As its channel gave it."""
    reason: str
    candidates: tuple[str, ...] = ()
    """Categories that a model read in its words, the most probable first."""
    model: str | None = None
    """The version of that model."""

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        assert isinstance(event, routing.TriageRequested)
        model = next((b.outputs.get("model") for b in event.because if b.table == "classification"), None)
        found = {
            "id": envelope.id, "at": envelope.time, "type": cls.event.type, "case_id": event.case_id,
            "channel": event.channel, "reason": event.reason, "candidates": [c.category for c in event.candidates],
        }  # fmt: skip
        given = {"category": event.category, "model": None if model is None else str(model)}
        return found | {name: value for name, value in given.items() if value is not None}


class TriageAnswered(Fact):
    """It was placed."""

    event = routing.TriageAnswered

    type: Literal["routing.triage.answered.v1"] = "routing.triage.answered.v1"
    case_id: str
    category: str
    clarified: bool = False
    """By the citizen's reply."""
    completed: bool = False
    """By the rules, with what the citizen added."""
