"""How a case stands to the world outside: open, or closed and why. Pure."""

from __future__ import annotations

from typing import Literal

from common.contracts.case_life import ANSWERED, CLOSED
from common.contracts.events.base import Event
from common.contracts.events.region import CaseDeclined
from common.contracts.events.routing import TriageDeclined
from common.contracts.frozen import value

Why = Literal["answered", "confirmed", "declined", "no_reply", "not_taken", "withdrawn", "joined", "refused"]

WORDS: dict[Why, str] = {
    "answered": "It was answered.",
    "confirmed": "It was answered, and whoever reported it confirmed the answer.",
    "declined": "It will not be dealt with.",
    "no_reply": "It was closed, since no reply came to a question about it.",
    "not_taken": "It was not taken as a case.",
    "withdrawn": "Whoever reported it took it back.",
    "joined": "It is about the same thing as another request and goes on with that one.",
    "refused": "The message was refused.",
}
"""In English, which is the key of translations. What the region said, such as the ground, stands behind it."""


@value
class OutsideStatus:
    status: Literal["open", "closed"]
    why: Why | None = None
    """None while it is open."""

    def notes(self, detail: str = "") -> str:
        """In English, with what the region said or the number it goes on under; empty while it is open."""
        return " ".join(filter(None, (WORDS[self.why], detail.strip()))) if self.why is not None else ""


OPEN = OutsideStatus("open")


def outside_status(state: str | None, closed_by: Why | None = None) -> OutsideStatus:
    """Of a state as edges keep it: a region's, `registered`, `refused` of a message, or None.

    A case handed over to another region is open there. One that was joined to another is closed, and the other's status
    is its own. `closed_by` says it more exactly than the state does, where the last event did (`closed_by`).
    """
    if state == "refused":
        return OutsideStatus("closed", "refused")
    if state not in ANSWERED | CLOSED:
        return OPEN
    for why in ("answered", "confirmed", "declined", "withdrawn", "joined"):
        if why == state:
            return OutsideStatus("closed", closed_by if closed_by in FINER.get(why, ()) else why)
    raise ValueError(f"nobody outside can be told of state {state!r}")


FINER: dict[Why, frozenset[Why]] = {"declined": frozenset({"no_reply", "not_taken"})}
"""Reasons that the state alone does not tell apart."""


def closed_by(event: Event) -> Why | None:
    """What an event says about why a case is closed, where its state does not say it."""
    if isinstance(event, TriageDeclined):
        return "not_taken"
    return "no_reply" if isinstance(event, CaseDeclined) and event.no_reply else None
