"""How a case stands to the world outside: open, or closed and why. Pure."""

from __future__ import annotations

from typing import Literal

from common.contracts.events.base import Event
from common.contracts.events.region import CaseDeclined
from common.contracts.events.routing import TriageDeclined
from common.contracts.frozen import value

Why = Literal[
    "answered", "confirmed", "declined", "no_reply", "not_taken", "withdrawn", "refused", "thanked", "divided"
]

WORDS: dict[Why, str] = {
    "answered": "It was answered.",
    "confirmed": "It was answered, and whoever reported it confirmed the answer.",
    "declined": "It will not be dealt with.",
    "no_reply": "It was closed, since no reply came to a question about it.",
    "not_taken": "It was not taken as a case.",
    "withdrawn": "Whoever reported it took it back.",
    "refused": "The message was refused.",
    "thanked": "It said thanks, which were passed on.",
    "divided": "It was about several matters, each of which is a case of its own.",
}
"""In English. What the region said, such as the ground, stands behind it."""


@value
class OutsideStatus:
    status: Literal["open", "closed"]
    why: Why | None = None
    """None while it is open."""

    def notes(self, detail: str = "") -> str:
        """In English, with what the region said; empty while it is open."""
        return " ".join(filter(None, (WORDS[self.why], detail.strip()))) if self.why is not None else ""


OPEN = OutsideStatus("open")


def outside_status(state: str | None, closed_by: Why | None = None) -> OutsideStatus:
    """Of a state as edges keep it: a region's, `registered`, `refused` of a message, or None.

    A case that was handed over is open in the other region. One that was joined to another stands as that one does:
    give its state; `joined` itself, while nothing is known of the other, is open. `closed_by` says it more exactly than
    the state does, where the last event did.
    """
    why = BY_STATE.get(state) if state is not None else None
    if why is None:
        return OPEN
    return OutsideStatus("closed", closed_by if closed_by in FINER.get(why, ()) else why)


BY_STATE: dict[str, Why] = {
    "answered": "answered",
    "confirmed": "confirmed",
    "declined": "declined",
    "withdrawn": "withdrawn",
    "refused": "refused",
    "thanked": "thanked",
    "divided": "divided",
}
FINER: dict[Why, frozenset[Why]] = {"declined": frozenset({"no_reply", "not_taken"})}
"""Reasons that the state alone does not tell apart."""


def closed_by(event: Event) -> Why | None:
    """What an event says about why a case is closed, where its state does not say it."""
    if isinstance(event, TriageDeclined):
        return "not_taken"
    return "no_reply" if isinstance(event, CaseDeclined) and event.no_reply else None
