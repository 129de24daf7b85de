"""How a case stands, as far as it decides what becomes of the next message about it. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from common.contracts.case_life import ANSWERED, CLOSED
from common.contracts.events.base import Event
from common.contracts.events.region import CaseEvent, CaseJoined
from common.contracts.events.routing import MessageSplit, ThanksReceived, TriageDeclined
from common.contracts.frozen import value

Stands = Literal["open", "waiting", "answered", "closed", "joined"]
"""Somebody works on it, or will; its citizen was asked; answered, and may be judged; ended without an answer; it goes
on under another one."""


@value
class Standing:
    """Of one case, since when, by which region's word."""

    case_id: str
    standing: Stands
    region: str | None
    since: datetime


def after(known: Standing | None, event: Event, time: datetime) -> Standing | None:
    """The standing after what others said of a case; None where it says nothing new. Late words change nothing."""
    if known is not None and time < known.since:
        return None
    if isinstance(event, TriageDeclined | ThanksReceived | MessageSplit):
        return Standing(event.case_id, "closed", None, time)
    if not isinstance(event, CaseEvent):
        return None
    found = Standing(event.case_id, _stands(event), event.region, time)
    same = known is not None and (known.standing, known.region) == (found.standing, found.region)
    return None if same else found


def _stands(event: CaseEvent) -> Stands:
    if isinstance(event, CaseJoined):
        return "joined"
    if event.state == "waiting":
        return "waiting"
    if event.state in ANSWERED:
        return "answered"
    return "closed" if event.state in CLOSED else "open"
