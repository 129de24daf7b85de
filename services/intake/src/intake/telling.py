"""What citizens are told of what happens to their case. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from common.contracts.case_life import ANSWERED, CLOSED
from common.contracts.events.base import Event
from common.contracts.events.federal import CaseEscalated
from common.contracts.events.intake import SupportGiven
from common.contracts.events.region import (
    CaseAnswered,
    CaseConfirmed,
    CaseDeclined,
    CaseDeferred,
    CaseExtended,
    CaseJoined,
    CaseReminded,
    CaseReopened,
    CaseTransferred,
    CaseWaitEnded,
    CaseWithdrawn,
    CitizenAsked,
    CommandRefused,
    MessageJoined,
)
from common.contracts.events.routing import (
    ClarificationAsked,
    EmergencyNoticed,
    JoinForwarded,
    MessageForwarded,
    MessageSplit,
    RoutingCommandRefused,
    ThanksReceived,
    TriageDeclined,
    VerdictForwarded,
)
from common.contracts.frozen import value
from common.contracts.reference import reference_of
from common.federation.languages import N_

from intake.notice_kinds import KINDS
from intake.part_names import parts_named

Told = (
    CaseAnswered | CaseConfirmed | CaseDeclined | CaseDeferred | CaseEscalated | CaseExtended | CaseJoined
    | CaseReminded | CaseReopened | CaseTransferred | CaseWaitEnded | CaseWithdrawn | CitizenAsked | CommandRefused
    | ClarificationAsked | EmergencyNoticed | MessageJoined | MessageSplit | RoutingCommandRefused | ThanksReceived
    | TriageDeclined
)  # fmt: skip
"""Events of others that the citizen of the case is told of, some of them only in some cases."""


@value
class Authority:
    """A body by its id, to be told by its title."""

    id: str


@value
class RegionName:
    """A region by its id, to be told by its title."""

    id: str


@value
class OurWords:
    """Words of ours, to be told in the reader's language."""

    text: str


@value
class Choices:
    """Categories by their codes, to be told by their titles, numbered from 1."""

    codes: tuple[str, ...]


@value
class CaseChoices:
    """A citizen's cases by number and beginning, to be told numbered from 1, and another matter behind them."""

    cases: tuple[tuple[str, datetime | None], ...]


@value
class CategoryName:
    """A category by its code, to be told by its title."""

    code: str


@value
class PartsNamed:
    """The cases that parts of a message become, by number and words, a line each."""

    parts: tuple[tuple[str, str], ...]


Field = str | datetime | Authority | RegionName | OurWords | Choices | CaseChoices | CategoryName | PartsNamed
Fields = Mapping[str, Field]

FOR_OTHERS: Mapping[str, str] = {
    "withdrawn": "joined_withdrawn", "confirmed": "confirmed_by_other", "reopened": "reopened_by_other"
}  # fmt: skip
"""What the others are told who wait for a case, when one of them is told this."""

RAISED_TO: Mapping[str, str] = {
    "authority_head": N_("the head of the body responsible"),
    "regional_head": N_("the head of the region"),
    "federal": N_("the federal centre"),
}
"""Whom a level of the ladder tells."""


@value
class Telling:
    """A notice to be: its kind, and what its text may name beside the case's reference."""

    kind: str
    fields: Fields


def telling_of(event: Told) -> Telling | None:
    """What the citizen of the case is told of it; None for what is no business of theirs or was told already."""
    match event:
        case CaseAnswered():
            return Telling("answered", {"answer": event.text})
        case CaseConfirmed():
            return Telling("confirmed", {})
        case CaseDeclined():
            # That the rules closed it was told by the end of the wait.
            return None if event.no_reply else Telling("declined", {"reason": event.ground})
        case CaseDeferred():
            return Telling("deferred", {"due": event.until, "reason": event.reason})
        case CaseEscalated():
            return Telling("escalated", {"to": OurWords(RAISED_TO[event.to])})
        case CaseExtended():
            return Telling("extended", {"due": event.due_at, "reason": event.reason})
        case CaseJoined():
            return Telling("joined", {"other": reference_of(event.into_case)})
        case CaseReminded():
            kind = "reminded_closing" if event.then == "closes" else "reminded"
            return Telling(kind, {"question": event.question, "due": event.ends_at})
        case CaseReopened():
            return Telling("reopened", {"due": event.due_at})
        case CaseTransferred():
            authority = Authority(event.authority)
            if event.to_region is None:
                return Telling("transferred", {"authority": authority})
            return Telling("handed_over", {"authority": authority, "region": RegionName(event.to_region)})
        case CaseWaitEnded():
            closed = event.then == "closes"
            return Telling("closed_unheard", {}) if closed else Telling("went_on", {"due": event.due_at})
        case CaseWithdrawn():
            return Telling("withdrawn", {})
        case ClarificationAsked():
            return Telling("clarify", {"choices": Choices(event.choices)})
        case CitizenAsked():
            return Telling("asked", {"question": event.question})
        case EmergencyNoticed():
            return Telling("emergency", {"call": event.call}) if event.call else None
        case ThanksReceived():
            return Telling("thanked", {})
        case MessageSplit():
            return Telling("divided", {"parts": PartsNamed(parts_named(event))})
        case MessageJoined():
            if event.due_at is not None:
                return Telling("resumed", {"due": event.due_at})
            if event.replaces is not None:
                return Telling("changed" if event.text.strip() else "taken_back", {})
            if event.state in ANSWERED:
                return Telling("added_to_answered", {})
            return Telling("added_to_closed" if event.state in CLOSED else "added", {})
        case TriageDeclined():
            if event.matter is not None:
                return Telling("limited", {})
            return Telling("unplaced", {"reason": event.reason})
        case RoutingCommandRefused():
            return Telling("join_refused", {}) if event.command == SupportGiven.type else None
        case CommandRefused():
            refused = {
                VerdictForwarded.type: "verdict_refused", MessageForwarded.type: "message_refused",
                JoinForwarded.type: "join_refused",
            }  # fmt: skip
            return Telling(refused[event.command], {}) if event.command in refused else None


def speaker_of(event: Told) -> str | None:
    """Whose word an event follows, of all those who wait for the case: that citizen is told what became of it."""
    return (
        event.actor
        if isinstance(event, MessageJoined | CaseConfirmed | CaseReopened | CommandRefused)
        else (event.citizen if isinstance(event, EmergencyNoticed) else None)
    )


def supporters_kind(kind: str) -> str | None:
    """What all others are told who wait for the case; None for what is between it and one citizen."""
    return kind if KINDS[kind].shared else FOR_OTHERS.get(kind)


def told_types() -> frozenset[type[Event]]:
    """The classes of `Told`."""
    return frozenset(Told.__args__)
