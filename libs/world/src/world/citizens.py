"""What citizens send: first messages from the log, verdicts from a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from common.contracts.envelope import derived_id
from common.contracts.events.base import Event, Place
from common.contracts.events.channel import Contact, MessageReceived, VerdictReceived

from world.log_requests import Chance, LogRequest

WEB = "web"
"""The channel whose citizens may use the HTTP edge."""


@dataclass(frozen=True, slots=True)
class CitizenRecord:
    """One thing a citizen says: published on the channel's topic, or posted to the HTTP edge."""

    id: str
    """The event's id, or the idempotency key of the post."""
    at: datetime
    channel: str
    conversation: str
    event: Event
    by_http: bool
    row_id: str


def contact_of(row: LogRequest, draw: Chance) -> Contact:
    """A made-up resident; the logs hold no personal data."""
    number = draw(row.case_id, "contact").randrange(10_000_000)
    return Contact(address=f"resident-{number}@example.org")


def conversation_of(row: LogRequest, seed: int) -> str:
    return f"{row.case_id}-{seed}"


def first_message(row: LogRequest, seed: int, draw: Chance, http_share: float) -> CitizenRecord:
    """The message that begins a case. `http_share` of the web channel's messages go by the HTTP edge."""
    event = MessageReceived(
        conversation=conversation_of(row, seed),
        contact=contact_of(row, draw),
        text=row.type,
        category=row.type,
        place=Place(lat=row.lat, lon=row.lon),
        sent_at=row.opened_at,
    )
    by_http = row.channel == WEB and draw(row.case_id, "edge").random() < http_share
    event_id = derived_id("world", str(seed), row.case_id, "message")
    return CitizenRecord(event_id, row.opened_at, row.channel, event.conversation, event, by_http, row.case_id)


def verdict(row: LogRequest, seed: int, draw: Chance, at: datetime, number: int, on_time: bool) -> CitizenRecord | None:
    """The citizen's word on the `number`th answer, from a model: 5 % reopen, 70 % confirm, the rest say nothing."""
    chance = draw(row.case_id, "verdict", number)
    roll = chance.random()
    if roll >= 0.75:
        return None
    reopened = roll < 0.05
    ratings = (1, 1, 2) if reopened else (4, 4, 5, 5, 5) if on_time else (2, 3, 3, 4, 5)
    event = VerdictReceived(
        conversation=conversation_of(row, seed),
        contact=contact_of(row, draw),
        verdict="reopened" if reopened else "confirmed",
        rating=chance.choice(ratings),
        text="It is not done." if reopened else "",
        sent_at=at,
        synthetic=True,
    )
    event_id = derived_id("world", str(seed), row.case_id, "verdict", str(number))
    return CitizenRecord(event_id, at, row.channel, event.conversation, event, False, row.case_id)
