"""Events as the loops see them: plain facts, without personal data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.federation.country import Federation
from common.messaging.failures import TransientError
from common.rulebook import NO_UNIT, ReleaseBook, ReleaseMissing

from reflex.times import text_of

Fact = dict[str, Any]

FIELDS = (
    "case_id", "region", "area", "category", "authority", "from_authority", "to_region", "into_case", "by_hand",
    "handed_over_from", "priority", "channel", "on_time", "outcome", "times", "rating", "proposal_id", "command",
    "layer", "number",
)  # fmt: skip
"""What a loop may need of any event; the citizen's words and person are never among it."""
MOMENTS = ("due_at", "received_at", "effective_at")

OutcomeAt = Callable[[str, datetime], datetime]
"""(region, time of assignment) to the fixed time at which the case counts."""


@cache
def _fields(kind: type[Event]) -> tuple[tuple[str, ...], tuple[str, ...], Callable[[Event], Sequence[Any]]]:
    """Of the fields above, those that an event type has, and how to take the first of them all at once."""
    have = kind.model_fields
    names = tuple(n for n in FIELDS if n in have)
    # With "type" there are always several, so the getter gives a tuple.
    return names, tuple(n for n in MOMENTS if n in have), attrgetter(*names, "type")


def fact_of(event: Event, envelope: Envelope) -> Fact:
    """The event's wire type, id and time (ISO text in UTC), and those of its fields that say something."""
    fact: Fact = {"type": event.type, "at": text_of(envelope.time), "id": envelope.id}
    names, moments, values = _fields(type(event))
    for name, value in zip(names, values(event), strict=False):
        if value is not None and value is not False:
            fact[name] = value
    for name in moments:
        moment = getattr(event, name)
        if moment is not None:
            fact[name] = text_of(moment)
    return fact


def outcome_at(federation: Federation, book: ReleaseBook, region: str, at: datetime) -> datetime:
    """When a case assigned at `at` counts, whatever became of it. Raises TransientError until its release is here."""
    try:
        decision = book.in_force(region, at).decide("loop_settings", {"loop": "misrouting"}, NO_UNIT)
    except ReleaseMissing as error:
        raise TransientError(str(error)) from error
    if decision is None:
        raise TransientError(f"table loop_settings has no row for misrouting in {region}; publish one")
    return federation.calendar(region).add(at, int(decision.outputs["outcome_working_minutes"]))
